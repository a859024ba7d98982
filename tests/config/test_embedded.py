"""The embedded PostgreSQL, as root and as an ordinary user alike."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import cluster, identity, memory
from config.embedded.cluster import Cluster, find_binaries
from config.embedded.identity import Identity, PlaceError
from tests.config.processes import ROOT

HOLD = """
import sys
from pathlib import Path
from config.embedded.cluster import Cluster
c = Cluster(Path(sys.argv[1]), durable=False)
c.ensure("regulars")
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: a socket's name must fit in 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        yield Path(folder) / "postgres"


def start(place: Path) -> Cluster:
    server = Cluster(place, durable=False)
    server.ensure("regulars")
    return server


def ask(server: Cluster, question: str) -> object:
    with psycopg.connect(server.dsn("regulars")) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def server_pid(server: Cluster) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def is_running(server: Cluster) -> bool:
    return (server.data / "postmaster.pid").exists()


def hold(place: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    return user


def test_keeps_its_data_from_one_start_to_the_next(place: Path) -> None:
    server = start(place)
    with psycopg.connect(server.dsn("regulars")) as connection:
        connection.execute("create table kept as select 42 as answer")
    server.leave()
    assert not is_running(server)

    again = start(place)
    assert ask(again, "select answer from kept") == 42
    again.leave()


def test_is_shared_by_processes_and_stopped_by_the_last(place: Path) -> None:
    first, second = hold(place), hold(place)
    server = Cluster(place)
    pid = server_pid(server)

    first.communicate("")
    assert server_pid(server) == pid
    assert ask(server, "select 1") == 1

    second.communicate("")
    assert not is_running(server)


def test_is_stopped_by_the_last_user_even_when_another_was_killed(place: Path) -> None:
    killed = hold(place)
    server = start(place)
    killed.kill()
    killed.communicate()

    server.leave()

    assert not is_running(server)


def test_starts_after_a_crash_with_a_process_number_that_another_has_now(place: Path) -> None:
    server = start(place)
    os.kill(server_pid(server), signal.SIGKILL)
    assert server._server is not None
    server._server.wait()
    stale = server.data / "postmaster.pid"
    lines = stale.read_text().split("\n")
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    again = start(place)

    assert ask(again, "select 1") == 1
    again.leave()


def test_starts_beside_a_lock_that_names_a_process_which_is_another_now(place: Path) -> None:
    start(place).leave()
    left = place / ".s.PGSQL.5432.lock"
    left.write_text(f"{os.getpid()}\n{place / 'data'}\n1\n5432\n{place}\n\n")
    server = start(place)
    assert ask(server, "select 1") == 1
    server.leave()


def test_survives_a_set_up_that_was_broken_off(place: Path) -> None:
    (place / "data.new").mkdir(parents=True)
    (place / "data.new" / "PG_VERSION").write_text("18")
    server = start(place)
    assert ask(server, "select 1") == 1
    server.leave()


def test_listens_on_loopback_with_a_password_where_the_path_is_too_long(tmp_path: Path) -> None:
    place = tmp_path / ("long-" * 20) / "postgres"
    server = start(place)
    try:
        assert server.address["host"] == "127.0.0.1"
        assert ask(server, "select 1") == 1
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn("regulars"), password="wrong")
    finally:
        server.leave()


def test_changes_no_permission_outside_its_place(place: Path) -> None:
    before = {folder: folder.stat().st_mode for folder in (ROOT, find_binaries(), *place.parents)}
    server = start(place)
    server.leave()
    assert {folder: folder.stat().st_mode for folder in before} == before
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_becomes_nobody(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.parent.chmod(0o711)
    if identity.first_closed(find_binaries()):
        pytest.skip("the environment's folder is closed to other users")
    monkeypatch.setattr(identity, "_works", lambda identity, binaries: False)
    server = start(place)
    try:
        assert ask(server, "select 1") == 1
        assert server.data.stat().st_uid != 0
        assert place.parent.stat().st_uid == 0
    finally:
        server.leave()
    monkeypatch.undo()
    again = start(place)  # keeps running as the owner of its files
    assert ask(again, "select 1") == 1
    again.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_is_told_what_to_do_where_nobody_else_may_go(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.parent.chmod(0o700)
    monkeypatch.setattr(identity, "_works", lambda identity, binaries: False)
    with pytest.raises(PlaceError, match=r"ordinary user, or set DATABASE_URL\.$"):
        Cluster(place).ensure()


def test_a_place_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaceError, match=r"^Regulars cannot keep its database in .*Not a directory\.$"):
        Cluster(tmp_path / "file" / "postgres").ensure()


def test_a_server_that_does_not_start_says_why(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(place).leave()
    (place / "data" / "postgresql.conf").write_text("shared_buffers = plenty\n")
    monkeypatch.setattr(cluster, "PATIENCE", 10.0)
    with pytest.raises(PlaceError, match="configuration file"):
        start(place)


def test_an_ordinary_user_needs_no_disguise(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert identity.choose(place, find_binaries()) == Identity()


@pytest.mark.parametrize(
    ("gigabytes", "buffers"), [(0.5, 128), (1, 128), (2, 256), (4, 512), (8, 1024), (24, 1024), (256, 1024)]
)
def test_the_server_takes_an_eighth_of_the_memory(gigabytes: float, buffers: int) -> None:
    assert memory.choose_buffers(int(gigabytes * 1024**3)) == buffers


@pytest.mark.parametrize(("said", "bound"), [("2147483648\n", 2 * 1024**3), ("max\n", None), (None, None)])
def test_a_container_has_the_memory_that_it_was_given(
    said: str | None, bound: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "memory.max"
    if said is not None:
        file.write_text(said)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    monkeypatch.setattr(memory, "BOUNDS", (file,))

    assert memory.count_memory() == min(bound or machine, machine)
