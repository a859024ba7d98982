"""Where the data and the tasks live: addresses from the environment, or the embedded PostgreSQL for both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.embedded.base import cluster_at

EMBEDDED_NAME = "regulars"
TRANSACTION = "transaction"
"""How a pooler lends connections of the database: for one transaction."""
#: Statements that are prepared are planned once: PostgreSQL would plan the one that reads a sale anew each time, which
#: takes four times as long as running it, since it takes every list for one of ten.
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"
KEPT = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}


def configure_database(url: str, place: Path, *, durable: bool = True, pooler: str = "") -> dict[str, Any]:
    """Django's settings of the database at ``url``, or of the embedded one in ``place`` if that is empty.

    Connections stay open; each is tried once a request, so that a restarted database costs no error. With the
    ``pooler`` ``transaction`` nothing is expected to outlast a transaction: no statement stays prepared, and no
    cursor stays open on the server.
    """
    common: dict[str, Any] = {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
    options: dict[str, Any] = {"prepare_threshold": 5, "application_name": "regulars"}
    if pooler == TRANSACTION:
        common["DISABLE_SERVER_SIDE_CURSORS"] = True
        options["prepare_threshold"] = None
    else:
        options["options"] = PLANNED_ONCE
    if not url and pooler:
        raise ImproperlyConfigured("DATABASE_POOLER is for a pooler at DATABASE_URL, which is empty.")
    if not url:
        return common | {
            "ENGINE": "config.embedded",
            "NAME": EMBEDDED_NAME,
            "CLUSTER": place,
            "DURABLE": durable,
            "OPTIONS": options,
        }
    parts = _read_url(url, pooler)
    named = {KEPT[name]: str(value) for name, value in parts.items() if name in KEPT}
    extra = {name: value for name, value in parts.items() if name not in KEPT}
    if not pooler and extra.get("options"):
        extra["options"] = f"{PLANNED_ONCE} {extra['options']}"  # of two, PostgreSQL takes the later one
    return common | {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "OPTIONS": {"connect_timeout": 10, **options, **extra},
    }


def _read_url(url: str, pooler: str) -> dict[str, Any]:
    """The parts of DATABASE_URL. Raises ``ImproperlyConfigured`` with what is wrong."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not a PostgreSQL address: {error}".strip()) from None
    if not parts.get("dbname"):
        raise ImproperlyConfigured(
            "DATABASE_URL names no database: postgresql://user:password@host:5432/name."
        )
    if pooler and parts.get("options"):
        raise ImproperlyConfigured(
            "DATABASE_URL has “options”, which a pooler in transaction mode cannot keep."
        )
    port = str(parts.get("port") or 5432)
    if not all(one.isdecimal() and 0 < int(one) < 65_536 for one in port.split(",")):
        raise ImproperlyConfigured(f"DATABASE_URL names a port from 1 to 65535, not {port!r}.")
    return dict(parts)


def describe_dsn(database: dict[str, Any]) -> str:
    """The keyword connection string of a configured database. Starts nothing."""
    if "CLUSTER" in database:
        cluster = cluster_at(database["CLUSTER"], durable=database["DURABLE"])
        return cluster.dsn(database["NAME"])
    own = {"prepare_threshold"}
    parts = {name: database[key] for name, key in KEPT.items() if database.get(key)}
    parts |= {name: value for name, value in database["OPTIONS"].items() if name not in own}
    return make_conninfo(**parts)


def configure_broker(url: str, database: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Celery's broker URL and transport options: ``url`` (Redis, RabbitMQ), or pgmq queues in the database.

    A worker waits for PostgreSQL's NOTIFY instead of holding a transaction open while it polls, so
    vacuum is never held back by an idle worker. Behind a pooler that lends connections for a transaction there
    is no such waiting: a worker looks once a second.
    """
    if url:
        return url, {}
    return "pgmq://database", {
        "conn_string": describe_dsn(database),
        "init_extension": False,
        "pool_size": 4,
        "wait_time_seconds": 0,
        "use_notify": not database.get("DISABLE_SERVER_SIDE_CURSORS", False),
        "polling_interval": 1,
        "visibility_timeout": 3600,
    }
