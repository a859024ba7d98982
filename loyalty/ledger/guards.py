"""Whether the database guards the books as the code says: triggers, checks and unique keys, each compared
with what it should be. A guard that is missing, switched off, or does something else is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

#: Whose tables are guarded by what their models say.
APPS = ("members", "loyalty", "campaigns", "rewards", "messaging", "analytics", "pos", "backoffice")
#: The states in which a trigger fires for everybody: in ordinary sessions, or always.
FIRING = ("O", "A")
IN_FORCE = "in force"

_TRIGGERS = """
SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid), p.prosrc
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, CASE WHEN convalidated THEN '' ELSE 'not validated' END
  FROM pg_constraint WHERE conrelid <> 0
UNION ALL
SELECT indrelid::regclass::text, indexrelid::regclass::text, CASE WHEN indisvalid THEN '' ELSE 'not valid' END
  FROM pg_index WHERE indisunique
"""
_KEYS = """
SELECT i.indrelid::regclass::text, a.attname
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
"""
_BODY = re.compile(r"RETURNS TRIGGER AS \$\$(.*?)\$\$", re.S)
_CREATED = re.compile(r"CREATE\s+(?:CONSTRAINT\s+)?TRIGGER.*?;", re.S)
_IGNORING = re.compile(r"_pgtrigger_should_ignore\(.*?AS \$\$(.*?)\$\$", re.S)


class Guard(NamedTuple):
    """A guard that is not as it should be, and what is the matter with it."""

    table: str
    name: str
    found: str


def faults() -> Iterator[Guard]:
    """Every guard that does not stand as the code says."""
    yield from _triggers()
    yield from _constraints()


def _triggers() -> Iterator[Guard]:
    known = {(row[0], row[1]): row[2:] for row in _rows(_TRIGGERS)}
    bodies = [
        row[0] for row in _rows("SELECT prosrc FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'")
    ]
    checked: set[str] = set()
    for model in _models():
        for trigger in getattr(model._meta, "triggers", ()):
            expected = trigger.compile(model).install_sql
            found = known.get((model._meta.db_table, trigger.get_pgid(model)))
            if fault := _fault(expected, found):
                yield Guard(model._meta.db_table, trigger.name, fault)
            ignoring = _IGNORING.search(expected)
            if ignoring and ignoring[1] not in checked:
                checked.add(ignoring[1])
                if bodies != [ignoring[1]]:
                    yield Guard("every table", "_pgtrigger_should_ignore", "does something else")


def _fault(expected: str, found: tuple[str, ...] | None) -> str:
    """What is the matter with a trigger; empty when it stands."""
    if found is None:
        return "missing"
    state, created, body = found
    if state not in FIRING:
        return "switched off"
    wanted_body, wanted = _BODY.search(expected), _CREATED.search(expected)
    assert wanted_body is not None
    assert wanted is not None
    if body != wanted_body[1]:
        return "does something else"
    return "" if _words(created) == _words(wanted[0]) else "stands on another condition"


def _words(created: str) -> list[str]:
    """The words of a trigger's definition, however PostgreSQL writes it back: without quotes, casts and order."""
    text = created.lower().replace('"', "").replace("procedure", "function").replace("public.", "")
    text = re.sub(r"::[a-z]+( varying)?", "", text)
    return sorted(re.sub(r"[()\s;]+", " ", text).split())


def _constraints() -> Iterator[Guard]:
    known = {(table, name): fault for table, name, fault in _rows(_CONSTRAINTS)}
    keys = {(table, column) for table, column in _rows(_KEYS)}
    for model in _models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            fault = known.get((table, constraint.name), "missing")
            if fault:
                yield Guard(table, constraint.name, fault)
        for field in model._meta.local_concrete_fields:
            if (field.unique or field.primary_key) and (table, field.column) not in keys:
                yield Guard(table, f"unique {field.column}", "missing")


def _models() -> list[type[models.Model]]:
    return [m for app in APPS for m in apps.get_app_config(app).get_models() if m._meta.managed]


def _rows(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
