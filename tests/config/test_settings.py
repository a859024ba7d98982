"""What the environment may and may not say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

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


def test_production_passes_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", var=tmp_path, **GOOD)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


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


def test_celery_stays_within_what_pgmq_can_name(settings: Any) -> None:
    assert len(settings.CELERY_TASK_DEFAULT_QUEUE) <= 47
    assert settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL is False
