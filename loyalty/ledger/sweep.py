"""Housekeeping over many accounts: expired points leave, lapsed points leave, activated points are told.

What can be spent never waits for this: it is decided from the lots' own dates (``loyalty.ledger.passbook``)
and from the last purchase (``loyalty.ledger.inactivity``). The sweeps only make the books say the same.

A sweep first plans: one reading statement lists the accounts with something due, in small batches of about
``LOTS_PER_BATCH`` lots, in the work table ``SweepBatch``. Then a worker does as many batches in a transaction
as its pace allows: claim them (SKIP LOCKED, so that workers share the work), lock their accounts in the
order of their ids, decide again what is due, write everything in one statement, drop the batches. A crash
loses at most the batches at hand, and running twice or in two workers at once finds nothing left to do.
docs/algorithms/expiry.md says more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from django.db import DatabaseError, OperationalError, transaction

from foundation import prepared
from loyalty.ledger import inactivity, ledger, sweep_statements
from loyalty.models import Account, Programme, SweepBatch
from members.timeline import events
from members.timeline.events import EventRow

LOTS_PER_BATCH = 150
#: How long a transaction should hold its accounts, in seconds, and how many batches it does at most.
PACE = 0.08
MOST_BATCHES = 8
#: A batch that falls victim to a deadlock, or waits too long for a lock, is tried so many times in all.
ATTEMPTS = 3

_EVENTS = {"expire": "points.expired", "lapse": "points.expired", "activate": "points.activated"}
_decode_events = msgspec.json.Decoder(list[EventRow]).decode

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a worker did in a sweep: batches, accounts, lots and points, and its longest transaction in
    seconds, from claim to commit."""

    batches: int = 0
    accounts: int = 0
    lots: int = 0
    points: Decimal = Decimal(0)
    longest: float = 0.0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.batches + other.batches,
            self.accounts + other.accounts,
            self.lots + other.lots,
            self.points + other.points,
            max(self.longest, other.longest),
        )


@dataclass(frozen=True, slots=True)
class _Sweep:
    """A job at a moment, and what its statements are asked."""

    job: str
    params: Mapping[str, Any]


class _BatchError(Exception):
    """Batches could not be written; the database's error is the cause."""

    def __init__(self, batches: list[UUID]) -> None:
        super().__init__(", ".join(map(str, batches)))
        self.batches = batches


def next_take(take: int, seconds: float) -> int:
    """How many batches to do in one transaction, when the last one did ``take`` in ``seconds``.

    At most double, so that one quick transaction does not lead to a long one; as few as it needs at once,
    since what slows a transaction down (a checkpoint, a busy disk) slows the next ones too.
    """
    return max(1, min(int(take * PACE / max(seconds, 1e-6)), take * 2, MOST_BATCHES))


def expire(now: datetime, lots_per_batch: int = LOTS_PER_BATCH) -> Swept:
    """Take points out of every lot whose life is over at ``now``. Records ``points.expired`` per account.

    Works in short transactions, unless the caller holds one, each of which locks its accounts in the
    order of their ids. Raises the database's error when a batch cannot be written, after the others were.
    """
    return _run(_expiring(now), lots_per_batch)


def lapse(now: datetime, lots_per_batch: int = LOTS_PER_BATCH) -> Swept:
    """Take all older points of accounts without a purchase for their programme's ``inactivity_days``.

    Records ``points.expired`` per account. Locks and raises like ``expire``.
    """
    total = Swept()
    for programme in Programme.objects.filter(inactivity_days__isnull=False).order_by("id"):
        total += _run(_lapsing(programme, now), lots_per_batch)
    return total


def activate(now: datetime, lots_per_batch: int = LOTS_PER_BATCH) -> Swept:
    """Tell of points that became active by ``now``, once for each lot. Records ``points.activated`` per account.

    Changes no balance. Locks and raises like ``expire``.
    """
    return _run(_Sweep("activate", {"job": "activate", "programme": None, "now": now}), lots_per_batch)


