"""What of an account can be spent at a moment and what waits to become active: from its lots, not from what sweeps did.

One rule: a lot counts until its life is over (``OpenLot.expired_at``) or it has lapsed (``inactivity``).
``of_account`` asks the database for it, the others lots in memory; ``tests/loyalty/ledger/test_balances.py`` holds
them, and the statement of an account, to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum

from loyalty.ledger import inactivity
from loyalty.ledger.passbook import ZERO, OpenLot, Passbook
from loyalty.models import Lot


def of_account(account_id: UUID, moment: datetime) -> tuple[Decimal, Decimal]:
    """The account's spendable and pending points at ``moment``.

    One statement; up to two more where points lapse for inactivity.
    """
    lots = Lot.objects.filter(account_id=account_id, remaining__gt=0).order_by()
    pending = Q(active_from__gt=moment)
    alive = Q(expires_at__isnull=True) | Q(expires_at__gte=moment)
    sums: dict[str, Any] = {
        "spendable": Sum("remaining", filter=~pending & alive, default=ZERO),
        "pending": Sum("remaining", filter=pending & alive, default=ZERO),
    }
    terms = {"days": F("account__programme__inactivity_days"), "zone": F("account__programme__time_zone")}
    rows: Any = lots.values(**terms).annotate(**sums)
    for row in rows:
        gone = inactivity.gone_until(account_id, row["days"], ZoneInfo(row["zone"]), moment)
        left = row if gone is None else lots.filter(earned_at__gt=gone).aggregate(**sums)
        return left["spendable"], left["pending"]
    return ZERO, ZERO


def of_book(book: Passbook, days: int | None, zone: ZoneInfo, moment: datetime) -> tuple[Decimal, Decimal]:
    """The same of a passbook that may not be written yet. ``days`` as the programme's ``inactivity_days``.

    Asks the database only where points lapse at all, and some may have.
    """
    gone = {lot.id for lot in inactivity.lapsed(book, days, zone, moment)}
    lots = [lot for lot in book.lots.values() if lot.id not in gone]
    return of_lots(counting(lots, None, moment), moment)


def counting(lots: Iterable[OpenLot], gone: datetime | None, moment: datetime) -> Iterator[OpenLot]:
    """Those lots that are neither expired nor lapsed at ``moment``; ``gone`` as ``inactivity.gone_until`` has it."""
    for lot in lots:
        if not lot.expired_at(moment) and (gone is None or lot.earned_at > gone):
            yield lot


def of_lots(lots: Iterable[OpenLot], moment: datetime) -> tuple[Decimal, Decimal]:
    """The spendable and pending points of lots that count."""
    spendable = pending = ZERO
    for lot in lots:
        if lot.spendable_at(moment):
            spendable += lot.remaining
        else:
            pending += lot.remaining
    return spendable, pending
