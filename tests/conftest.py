"""What every test may rely on: PostgreSQL with nothing exported, and a clean table after each test."""

from __future__ import annotations

import gc
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings
from kombu import Connection
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling

from tests import databases, worlds
from tests.config.processes import PATIENCE, ROOT, build_environment

# The suite says the same thing each time: properties meet the same examples, however slow the machine is.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
# `make explore` looks elsewhere each time; its seed is told, and each counterexample becomes a case.
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if "EXPLORE" in os.environ else "steady")

# The many processes that tests start find their code compiled, also where the environment says not to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "var" / "pycache"))

#: What these start is started once, in one worker.
SHARING_A_SERVER = {"tests/servers/test_servers.py", "tests/config/test_run.py", "tests/config/test_web.py"}
OWN_DATABASE = re.compile(r"^test_regulars_(\d+)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: no worker waits at the end for the one that got it last.

    Tests on the same world come one after the other, so that it is made once.
    """

    def place(item: pytest.Item) -> tuple[bool, str]:
        kept = "kept_world" in getattr(item, "fixturenames", ())
        return item.get_closest_marker("slow") is None, item.nodeid.split("/")[1] if kept else ""

    items.sort(key=place)


class OneByOne(LoadScopeScheduling):
    """A worker gets the next test when it is done with one, or all of a file at once that shares a server.

    The mark ``xdist_group`` would say the same, but does nothing with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in SHARING_A_SERVER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne:
    """How several workers divide the tests between them."""
    return OneByOne(config, log)


def pytest_collection_finish() -> None:
    """What lives until the end is left out of the search for what can be thrown away: a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Drop the databases of runs that were killed, and copy this run's from the template."""
    with django_db_blocker.unblock(), connections["default"]._nodb_cursor() as cursor:
        cursor.execute("select datname from pg_database where datname like 'test_regulars_%'")
        for (name,) in cursor.fetchall():
            owner = OWN_DATABASE.match(name)
            if owner and not _is_alive(int(owner[1])):
                with suppress(DatabaseError):
                    cursor.execute(f'drop database if exists "{name}"')
    with django_db_blocker.unblock():
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = databases.ensure_template()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.fixture(scope="session", autouse=True)
def put_back_what_was_committed() -> Iterator[None]:
    """After a test that commits, only the tables that it filled are emptied, and rights and models keep their rows."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.restore())
    yield
    patch.undo()


@pytest.fixture(scope="session")
def make_world() -> None:
    """How the world of a folder is made: for its ``conftest.py`` to say."""


@pytest.fixture
def _world_in_place(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Begin the transaction around the test's own before that one is begun."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    commits |= {"marked"} if marker and marker.kwargs.get("transaction") else set()
    wanted = "kept_world" in request.fixturenames and not commits
    with django_db_blocker.unblock():
        worlds.stand_on(request.getfixturevalue("make_world") if wanted else None)


@pytest.fixture
def _django_db_helper(_world_in_place: None, _django_db_helper: None) -> None:
    """Every test with a database stands on its world, or on none (the name is pytest-django's)."""


@pytest.fixture
def kept_world(db: None, make_world: worlds.Make) -> Any:
    """A copy of the folder's world; made for this test alone when it commits."""
    return worlds.take() if worlds.is_kept() else make_world()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the run; no transaction is open when it is dropped."""
    yield
    with django_db_blocker.unblock():
        worlds.leave()


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The address of the test database, for a process that a test starts; needs committed data."""
    params = connection.get_connection_params()
    kept = {name: params[name] for name in ("host", "port", "user", "password", "dbname") if params.get(name)}
    return make_conninfo(**kept)


@pytest.fixture(autouse=True)
def forget_the_language() -> Iterator[None]:
    """A page that was asked for in Russian leaves its language to whatever this thread does next."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def forget_places() -> Iterator[None]:
    """Stores and programmes are kept in memory for a second; a test must not see those of another."""
    from loyalty.appearance import domains, look
    from loyalty.shops import places

    for kept in (places, look, domains):
        kept.forget()
    yield
    for kept in (places, look, domains):
        kept.forget()


@pytest.fixture
def lasting_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process keeps in memory for a second or two outlasts the test: for whoever counts statements."""
    from campaigns.checkout import clashes
    from campaigns.occasions import awaited
    from loyalty.shops import places
    from messaging import webhooks
    from pos import keys

    kept = (
        (awaited, "_KEPT_SECONDS"),
        (places, "_KEPT_SECONDS"),
        (webhooks, "_KEPT_SECONDS"),
        (keys, "KEPT_SECONDS"),
    )
    for module, name in kept:
        monkeypatch.setattr(module, name, 3600.0)
        module.forget()
    monkeypatch.setattr(clashes, "BUSY_SECONDS", 3600.0)
    yield
    for module, _name in kept:
        module.forget()
    clashes._busy.clear()


@pytest.fixture
def worker(database_url: str, tmp_path: Path) -> Iterator[Connection]:
    """A worker as ``make run`` starts it, and a connection to its tasks, which travel in the test database."""
    from config import broker
    from config.management.commands.run import describe_processes

    broker.install()
    options = {
        "conn_string": database_url,
        "init_extension": False,
        "use_notify": True,
        "polling_interval": 1,
    }
    environment = build_environment(
        tmp_path, DATABASE_URL=database_url, REGULARS_MODE="demo", DJANGO_SETTINGS_MODULE="config.settings"
    )
    process = subprocess.Popen([*describe_processes()["worker"]], cwd=ROOT, env=environment)
    try:
        with Connection("pgmq://database", transport_options=options) as connection:
            yield connection
    finally:
        process.terminate()
        process.wait(PATIENCE)
