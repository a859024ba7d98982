"""Points that lapse when an account's holders buy nothing for the programme's ``inactivity_days``.

A lot lapses at the end of the day that lies so many days after the last purchase, or after it was
earned if that was later. Lots are fixed once written, so the date is not on them: it follows from the
receipts. Whoever lets points be spent asks here first, and takes out of the account what has lapsed,
so that a purchase never revives it, whether or not ``sweep.lapse`` has been there.
docs/algorithms/expiry.md says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Q

from loyalty.ledger.passbook import ZERO, Cause, OpenLot, Passbook
from loyalty.models import Holder, PastHolder, Programme, Receipt
from loyalty.rules import expiry
from loyalty.rules.days import Period

REASON = "inactivity"
#: Receipts of these states do not keep an account in use: the purchase is undone.
UNDONE = (Receipt.Status.CANCELLED, Receipt.Status.RETURNED)


def threshold(days: int, zone: ZoneInfo, moment: datetime) -> datetime:
    """Points last in use at or before this moment have lapsed at ``moment``, others have not."""
    return expiry.inactive_since(Period(days), moment, zone)


def last_purchase(account_id: UUID, before: datetime) -> datetime | None:
    """When who holds the account, or held it once, last bought something with it before a moment.

    Purchases that are undone since are left out.
    """
    holding = Holder.objects.filter(account_id=account_id).values("member_id")
    once = PastHolder.objects.filter(account_id=account_id).values("member_id")
    receipts = Receipt.objects.filter(
        Q(member__in=holding) | Q(member__in=once), account_id=account_id, purchased_at__lt=before
    )
    return receipts.exclude(status__in=UNDONE).aggregate(at=Max("purchased_at"))["at"]


def gone_until(account_id: UUID, days: int | None, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """Up to which moment points were earned that have lapsed at ``moment``, for whoever shows a balance.

    None when nothing has lapsed. Asks the database only where points lapse at all (``days`` is not None).
    """
    return use(account_id, days, zone, moment).gone


class Use(NamedTuple):
    """How an account is in use where points lapse: the ``last`` purchase, and up to when ``gone`` ones were earned."""

    last: datetime | None = None
    gone: datetime | None = None


def use(account_id: UUID, days: int | None, zone: ZoneInfo, moment: datetime) -> Use:
    """The account's use as of a moment. Asks the database only where points lapse at all."""
    if days is None:
        return Use()
    since = threshold(days, zone, moment)
    last = last_purchase(account_id, moment)
    return Use(last, since if last is None or last <= since else None)


def last_use(account_id: UUID, programme: Programme, moment: datetime) -> datetime | None:
    """When an account was last in use, for points that go to another one: there they lapse no sooner than here."""
    return use(account_id, programme.inactivity_days, ZoneInfo(programme.time_zone), moment).last


def lapsed(
    book: Passbook, days: int | None, zone: ZoneInfo, moment: datetime, purchased_at: datetime | None = None
) -> list[OpenLot]:
    """The lots of a passbook that have lapsed by ``moment``, when the purchase at hand is made.

    ``purchased_at`` is a purchase that is known of, to save asking for the last one; one that is later
    than ``moment`` has settled what lapsed before it. ``days`` None means that nothing lapses. Asks the
    database only when something may have lapsed.
    """
    if days is None:
        return []
    since = threshold(days, zone, moment)
    if purchased_at is not None and purchased_at > since:
        return []
    lots = [lot for lot in book.lots.values() if lot.remaining and lot.earned_at <= since]
    if lots and (last := last_purchase(book.account_id, moment)) is not None and last > since:
        return []
    return lots


def take_out(book: Passbook, lots: Sequence[OpenLot], cause: Cause) -> Decimal:
    """Let lapsed lots expire in a passbook. Returns the points."""
    uses = [(lot.id, lot.remaining) for lot in lots]
    if uses:
        key = (
            f"{cause.receipt_id}:lapse"
            if cause.receipt_id
            else f"expire:{book.account_id}:{book.version + 1}"
        )
        because = Cause(cause.at, cause.receipt_id, REASON, cause.user_id)
        book.spend("expire", book.institutions.expiry, uses, key, because)
    return sum((points for _, points in uses), ZERO)


def settle(book: Passbook, programme: Programme, cause: Cause) -> Decimal:
    """Take out of a passbook what has lapsed by ``cause.at``, before points leave by hand. Returns the points."""
    lots = lapsed(book, programme.inactivity_days, ZoneInfo(programme.time_zone), cause.at)
    return take_out(book, lots, cause)
