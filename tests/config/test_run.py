"""``make run`` as a stranger meets it: one command, an address, and nothing left behind."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import NotSupportedError, OperationalError

from config import demo
from config.embedded.cluster import Cluster
from config.management.commands import run
from tests.config.processes import ROOT, build_environment, find_port, manage

AFTER_COMMIT = """
from datetime import timedelta
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from config.tasks import clear_sessions
with transaction.atomic():
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    transaction.on_commit(clear_sessions.delay)
"""
EVERY_SECOND = """
from datetime import timedelta
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
Session.objects.create(session_key="older", session_data="", expire_date=timezone.now() - timedelta(days=1))
second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
PeriodicTask.objects.create(name="often", task="config.tasks.clear_sessions", interval=second)
"""


@dataclass
class Running:
    """Regulars, started in a folder of its own."""

    process: subprocess.Popen[str]
    var: Path
    port: int

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(
            "GET", path, headers={"Host": "localhost", "Accept": "application/json, text/html"}
        )
        response = connection.getresponse()
        return response.status, response.read().decode()

    def ask(self, question: str) -> object:
        with psycopg.connect(Cluster(self.var / "postgres").dsn("regulars")) as connection:
            row = connection.execute(question.encode()).fetchone()
            assert row is not None
            return row[0]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="rg") as folder:
        var, port = Path(folder), find_port()
        (var / "demo.json").write_text(json.dumps({"base_url": "http://elsewhere"}))  # spares the load
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=build_environment(var, PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            read_until(process, "Regulars is ready")
            yield Running(process, var, port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=240)


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return
    pytest.fail("".join(seen))


def wait_for(condition: Callable[[], bool], seconds: float = 40.0) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def find_process(var: Path, words: str) -> psutil.Process | None:
    """The process of a run whose command line holds these words; the oldest, which is no child of another."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if words in " ".join([*process.cmdline(), ""]) and str(var) in process.environ().values():
                found.append(process)
    return min(found, key=lambda process: process.create_time(), default=None)


def is_running(var: Path, words: str) -> bool:
    """Whether there is such a process."""
    return find_process(var, words) is not None


def answers(running: Running) -> bool:
    """Whether the web answers."""
    try:
        return running.get("/health/alive/")[0] == 200
    except OSError:
        return False


