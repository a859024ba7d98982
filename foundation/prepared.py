"""Statements that PostgreSQL prepares once per connection and then only runs.

Django binds parameters on the client, so PostgreSQL plans each statement anew; for the few large
statements on the way of a purchase the planning costs more than the running. These go through a
server-side cursor of the same connection, inside the same transaction.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.rows import dict_row

_NAMED = re.compile(r"%(?:\((?P<name>\w+)\)s|%)")


def run(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one statement in one round trip and return its rows as dicts.

    Raises Django's database errors. Counted by ``connection.queries`` like any other query.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    started = time.monotonic()
    statement, names = _numbered(sql)
    with (
        here.wrap_database_errors,
        psycopg.RawCursor(here.connection, row_factory=dict_row) as cursor,
    ):
        cursor.execute(statement, [params[name] for name in names], prepare=True)
        # whether it answers with rows at all, without what psycopg would tell of each column of theirs
        rows = cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []
    if here.queries_logged:
        here.queries_log.append({"sql": sql, "time": f"{time.monotonic() - started:.3f}"})
    return rows


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with PostgreSQL's own placeholders, and the parameters' names in their order.

    psycopg would read a long statement for placeholders each time it runs.
    """
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _NAMED.sub(number, sql).encode(), tuple(names)
