"""``manage.py run`` (``make run``): prepare everything, then run web, worker and scheduler until stopped."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import NotSupportedError, OperationalError, connections
from psycopg.errors import DiskFull

from config import assets, broker, demo
from config.settings.databases import describe_dsn
from config.settings.environment import read_text
from config.supervisor import supervise

#: Calls of webhooks at once.
COURIERS = 4


class Command(BaseCommand):
    """Regulars on one machine, for a look and for small shops."""

    help = "Prepares the database, the demo and the static files, and runs web, worker and scheduler."
    requires_system_checks = []
    interrupted = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, run, and leave nothing running."""
        signal.signal(signal.SIGTERM, leave_cleanly)
        signal.signal(signal.SIGINT, self.interrupt)
        host, port = settings.HOST, settings.PORT
        base_url = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"
        try:
            require_place(settings.VAR)
            with be_alone(settings.VAR):
                require_port(host, port)
                require_database()
                self.prepare(base_url)
                connections.close_all()
                threading.Thread(target=announce, args=(base_url, host, port), daemon=True).start()
                sys.exit(supervise(describe_processes(), build_environment(host, port)))
        except subprocess.CalledProcessError as error:
            raise CommandError("The demo shop could not be loaded; the reason stands above.") from error
        except (OSError, OperationalError) as error:
            if is_full(error):
                raise CommandError(
                    f"The disk that holds {settings.VAR} is full: make room there and start again; "
                    "what was done so far is kept."
                ) from None
            raise
        except KeyboardInterrupt:
            sys.exit(130)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C. Remembered too: an exception raised inside a callback of a library is lost there."""
        self.interrupted = True
        raise KeyboardInterrupt

    def require_patience(self) -> None:
        """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed in an earlier step and got lost."""
        if self.interrupted:
            raise KeyboardInterrupt

    def prepare(self, base_url: str) -> None:
        """The database, the demo and the static files, each only as far as it is not there yet."""
        self.stdout.write("Preparing the database ...")
        if broker.is_embedded():
            broker.install()
        call_command("migrate", verbosity=0, interactive=False)
        self.require_patience()
        assets.collect_if_changed()
        self.require_patience()
        if settings.DEMO:
            demo.load_once(settings.VAR / "demo.json")
            demo.note_address(settings.VAR / "demo.json", base_url)
        metrics = settings.VAR / "metrics"
        metrics.mkdir(exist_ok=True)
        for old in metrics.glob("*.db"):
            old.unlink()
        self.require_patience()


def require_place(folder: Path) -> None:
    """Raise ``CommandError`` where nothing can be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"Regulars cannot write to {folder} ({error.strerror}): "
            "give it a folder it may write to with REGULARS_VAR."
        ) from None


@contextmanager
def be_alone(folder: Path) -> Iterator[None]:
    """Run nothing twice on one folder; raise ``CommandError`` when somebody else runs there.

    The kernel lets go of the lock when the process ends, however it ends.
    """
    with open(folder / "run.lock", "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"Regulars runs on {folder} already (process {lock.read().strip() or '?'}): stop that one first, or "
                "give this one a folder of its own, as in `REGULARS_VAR=/elsewhere PORT=8010 make run`."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def is_full(error: BaseException) -> bool:
    """Whether it is the disk that is full, for us or for the database."""
    cause = error.__cause__
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or isinstance(cause, DiskFull)


def require_port(host: str, port: int) -> None:
    """Raise ``CommandError`` when somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CommandError(
                f"Port {port} on {host} cannot be used ({reason}): stop what uses it, or choose another with "
                f"PORT, as in `PORT=8010 make run`."
            ) from None


def require_database() -> None:
    """Raise ``CommandError`` when the database does not answer; starts the embedded one."""
    try:
        connections["default"].ensure_connection()
    except OperationalError as error:
        if is_full(error):
            raise
        reason = str(error).strip().splitlines()[-1]
        raise CommandError(f"The database of DATABASE_URL does not answer: {reason}") from None
    except NotSupportedError as error:  # an old server, or a pooler's own console
        raise CommandError(f"The database of DATABASE_URL will not do: {error}") from None


def describe_processes() -> dict[str, list[str]]:
    """The commands of the processes, by name."""
    python = sys.executable
    quietly = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    celery = [python, "-m", "celery", "--quiet", "--app", "config"]
    worker = [*celery, "worker", "--pool", "threads", *quietly]
    threads = str(settings.WORKERS)
    return {
        "web": [python, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"],
        "worker": [*worker, "--queues", settings.CELERY_TASK_DEFAULT_QUEUE, "--concurrency", threads],
        "courier": [*worker, "--queues", settings.WEBHOOK_QUEUE, "--concurrency", str(COURIERS)],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }


def build_environment(host: str, port: int) -> dict[str, str]:
    """What the processes are told: the same settings, and where the database is by now."""
    return os.environ | {
        "REGULARS_MODE": settings.MODE,
        "REGULARS_VAR": str(settings.VAR),
        "DATABASE_URL": describe_dsn(settings.DATABASES["default"]),
        "HOST": host,
        "PORT": str(port),
        "LOG_LEVEL": read_text("LOG_LEVEL", "WARNING"),
        "PROMETHEUS_MULTIPROC_DIR": str(settings.VAR / "metrics"),
        "PYTHONUNBUFFERED": "1",
    }


def announce(base_url: str, host: str, port: int) -> None:
    """Print the address once the web answers there."""
    for _ in range(600):
        try:
            connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)
            connection.request("GET", "/health/alive/", headers={"Host": "localhost"})
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            print(f"\n  Regulars is ready:  {base_url}/\n  Ctrl-C stops it.\n", flush=True)
            return


def leave_cleanly(number: int, frame: FrameType | None) -> None:
    """SIGTERM while preparing: end like any other exit, so that the database is stopped."""
    sys.exit(128 + number)