def processes_of(var: Path) -> list[str]:
    """Command lines of the processes that belong to a run: by their settings, or by their data."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            command = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(var) in environment + command and int(folder.name) != os.getpid():
            found.append(command)
    return found


def test_the_printed_address_answers(running: Running) -> None:
    status, page = running.get("/")
    assert status == 200
    assert "Regulars" in page
    status, content = running.get("/health/?format=json")
    assert (status, set(json.loads(content).values())) == (200, {"OK"})


def test_the_address_in_the_demo_record_is_the_one_that_answers(running: Running) -> None:
    content = json.loads((running.var / "demo.json").read_text())
    assert content["base_url"] == f"http://localhost:{running.port}"


def test_static_files_come_compressed_with_names_that_may_be_kept_for_ever(running: Running) -> None:
    _, page = running.get("/")
    found = re.search(r'href="(/static/css/base\.[0-9a-f]{12}\.css)"', page)
    assert found
    assert running.get(found[1])[0] == 200
    assert (running.var / f"{found[1].lstrip('/')}.gz").exists()


def test_a_task_sent_after_commit_is_done_by_the_worker(running: Running) -> None:
    done = manage("shell", "-v0", "-c", AFTER_COMMIT, var=running.var)
    assert done.returncode == 0, done.stderr
    assert wait_for(lambda: running.ask("select count(*) from django_session") == 0)
    assert wait_for(lambda: running.ask("select count(*) from pgmq.q_regulars") == 0)


def test_the_scheduler_sends_what_is_due(running: Running) -> None:
    assert (
        running.ask("select count(*) from django_celery_beat_periodictask where name = 'clear-sessions'") == 1
    )
    done = manage("shell", "-v0", "-c", EVERY_SECOND, var=running.var)
    assert done.returncode == 0, done.stderr
    assert wait_for(lambda: running.ask("select count(*) from django_session") == 0)


def test_a_second_run_on_the_same_folder_is_refused_in_a_sentence(running: Running) -> None:
    kept = running.var / "metrics" / "gauge_all_1.db"
    kept.touch()
    done = manage("run", var=running.var, PORT=str(find_port()))
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Regulars runs on {running.var} already (process ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert kept.exists()  # the metrics of the first


def test_sales_go_on_and_what_died_comes_back_whichever_process_is_killed(running: Running) -> None:
    for words in ("beat", "--queues regulars_webhooks", "--queues regulars ", "config.wsgi"):
        victim = find_process(running.var, words)
        assert victim is not None
        victim.kill()
        victim.wait()
        if words != "config.wsgi":
            assert running.get("/health/alive/")[0] == 200
        assert wait_for(partial(is_running, running.var, words), 90)
    assert wait_for(lambda: answers(running), 90)
    assert running.process.poll() is None


def test_a_port_in_use_is_one_sentence(running: Running, tmp_path: Path) -> None:
    done = manage("run", var=tmp_path, PORT=str(running.port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Port {running.port} on 127.0.0.1 cannot be used")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_second_run_of_the_preparation_changes_nothing(running: Running) -> None:
    done = manage("install_broker", var=running.var)
    assert "already there" in done.stdout


def test_sigterm_stops_every_process_and_the_database(running: Running) -> None:
    assert any("postgres" in command for command in processes_of(running.var))
    running.process.send_signal(signal.SIGTERM)
    output, _ = running.process.communicate(timeout=240)
    assert running.process.returncode == 0, output
    assert processes_of(running.var) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0


def test_ctrl_c_while_preparing_stops_the_database_too(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=build_environment(tmp_path, PORT=str(find_port())),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    read_until(process, "Preparing")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 130, output
    assert processes_of(tmp_path) == []


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    address = "postgresql://someone:secret@127.0.0.1:1/shop"
    done = manage("run", var=tmp_path, DATABASE_URL=address, PORT=str(find_port()))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database of DATABASE_URL does not answer")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    done = manage("run", var=Path("/proc/regulars"), PORT=str(find_port()))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: Regulars cannot write to /proc/regulars")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.VAR = tmp_path
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    database = OperationalError("could not extend file")
    database.__cause__ = psycopg.errors.DiskFull("could not extend file")
    monkeypatch.setattr(run, "require_port", lambda *_: None)
    for error in (full, database):
        monkeypatch.setattr(run, "require_database", raising(error))
        with pytest.raises(CommandError, match=r"^The disk that holds .* is full: make room there"):
            call_command("run")


def test_a_database_that_is_too_old_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    too_old = raising(NotSupportedError("PostgreSQL 14 or later is required (found 9.6)."))
    monkeypatch.setattr(run, "connections", {"default": SimpleNamespace(ensure_connection=too_old)})
    with pytest.raises(
        CommandError, match=r"^The database of DATABASE_URL will not do: PostgreSQL 14 or later"
    ):
        run.require_database()


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_demo_record_that_was_cut_off_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "demo.json"
    loaded = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: loaded.append(command[-1]))
    for content in ('{"base_url": "http://lo', "", "[]"):
        record.write_text(content)
        demo.load_once(record)
        demo.note_address(record, "http://localhost:8000")
        assert not record.exists()
    record.write_text("{}")
    demo.load_once(record)
    demo.note_address(record, "http://localhost:8000")
    assert json.loads(record.read_text()) == {"base_url": "http://localhost:8000"}
    assert loaded == ["load_demo"] * 3


def test_a_missing_python_is_one_sentence(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cmp", "mkdir", "tail"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    done = subprocess.run(
        [str(tools / "sh"), "requirements/install.sh", "run"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("regulars: Python 3.11 or newer is needed")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / ".venv").exists()
