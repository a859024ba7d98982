"""Servers as Debian packs them, each in a folder of its own, on this machine alone, and stopped again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from config.embedded.identity import choose
from config.supervisor import bind_to_parent
from tests.config.processes import find_port

POSTGRES = Path("/usr/lib/postgresql/15/bin")
PGBOUNCER = Path("/usr/sbin/pgbouncer")
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE = 120.0


def require(program: str | Path, package: str) -> str:
    """The program's path; skips the test where its package is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{package} is not installed (apt-get install {package})")
    return found


@contextmanager
def running(
    command: list[str], is_up: Callable[[], bool], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server while it is needed; with all that it has started."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=said,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=bind_to_parent,
        )
    try:
        until = monotonic() + PATIENCE
        while not is_up():
            assert process.poll() is None, log.read_text(errors="replace")
            assert monotonic() < until, log.read_text(errors="replace")
            sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def start_postgres(folder: Path) -> Iterator[int]:
    """PostgreSQL 15 with an empty database ``shop``; its port."""
    require(POSTGRES / "postgres", "postgresql-15")
    data, port = folder / "data", find_port()
    prefix = choose(folder, POSTGRES).prefix
    subprocess.run(
        [*prefix, str(POSTGRES / "initdb"), "-D", str(data), "-U", "regulars", "-E", "UTF8", "--locale=C.UTF-8",
         "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    options = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
    }
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

    def is_up() -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(address(port, "postgres")).close()
            return True
        return False

    with running(
        [*prefix, str(POSTGRES / "postgres"), "-D", str(data), *words], is_up, folder / "postgres.log"
    ):
        with psycopg.connect(address(port, "postgres"), autocommit=True) as connection:
            connection.execute("create database shop")
        yield port


def address(port: int, database: str = "shop") -> str:
    """A database on this machine."""
    return f"postgresql://regulars@127.0.0.1:{port}/{database}"


@contextmanager
def start_pgbouncer(folder: Path, postgres: int) -> Iterator[int]:
    """pgbouncer in transaction mode before a PostgreSQL; its port."""
    program, port = require(PGBOUNCER, "pgbouncer"), find_port()
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
* = host=127.0.0.1 port={postgres} user=regulars
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
"""
    )
    prefix = choose(folder, POSTGRES).prefix
    command = [*prefix, program, str(folder / "pgbouncer.ini")]
    with running(command, lambda: listens(port), folder / "pgbouncer.log"):
        yield port


@contextmanager
def start_redis(folder: Path) -> Iterator[int]:
    """Redis that keeps nothing; its port."""
    program, port = require("redis-server", "redis-server"), find_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with running(command, lambda: listens(port), folder / "redis.log"):
        yield port


@contextmanager
def start_rabbitmq(folder: Path) -> Iterator[int]:
    """RabbitMQ with its own Erlang node and port mapper; its port."""
    require(RABBITMQ, "rabbitmq-server")
    port, distribution, mapper = find_port(), find_port(), find_port()
    (folder / "enabled_plugins").write_text("[].\n")
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"regulars{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    try:
        with running([str(RABBITMQ)], lambda: listens(port), folder / "rabbitmq.log", environment):
            yield port
    finally:
        subprocess.run(
            ["epmd", "-port", str(mapper), "-kill"],
            env=os.environ | environment,
            capture_output=True,
            check=False,
        )
