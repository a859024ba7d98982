"""Events that happen only once, whoever notices them and how often: their id follows from what happened.

A birthday, a year without a purchase or a friend's purchase is found by jobs that may run late, twice, or in
two workers. The key of what happened makes the event's id, in Python and in SQL alike, so the table's own
primary key lets it be written once, for ever.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import prepared
from members.timeline import events
from members.timeline.events import EventRow

_INSERT = """
INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
VALUES (%(id)s::uuid, %(kind)s::text, %(member)s::uuid, %(at)s::timestamptz, %(now)s::timestamptz, %(data)s::jsonb)
ON CONFLICT (id) DO NOTHING RETURNING id
"""


def id_of(key: str) -> UUID:
    """The id of the event of that key: a UUID of version 8, made of the key's SHA-256."""
    digits = hashlib.sha256(key.encode()).hexdigest()
    return UUID(f"{digits[:12]}8{digits[13:16]}8{digits[17:32]}")


def id_sql(key: str) -> str:
    """An expression of SQL for the same id; ``key`` is an expression too."""
    digits = f"left(encode(sha256(convert_to({key}, 'UTF8')), 'hex'), 32)"
    return f"overlay(overlay({digits} PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid"


def record(
    kind: str, member_id: UUID, at: datetime, now: datetime, key: str, data: dict[str, Any]
) -> EventRow | None:
    """Write an event unless there is one of that key, and announce it; None when there was.

    Must run in a transaction. Whoever writes the same one at the same time waits for this transaction.
    """
    row = EventRow(id_of(key), kind, member_id, at, now, data)
    params = {
        "id": row.id, "kind": kind, "member": member_id, "at": at, "now": now, "data": json.dumps(data),
    }  # fmt: skip
    if not prepared.run(_INSERT, params):
        return None
    events.announce([row])
    return row
