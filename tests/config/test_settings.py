"""What the environment may and may not say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from config.management.commands.run import describe_processes
from config.schedule import SCHEDULE
from config.settings import DEMO_SECRET_KEY, databases, environment
from tests.config.processes import ROOT, build_environment, manage

GOOD = {
    "REGULARS_MODE": "production",
    "SECRET_KEY": "k3y-of-this-test_" * 4,
    "ALLOWED_HOSTS": "loyalty.example.com",
    "DATABASE_URL": "postgresql://regulars:secret@127.0.0.1:1/regulars",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be your own secret"),
        ({"SECRET_KEY": DEMO_SECRET_KEY}, "SECRET_KEY must be your own secret"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be your own secret"),
        ({"SECRET_KEY": "x" * 80}, "SECRET_KEY must be your own secret"),
        ({"DEBUG": "1"}, "DEBUG must be off in production."),
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0, not 'perhaps'."),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name your hosts in production"),
        ({"ALLOWED_HOSTS": "loyalty.example.com,*"}, "ALLOWED_HOSTS must name your hosts in production"),
        ({"TRUST_PROXY": "perhaps"}, "TRUST_PROXY must be a whole number"),
        ({"REGULARS_MODE": "producton"}, "REGULARS_MODE must be one of demo, production"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL is not a PostgreSQL address"),
        ({"DATABASE_URL": "postgresql://localhost"}, "DATABASE_URL names no database"),
    ],
)
def test_production_refuses_to_start(changes: dict[str, str], sentence: str, tmp_path: Path) -> None:
    done = manage("check", var=tmp_path, **(GOOD | changes))
    assert done.returncode != 0
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.strip().splitlines()) == 1


#: A value that makes no sense for each variable; None where every text does.
NONSENSE: dict[str, list[tuple[str, str]] | None] = {
    "REGULARS_MODE": [("demonstration", "must be one of demo, production")],
    "DEMO_LANGUAGE": [("de", "must be one of en, ru")],
    "SECRET_KEY": [("short", "must be your own secret of at least 50 characters")],
    "DEBUG": [("perhaps", "must be 1 or 0"), ("1", "must be off in production")],
    "ALLOWED_HOSTS": [("https://loyalty.example.com", "must be host names"), ("a b", "must be host names")],
    "CSRF_TRUSTED_ORIGINS": [("loyalty.example.com", "must be origins"), ("ftp://x", "must be origins")],
    "DATABASE_URL": [
        ("foo", "is not a PostgreSQL address"),
        ("postgresql://localhost", "names no database"),
        ("postgresql://localhost:99999/x", "names a port from 1 to 65535"),
    ],
    "DATABASE_POOLER": [("session", "must be one of transaction")],
    "CELERY_BROKER_URL": [
        ("foo", "must be an address"),
        ("http://x/", "must be an address"),
        ("redis://", "must be"),
    ],
    "REDIS_URL": [("foo", "must be an address"), ("redis://x:port/0", "must be an address")],
    "REGULARS_VAR": [(__file__, "must be a folder")],
    "HOST": [("all of them", "must be a host name"), ("http://x", "must be a host name")],
    "PORT": [("0", "must be a whole number from 1 to 65535"), ("65536", "must be a"), ("http", "must be a")],
    "WEB_WORKERS": [("0", "must be a whole number from 1"), ("-1", "must be a"), ("many", "must be a")],
    "WEB_THREADS": [("-3", "must be a whole number from 1"), ("0", "must be a")],
    "WORKERS": [("0", "must be a whole number from 1"), ("2.5", "must be a")],
    "TRUST_PROXY": [("perhaps", "must be a whole number from 0 to 10"), ("-1", "must be a")],
    "SESSION_IDLE_MINUTES": [("0", "must be a whole number from 1"), ("never", "must be a")],
    "SECURE_SSL_REDIRECT": [("perhaps", "must be 1 or 0")],
    "SECURE_HSTS_PRELOAD": [("perhaps", "must be 1 or 0")],
    "SECURE_HSTS_SECONDS": [("-1", "must be a whole number of at least 0"), ("year", "must be a")],
    "POS_CALLS_PER_MINUTE": [("0", "must be a whole number of at least 1")],
    "POS_MEMBER_MISSES_PER_MINUTE": [("none", "must be a whole number of at least 1")],
    "POS_CODE_MISSES_PER_MINUTE": [("-1", "must be a whole number of at least 1")],
    "POS_COUPON_MISSES_PER_MINUTE": [("few", "must be a whole number of at least 1")],
    "MESSAGE_SENDER": [
        ("not.there", "must be the dotted path of a function that is there"),
        ("members.delivery.nothing", "must be the dotted path of a function that is there"),
        ("nonsense", "must be the dotted path of a function"),
    ],
    "SMS_CHANNEL": [("smtp", "must be one of console, outbox, sms"), ("pigeon", "must be one of")],
    "SMS_URL": [("sms.example.com", "must be an address such as http"), ("ftp://x/", "must be an address")],
    "SMS_METHOD": [("send", "must be one of POST, GET, PUT")],
    "SMS_HEADERS": [
        ("X-Key: 1", "must be a JSON object of texts"),
        ('{"X-Key": 1}', "must be a JSON object"),
    ],
    "SMS_BODY": None,  # looked at by the check of channels
    "SMS_ANSWER_ID": None,
    "SMS_SECONDS": [("0", "must be a whole number from 1 to 30"), ("soon", "must be a")],
    "SMS_CALLBACK_SECRET": None,
    "SMS_CALLBACK_SIGNATURE": None,
    "SMS_CALLBACK_LIST": None,
    "SMS_CALLBACK_ID": None,
    "SMS_CALLBACK_STATUS": None,
    "SMS_DELIVERED": None,
    "SMS_UNDELIVERED": None,
    "ANYMAIL": [("MAILGUN_API_KEY=1", "must be a JSON object of texts")],
    "EMAIL_CHANNEL": [("pigeon", "must be one of console, outbox, smtp")],
    "EMAIL_BACKEND": [("smtp", "must be the dotted path of a class")],
    "REVIEW_LOGIN": [("+79161234545", "must be a phone and six digits")],
    "PHONE_REGION": None,  # has a test of its own beside what reads it
    "EMAIL_HOST": [("mail server", "must be a host name")],
    "EMAIL_PORT": [("0", "must be a whole number from 1 to 65535")],
    "EMAIL_HOST_USER": None,
    "EMAIL_HOST_PASSWORD": None,
    "EMAIL_USE_TLS": [("starttls", "must be 1 or 0")],
    "EMAIL_USE_SSL": [("ssl", "must be 1 or 0")],
    "EMAIL_FROM": [("the shop", "must be an e-mail address")],
    "METRICS_TOKEN": None,
    "PROMETHEUS_MULTIPROC_DIR": [("/not/there", "must be a folder that is there")],
    "LOG_LEVEL": [("LOUD", "must be one of DEBUG, INFO, WARNING, ERROR")],
}
GUIDE = ROOT / "docs/operating/settings.md"
#: Sets one variable after the other, each in a process of its own that has the heavy imports already.
WALK = """
import json, os, sys
import celery, django, kombu, psycopg, structlog
import django.contrib.admin
django_setup = django.setup
for name, value in json.load(sys.stdin):
    sys.stdout.flush()
    if os.fork() == 0:
        os.environ[name] = value
        try:
            django_setup()
            said = "started"
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(1, (json.dumps([name, value, said]) + chr(10)).encode())
        os._exit(0)
    os.wait()
