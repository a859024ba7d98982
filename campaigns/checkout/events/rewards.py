"""What campaigns gave for events: the only place that writes it. A row waits until it is judged, then it is kept.

Rows are locked before accounts, everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db.models import F

from campaigns.checkout import record
from campaigns.checkout.record import Record
from campaigns.engine.evaluation import NOWHERE
from campaigns.engine.shopper import Shopper
from campaigns.models import EventReward
from foundation import prepared
from loyalty.rules.basket import Basket

#: Part of a statement: has the events of the query ``fresh`` (``id``) judged in a programme.
ASK = """
asked AS (
  INSERT INTO campaigns_eventreward (event_id, programme_id, due_at, attempts)
  SELECT id, %(programme)s::bigint, %(now)s::timestamptz, 0 FROM fresh
  ON CONFLICT (event_id, programme_id) DO NOTHING)
"""
_ASK_FOR = """
INSERT INTO campaigns_eventreward (event_id, programme_id, due_at, attempts)
SELECT e.id, p.id, %(now)s::timestamptz, 0
  FROM members_event e
  JOIN loyalty_holder h ON h.member_id = e.member_id
  JOIN loyalty_programme p ON p.id = h.programme_id
 WHERE {which} AND (e.data->>'programme' IS NULL OR e.data->>'programme' = p.code)
 ORDER BY e.id, p.id
ON CONFLICT (event_id, programme_id) DO NOTHING RETURNING event_id
"""
_ASK_FOR_ONE = _ASK_FOR.format(which="e.id = %(event)s::uuid")
_ASK_FOR_LATEST = _ASK_FOR.format(
    which="e.id >= %(first)s::uuid AND e.id < %(last)s::uuid AND e.kind = ANY(%(kinds)s::text[])"
)
_NOTHING_BOUGHT = Basket(NOWHERE, ())
_LONGEST_PAUSE = timedelta(days=1)


class Basis(NamedTuple):
    """What an event is judged by beside rules and facts, and what may become another when goods come back.

    ``amount`` is the money it is about, where that is not what the event says; ``says`` is put in place of what it
    said, ``ladder`` the tiers as they were when it happened. Of one that does not stand nothing is given.
    """

    amount: Decimal | None = None
    says: dict[str, Any] | None = None
    ladder: Any = None
    stands: bool = True


def ask(event_id: UUID, now: datetime) -> None:
    """Have an event judged in the programmes it is about: the one it names, or all in which its member is."""
    prepared.run(_ASK_FOR_ONE, {"event": event_id, "now": now})


def ask_for_latest(kinds: Iterable[str], since: datetime, now: datetime) -> int:
    """Have all events of some kinds judged that were written since, unless they are. Returns how many were not."""
    params = {
        "kinds": list(kinds),
        "first": first_id(since),
        "last": first_id(now + timedelta(days=1)),
        "now": now,
    }
    return len(prepared.run(_ASK_FOR_LATEST, params))


def first_id(moment: datetime) -> UUID:
    """An id below all that are made from a moment on: ids begin with the time in which they were made."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def claim(now: datetime, event_id: UUID | None = None) -> EventReward | None:
    """Lock one reward that waits and that nobody else is at; of this event, if one is named."""
    waiting = EventReward.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=now)
    if event_id is not None:
        waiting = waiting.filter(event_id=event_id)
    return waiting.select_related("event__member").order_by("due_at").first()


def is_judged(event_id: UUID, programme_id: int) -> bool:
    """Whether the programme's campaigns have been asked. Runs under the lock of the member's account."""
    found = EventReward.objects.filter(event_id=event_id, programme_id=programme_id, judged_at__isnull=False)
    return found.exists()


def keep(
    event_id: UUID,
    programme_id: int,
    now: datetime,
    rulebook_id: int,
    shopper: Shopper,
    basis: Basis,
    kept: Record,
) -> None:
    """Write the decision that stands, and what it was judged by. Runs under the lock of the member's account."""
    judged: dict[str, Any] = {
        "due_at": None,
        "judged_at": now,
        "rulebook_id": rulebook_id,
        "shopper": msgspec.to_builtins(record.pack_shopper(shopper, _NOTHING_BOUGHT)),
        "outcome": record.dump(kept),
        **basis._asdict(),
    }
    name = {"event_id": event_id, "programme_id": programme_id}
    if not EventReward.objects.filter(**name).update(**judged):
        EventReward.objects.create(**name, **judged)


def close(reward: EventReward, now: datetime) -> None:
    """Note that a reward needs nothing more. Runs under its lock."""
    EventReward.objects.filter(id=reward.id, judged_at=None).update(due_at=None, judged_at=now)


def put_off(reward_id: int, now: datetime) -> None:
    """Try a reward again later that could not be given: after a minute, then two, four, up to a day."""
    row = EventReward.objects.get(id=reward_id)
    pause = min(timedelta(minutes=2 ** min(row.attempts, 11)), _LONGEST_PAUSE)
    EventReward.objects.filter(id=reward_id).update(due_at=now + pause, attempts=F("attempts") + 1)
