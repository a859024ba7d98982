"""Statements that PostgreSQL prepares once per connection and then only runs.

Django binds parameters on the client, so PostgreSQL plans each statement anew; for the few large
statements on the way of a purchase the planning costs more than the running. These go through a
server-side cursor of the same connection, inside the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import dict_row


def run(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one statement in one round trip and return its rows as dicts.

    Raises Django's database errors. Counted by ``connection.queries`` like any other query.
    """
    connection.ensure_connection()
    started = time.monotonic()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor,
    ):
        cursor.execute(sql, params, prepare=True)
        rows = cursor.fetchall() if cursor.description else []
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": f"{time.monotonic() - started:.3f}"})
    return rows
