"""The timeline: what happened is an event row, written in the transaction in which it happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from foundation import copying, prepared
from members.models import Event, new_id


class EventRow(NamedTuple):
    """A row of ``Event``."""

    id: UUID
    kind: str
    member_id: UUID | None
    at: datetime
    recorded_at: datetime
    data: dict[str, Any]


class Subscribers(NamedTuple):
    """Who hears a kind of event: ``now`` in the same transaction, ``later`` after it is committed.

    ``outside`` is of the same transaction, and notes what other systems are to be told; what is brought in from
    the past is not told to them unless somebody asks for it.
    """

    now: tuple[Callable[[EventRow], None], ...] = ()
    later: tuple[Callable[[EventRow], None], ...] = ()
    outside: tuple[Callable[[EventRow], None], ...] = ()
    #: Whether those of ``now`` and ``outside`` would do anything with this kind of event at the moment; None:
    #: they always may.
    asked: Callable[[str], bool] | None = None


#: Part of a statement: writes rows given as ``%(events)s``.
WRITE = """
event_rows AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT x.* FROM json_to_recordset(%(events)s::json)
      AS x(id uuid, kind text, member_id uuid, at timestamptz, recorded_at timestamptz, data jsonb))
"""
#: An event that happens once, whoever notices it and how often: a birthday, a year without a purchase or a friend's
#: purchase is found by jobs that may run late, twice, or in two workers. Its id follows from what happened, so the
#: table's own primary key lets it be written once, for ever.
_INSERT_ONCE = """
INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
VALUES (%(id)s::uuid, %(kind)s::text, %(member)s::uuid, %(at)s::timestamptz, %(now)s::timestamptz, %(data)s::jsonb)
ON CONFLICT (id) DO NOTHING RETURNING id
"""


def copy(rows: Iterable[EventRow]) -> None:
    """Write many events at once. Must run in the transaction of what happened; announces nothing."""
    columns = EventRow._fields
    copying.copy(Event._meta.db_table, columns, ((*row[:-1], json.dumps(row.data)) for row in rows))


def new(kind: str, member_id: UUID | None, at: datetime, recorded_at: datetime, **data: Any) -> EventRow:
    """An event to be written by the caller's own statement and then announced."""
    return EventRow(new_id(), kind, member_id, at, recorded_at, data)


def record(kind: str, member_id: UUID | None, at: datetime, **data: Any) -> EventRow:
    """Write an event and announce it. Must run in the transaction of what happened."""
    row = new(kind, member_id, at, at, **data)
    Event.objects.create(**row._asdict())
    announce([row])
    return row


def record_all(rows: Iterable[EventRow]) -> None:
    """Write events that were made with ``new``, and announce them. Must run in the transaction of what happened."""
    made = list(rows)
    Event.objects.bulk_create(Event(**row._asdict()) for row in made)
    announce(made)


def record_once(
    kind: str, member_id: UUID, at: datetime, now: datetime, key: str, data: dict[str, Any]
) -> EventRow | None:
    """Write an event unless there is one of that key, and announce it; None when there was.

    Must run in a transaction. Whoever writes the same one at the same time waits for this transaction.
    """
    row = EventRow(id_of(key), kind, member_id, at, now, data)
    params = {
        "id": row.id, "kind": kind, "member": member_id, "at": at, "now": now, "data": json.dumps(data),
    }  # fmt: skip
    if not prepared.run(_INSERT_ONCE, params):
        return None
    announce([row])
    return row


def id_of(key: str) -> UUID:
    """The id of the event of that key: a UUID of version 8, made of the key's SHA-256."""
    digits = hashlib.sha256(key.encode()).hexdigest()
    return UUID(f"{digits[:12]}8{digits[13:16]}8{digits[17:32]}")


def id_sql(key: str) -> str:
    """An expression of SQL for the same id; ``key`` is an expression too."""
    digits = f"left(encode(sha256(convert_to({key}, 'UTF8')), 'hex'), 32)"
    return f"overlay(overlay({digits} PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid"


def is_heard(kind: str) -> bool:
    """Whether anybody listens to events of this kind."""
    return kind in _table()


def needs_transaction(kind: str) -> bool:
    """Whether somebody may write something in the transaction in which an event of this kind is recorded."""
    found = _table().get(kind)
    return (
        found is not None and bool(found.now or found.outside) and (found.asked is None or found.asked(kind))
    )


def announce(rows: Iterable[EventRow], *, outside: bool = True) -> None:
    """Tell those who listen: now, in this transaction, and later, once it is committed; and other systems."""
    table = _table()
    for row in rows:
        subscribers = table.get(row.kind)
        if subscribers is None:
            continue
        for hear in (*subscribers.now, *(subscribers.outside if outside else ())):
            hear(row)
        for hear in subscribers.later:
            transaction.on_commit(lambda hear=hear, row=row: hear(row))  # type: ignore[misc]


def tell_outside(rows: Iterable[EventRow], at: datetime) -> None:
    """Let other systems hear of events of the past, as recorded ``at``: after what they are waiting for already."""
    table = _table()
    for row in rows:
        for hear in table[row.kind].outside if row.kind in table else ():
            hear(row._replace(recorded_at=at))


@cache
def _table() -> dict[str, Subscribers]:
    path = getattr(settings, "EVENT_SUBSCRIBERS", "")
    return import_string(path) if path else {}
