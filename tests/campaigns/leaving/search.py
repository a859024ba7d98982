"""Where a text stands: in any table of the database, whatever the column's type, packed or not."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from contextlib import suppress

from django.db import connection

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND n.nspname NOT LIKE 'pg_temp%'
 ORDER BY 1
"""


def places(marks: Iterable[str]) -> set[str]:
    """The columns, as ``table.column``, in which at least one of the texts stands, in any case of letters."""
    wanted = [f"%{mark}%" for mark in marks]
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, name in cursor.fetchall():
            cursor.execute("SELECT column_name, data_type FROM information_schema.columns"
                           " WHERE format('%%I.%%I', table_schema, table_name) = %s", [table])  # fmt: skip
            columns = dict(cursor.fetchall())
            cursor.execute(f"SELECT 1 FROM {table} t WHERE t::text ILIKE ANY(%s) LIMIT 1", [wanted])
            for column in columns if cursor.fetchone() else ():
                cursor.execute(f'SELECT 1 FROM {table} WHERE "{column}"::text ILIKE ANY(%s)', [wanted])
                if cursor.fetchone():
                    found.add(f"{name}.{column}")
            for column in (column for column, kind in columns.items() if kind == "bytea"):
                cursor.execute(f'SELECT "{column}" FROM {table} WHERE "{column}" IS NOT NULL')
                if any(_says(bytes(row[0]), marks) for row in cursor.fetchall()):
                    found.add(f"{name}.{column}")
    return found


def _says(packed: bytes, marks: Iterable[str]) -> bool:
    content = packed
    with suppress(zlib.error):
        content = zlib.decompress(packed)
    text = content.decode(errors="replace").lower()
    return any(mark.lower() in text for mark in marks)