def plan_expiry(now: datetime, lots_per_batch: int = LOTS_PER_BATCH) -> int:
    """List what ``expire`` has to do. Returns how many batches wait, to tell whether a second worker is worth it."""
    return _plan(_expiring(now), lots_per_batch)


def _expiring(now: datetime) -> _Sweep:
    return _Sweep("expire", {"job": "expire", "programme": None, "now": now, "reason": ""})


def _lapsing(programme: Programme, now: datetime) -> _Sweep:
    since = inactivity.threshold(programme.inactivity_days or 0, ZoneInfo(programme.time_zone), now)
    reason = inactivity.REASON
    params = {"job": "lapse", "programme": programme.id, "now": now, "since": since, "reason": reason}
    return _Sweep("lapse", params)


# The way of every sweep


def _run(sweep: _Sweep, size: int) -> Swept:
    """Plan and work until nothing is due. What an earlier run left behind is done first."""
    total = Swept()
    failed: list[_BatchError] = []
    while not failed and _plan(sweep, size):
        done = _drain(sweep, failed)
        if not done.batches:
            break  # the rest is in the hands of other workers
        total += done
    if failed:
        raise failed[0].__cause__ or failed[0]
    return total


def _plan(sweep: _Sweep, size: int) -> int:
    """List the due accounts in batches, unless some batches wait already; return how many do.

    One worker plans at a time, and locks no account.
    """
    with transaction.atomic():
        prepared.run(sweep_statements.ALONE, {"job": sweep.job})
        if waiting := prepared.run(sweep_statements.WAITING, sweep.params)[0]["batches"]:
            return waiting
        for programme in Programme.objects.exclude(accounts__kind=Account.Kind.EXPIRY):
            ledger.institutions(programme)
        return prepared.run(sweep_statements.PLAN[sweep.job], {**sweep.params, "size": size})[0]["batches"]


def _drain(sweep: _Sweep, failed: list[_BatchError]) -> Swept:
    """Work off batches until none is free.

    Several that fail together are tried one by one. One that fails is dropped, to be planned anew another time.
    """
    total, take = Swept(), 1
    while True:
        started = time.perf_counter()
        try:
            done = _work(sweep, take) if take > 1 else _persist(sweep)
        except _BatchError as error:
            if take > 1:
                take = 1
                continue
            log.error("sweep_batch_failed", job=sweep.job, batch=str(error), exc_info=error)
            SweepBatch.objects.filter(id__in=error.batches).delete()
            failed.append(error)
            continue
        if done is None:
            return total
        seconds = time.perf_counter() - started
        total += replace(done, longest=seconds)
        take = next_take(take, seconds)


def _persist(sweep: _Sweep) -> Swept | None:
    """Do one batch, again if it lost to another transaction."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _work(sweep, 1)
        except _BatchError as error:
            if not isinstance(error.__cause__, OperationalError):
                raise
    return _work(sweep, 1)


def _work(sweep: _Sweep, take: int) -> Swept | None:
    """Do up to ``take`` batches in a transaction; None when none is free. Raises ``_BatchError``."""
    batches: list[UUID] = []
    heard = events.is_heard(_EVENTS[sweep.job])
    try:
        with transaction.atomic():
            prepared.run(sweep_statements.SETTLE, {})
            claimed = prepared.run(sweep_statements.CLAIM, {**sweep.params, "take": take})
            batches = [row["id"] for row in claimed]
            if not batches:
                return None
            prepared.run(sweep_statements.LOCK, {"batches": batches})
            params = {**sweep.params, "batches": batches, "heard": heard}
            row = prepared.run(sweep_statements.WORK[sweep.job], params)[0]
            if row["events"]:
                events.announce(_decode_events(row["events"]))
    except DatabaseError as error:
        if not batches:
            raise
        raise _BatchError(batches) from error
    return Swept(len(batches), row["accounts"], row["lots"], row["points"])
