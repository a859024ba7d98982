"""What purchases bring to others, the cashier and the referrer: it waits in a row until it is settled.

The row is written in the transaction of the sale or the return, the task is sent after its commit. Should the task
get lost (a crash, a broker that is away), the row is still there, however long it takes. Settling asks only what
the receipt says now; so it may come late, twice, and in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F

from campaigns.checkout.clashes import retried
from campaigns.models import Settlement
from foundation import prepared
from members.timeline import events
from members.timeline.events import EventRow

#: The event that says that something of a receipt is to be settled.
DUE = "shares.due"
_LONGEST_PAUSE = timedelta(days=1)

#: Part of a statement: has the receipts given as ``%(settlements)s`` settled.
WRITE = """
settlement_rows AS (
  INSERT INTO campaigns_settlement (receipt_id, due_at, attempts)
  SELECT x.receipt_id, x.due_at, 0
    FROM json_to_recordset(%(settlements)s::json) AS x(receipt_id uuid, due_at timestamptz)
  ON CONFLICT (receipt_id) DO UPDATE SET due_at = EXCLUDED.due_at, attempts = 0)
"""
_WRITE_ALONE = f"WITH {WRITE} SELECT 1 AS done"

log = structlog.get_logger(__name__)


def event(receipt_id: UUID, now: datetime) -> EventRow:
    """The event to be written with the row."""
    return events.new(DUE, None, now, now, receipt=str(receipt_id))


def write(settlements: str) -> None:
    """Write rows that are encoded as ``WRITE`` wants them. Must run in the transaction of the receipts."""
    prepared.run(_WRITE_ALONE, {"settlements": settlements})


def ask(receipt_id: UUID, now: datetime) -> None:
    """Have a receipt settled. Must run in the transaction of what happened to it, under its lock."""
    Settlement.objects.update_or_create(receipt_id=receipt_id, defaults={"due_at": now, "attempts": 0})
    events.record_all([event(receipt_id, now)])


def settle_waiting(settle: Callable[[UUID, datetime], None], now: datetime) -> int:
    """Settle all receipts that wait. Returns how many were settled; safe to run twice or at once."""
    settled = 0
    while (receipt_id := _next(now)) is not None:
        settled += try_to(settle, receipt_id, now)
    return settled


def try_to(settle: Callable[[UUID, datetime], None], receipt_id: UUID, now: datetime) -> bool:
    """Settle a receipt and let its row go, in one transaction; one that fails is put off and keeps no other waiting."""

    def work(attempt: int) -> None:
        with transaction.atomic():
            settle(receipt_id, now)
            Settlement.objects.filter(receipt_id=receipt_id).delete()

    try:
        retried(work)
    except Exception:
        if connection.in_atomic_block:
            raise
        log.exception("not_settled", receipt=str(receipt_id))
        _put_off(receipt_id, now)
        return False
    return True


def _next(now: datetime) -> UUID | None:
    return (
        Settlement.objects.filter(due_at__lte=now)
        .order_by("due_at", "receipt_id")
        .values_list("receipt_id", flat=True)
        .first()
    )


def _put_off(receipt_id: UUID, now: datetime) -> None:
    """Try again later: after a minute, then two, four, up to a day."""
    row = Settlement.objects.filter(receipt_id=receipt_id).first()
    if row is not None:
        pause = min(timedelta(minutes=2 ** min(row.attempts, 11)), _LONGEST_PAUSE)
        Settlement.objects.filter(receipt_id=receipt_id).update(
            due_at=now + pause, attempts=F("attempts") + 1
        )