"""


def test_every_variable_of_the_guide_refuses_what_makes_no_sense_in_one_sentence(tmp_path: Path) -> None:
    rows = [line.split("|")[1] for line in GUIDE.read_text().splitlines() if line.startswith("| `")]
    documented = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert set(documented) <= set(NONSENSE), "say here what makes no sense for a new variable"

    cases = [(name, value, said) for name, found in NONSENSE.items() for value, said in found or []]
    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env=build_environment(tmp_path, **GOOD, DJANGO_SETTINGS_MODULE="config.settings"),
        input=json.dumps([case[:2] for case in cases]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for (name, value, said), answer in zip(cases, answers, strict=True):
        assert answer[:2] == [name, value]
        assert answer[2].startswith(f"ImproperlyConfigured: {name} {said}"), answer
        assert "\n" not in answer[2]


def test_every_variable_that_is_read_stands_in_the_guide() -> None:
    guide = GUIDE.read_text()
    read = set()
    for file in (ROOT / "config").rglob("*.py"):
        read |= set(re.findall(r'\bread_\w+\(\s*"([A-Z_]+)"', file.read_text()))
    assert len(read) > 20
    assert [name for name in sorted(read) if f"`{name}`" not in guide] == []


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "run"],
        ["-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"],
        ["-m", "celery", "--app", "config", "worker"],
    ],
    ids=["run", "web", "worker"],
)
def test_each_process_says_it_in_one_sentence(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=build_environment(tmp_path, **GOOD, WEB_WORKERS="0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines == ["WEB_WORKERS must be a whole number from 1 to 1000, not '0'."]


def test_behind_a_pooler_nothing_outlasts_a_transaction() -> None:
    url = "postgresql://me@db:6432/shop"
    found = databases.configure_database(url, Path("/x"), pooler=databases.TRANSACTION)
    assert (found["OPTIONS"]["prepare_threshold"], found["DISABLE_SERVER_SIDE_CURSORS"]) == (None, True)
    assert databases.configure_broker("", found)[1]["use_notify"] is False
    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOLER is for a pooler at DATABASE_URL"):
        databases.configure_database("", Path("/x"), pooler=databases.TRANSACTION)
    with pytest.raises(ImproperlyConfigured, match="“options”"):
        databases.configure_database(f"{url}?options=-cjit%3Doff", Path("/x"), pooler=databases.TRANSACTION)


def test_a_periodic_call_is_dropped_when_the_next_one_comes() -> None:
    seconds = {name: entry["options"]["expires"] for name, entry in SCHEDULE.items()}
    assert seconds["deliver-webhooks"] == 10
    assert (seconds["activate-points"], seconds["lapse-points"], seconds["clear-sessions"]) == (
        300,
        3600,
        86400,
    )


def test_webhooks_are_called_from_a_queue_of_their_own(settings: Any) -> None:
    route = settings.CELERY_TASK_ROUTES[SCHEDULE["deliver-webhooks"]["task"]]
    assert route["queue"] == settings.WEBHOOK_QUEUE != settings.CELERY_TASK_DEFAULT_QUEUE
    queues = [
        words[words.index("--queues") + 1] for words in describe_processes().values() if "worker" in words
    ]
    assert sorted(queues) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


def test_production_passes_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", var=tmp_path, **GOOD)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_sender_of_codes_from_before_is_told_what_replaces_it(tmp_path: Path) -> None:
    done = manage("check", var=tmp_path, **GOOD, CONFIRMATION_SENDER="members.delivery.by_email")
    assert done.returncode != 0
    assert done.stderr.count("CONFIRMATION_SENDER is no more: remove it, and say in SMS_CHANNEL") == 1


def test_the_web_server_does_not_fall_back_to_the_demo(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=ROOT,
        env=build_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY must be your own secret" in done.stderr


@pytest.mark.parametrize(("text", "count"), [("", 0), ("0", 0), ("no", 0), ("1", 1), ("yes", 1), ("3", 3)])
def test_how_many_proxies_are_trusted_is_a_number_or_a_yes(
    text: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUST_PROXY", text)
    assert environment.read_count("TRUST_PROXY") == count


def test_browsers_own_lists_are_asked_for_only_on_wish(tmp_path: Path) -> None:
    ask = "import config.settings as s; print(s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_SECONDS)"
    for wish, told in (({}, "False 31536000"), ({"SECURE_HSTS_PRELOAD": "1"}, "True 31536000")):
        done = subprocess.run(
            [sys.executable, "-c", ask], cwd=ROOT, env=build_environment(tmp_path, **(GOOD | wish)),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == told


def test_a_database_url_keeps_its_options() -> None:
    found = databases.configure_database("postgresql://me:p%40ss@db:6432/shop?sslmode=require", Path("/x"))
    assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"]) == ("db", "6432", "me", "p@ss")
    assert found["NAME"] == "shop"
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["prepare_threshold"] == 5
    described = conninfo_to_dict(databases.describe_dsn(found))
    assert described["password"] == "p@ss"
    assert described["sslmode"] == "require"
    assert "prepare_threshold" not in described


def test_the_embedded_database_is_described_without_being_started(tmp_path: Path) -> None:
    found = databases.configure_database("", tmp_path / "postgres")
    assert conninfo_to_dict(databases.describe_dsn(found))["dbname"] == "regulars"
    assert not (tmp_path / "postgres").exists() or not (tmp_path / "postgres" / "data").exists()


def test_tasks_travel_through_the_database_unless_a_broker_is_named(tmp_path: Path) -> None:
    database = databases.configure_database("", tmp_path)
    url, options = databases.configure_broker("", database)
    assert url.startswith("pgmq:")
    assert options["conn_string"] == databases.describe_dsn(database)
    assert options["init_extension"] is False
    assert databases.configure_broker("redis://there/0", database) == ("redis://there/0", {})


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("", False), ("off", False)])
def test_a_flag_is_read_in_plain_words(text: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", text)
    assert environment.read_flag("A_FLAG") is value


@pytest.mark.parametrize("text", ["-1", "1.5", "many"])
def test_a_number_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", text)
    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a whole number"):
        environment.read_number("A_NUMBER", 1)


@pytest.mark.parametrize("text", ["russia", "XX", "7", "R"])
def test_a_country_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONE_REGION", text)
    with pytest.raises(
        ImproperlyConfigured, match="PHONE_REGION must be a country's two letters, such as RU"
    ):
        environment.read_country("PHONE_REGION")


@pytest.mark.parametrize(("text", "country"), [("RU", "RU"), (" us ", "US"), ("", None)])
def test_a_country_is_read_in_two_letters(
    text: str, country: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHONE_REGION", text)
    assert environment.read_country("PHONE_REGION") == country


def test_celery_stays_within_what_pgmq_can_name(settings: Any) -> None:
    assert len(settings.CELERY_TASK_DEFAULT_QUEUE) <= 47
    assert settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL is False
