"""Counting many members anew on their ladders: when time has passed, and when a ladder was changed.

Where a member stands never waits for this: who asks works it out from the facts (``analytics.facts``). The
recount makes the stored tier say the same, and tells of the change: of every step as of the moment at which it was
due, however late it comes. It goes in batches, each a transaction
of its own: claim rows of facts (``SKIP LOCKED``, so that workers share the work), judge and write them in one
statement. What is done is not due any more, so a crash loses at most the batch at hand, and running twice
or in two workers at once finds nothing left to do. docs/algorithms/tiers.md says more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db import OperationalError, transaction

from analytics import recount_statements as statements
from foundation import prepared
from loyalty.models import Programme
from loyalty.rules.tiers import Ladder
from loyalty.shops import places
from loyalty.shops.places import Scheme
from members.timeline import events
from members.timeline.events import EventRow

#: Members of a transaction: a till waits for one of them no longer than some tens of milliseconds.
BATCH = 1000
#: A batch that falls victim to a deadlock is tried so many times in all.
ATTEMPTS = 3
_EVENTS = ("tier.reached", "tier.lost")
_decode_events = msgspec.json.Decoder(list[EventRow]).decode


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount did: batches, members looked at (once for each step that was due), steps up and down, members
    passed over because a till was at work on them, those for whom another step is due, and its longest batch in
    seconds."""

    batches: int = 0
    members: int = 0
    up: int = 0
    down: int = 0
    busy: int = 0
    unfinished: int = 0
    longest: float = 0.0

    def __add__(self, other: Recounted) -> Recounted:
        return Recounted(
            self.batches + other.batches,
            self.members + other.members,
            self.up + other.up,
            self.down + other.down,
            self.busy + other.busy,
            self.unfinished + other.unfinished,
            max(self.longest, other.longest),
        )


def settle(now: datetime, batch: int = BATCH) -> Recounted:
    """Bring every programme's tiers up to ``now``: those changed ladders count anew, those time has run out for.

    Records ``tier.reached`` and ``tier.lost`` per member. Locks a batch's facts, and the accounts of those whose
    tier changes; passes over what others hold.
    """
    total = Recounted()
    for programme in Programme.objects.filter(tiers__isnull=False).distinct().order_by("id"):
        total += settle_programme(programme.pk, now, batch)
    return total


def settle_programme(programme_id: int, now: datetime, batch: int = BATCH) -> Recounted:
    """As ``settle``, for one programme."""
    places.forget()  # a ladder that was changed a moment ago
    scheme = places.scheme(programme_id)
    if not scheme.ladder.steps:
        return Recounted()
    total = _run(scheme, statements.outdated(scheme.ladder), True, now, batch)
    while True:  # once for each step that members should have taken since the last time: nearly always once
        done = _run(scheme, statements.PASSED, False, now, batch)
        total += done
        if not done.unfinished:
            return replace(total, unfinished=0)


def _run(scheme: Scheme, due: str, anew: bool, now: datetime, batch: int) -> Recounted:
    """Go once through the rows that are due, in the order of their ids."""
    ladder = scheme.ladder
    params = statements.params(ladder) | {
        "programme": scheme.id,
        "programme_code": scheme.code,
        "now": now,
        "heard": any(events.is_heard(kind) for kind in _EVENTS),
        "size": batch,
        "after": 0,
    }
    sql = _sql(ladder, due, anew)
    total = Recounted()
    while done := _persist(sql, params):
        tally, params["after"] = done
        total += tally
    return total


@lru_cache(maxsize=64)
def _sql(ladder: Ladder, due: str, anew: bool) -> tuple[str, str]:
    return statements.claim(due), statements.judge(ladder, anew=anew)


def _persist(sql: tuple[str, str], params: dict[str, Any]) -> tuple[Recounted, int] | None:
    """Do a batch, again if it lost to another transaction."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _work(sql, params)
        except OperationalError:
            continue
    return _work(sql, params)


def _work(sql: tuple[str, str], params: dict[str, Any]) -> tuple[Recounted, int] | None:
    """Do one batch in a transaction. Returns what it did and its last row; None when nothing is due."""
    started = time.perf_counter()
    claim, judge = sql
    with transaction.atomic():
        rows = [row["id"] for row in prepared.run(claim, params)]
        if not rows:
            return None
        done = prepared.run(judge, params | {"rows": rows})[0]
        happened = done.pop("events")
        if happened:
            events.announce(_decode_events(happened))
    return replace(Recounted(1, **done), longest=time.perf_counter() - started), max(rows)
