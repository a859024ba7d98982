"""Points that lapse when an account's holders buy nothing for the programme's ``inactivity_days``.

A lot lapses at the end of the day that lies so many days after the last purchase, or after it was
earned if that was later. Lots are fixed once written, so the date is not on them: it follows from the
receipts. Whoever lets points be spent first calls ``settle``, so that a purchase never revives what
had lapsed before it, whether or not ``sweep.lapse`` has been there. docs/algorithms/expiry.md says more.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max

from loyalty import expiry
from loyalty.days import Period
from loyalty.models import Holder, Programme, Receipt
from loyalty.passbook import ZERO, Cause, OpenLot, Passbook

#: Receipts of these states do not keep an account in use: the purchase is undone.
UNDONE = (Receipt.Status.CANCELLED, Receipt.Status.RETURNED)


def threshold(programme: Programme, moment: datetime) -> datetime:
    """Points last in use at or before this moment have lapsed at ``moment``, others have not.

    The programme must have ``inactivity_days``.
    """
    days = programme.inactivity_days
    if days is None:
        raise ValueError(f"Points of programme {programme.code} do not lapse.")
    return expiry.inactive_since(Period(days), moment, ZoneInfo(programme.time_zone))


def last_purchase(account_id: UUID, before: datetime) -> datetime | None:
    """When the account's holders last bought something before a moment, purchases undone since left out."""
    members = Holder.objects.filter(account_id=account_id).values("member_id")
    receipts = Receipt.objects.filter(member__in=members, account_id=account_id, purchased_at__lt=before)
    return receipts.exclude(status__in=UNDONE).aggregate(at=Max("purchased_at"))["at"]


def lapsed(book: Passbook, purchased_at: datetime | None, since: datetime) -> list[OpenLot]:
    """The lots of a passbook that have lapsed, given the last purchase and the ``threshold`` of the moment."""
    if purchased_at is not None and purchased_at > since:
        return []
    return [lot for lot in book.lots.values() if lot.remaining and lot.earned_at <= since]


def settle(
    book: Passbook, programme: Programme, moment: datetime, purchased_at: datetime | None, cause: Cause
) -> Decimal:
    """Take out of a passbook what had lapsed by ``moment``. Returns the points.

    ``moment`` is when the purchase at hand is made, ``purchased_at`` the account's ``last_purchase`` before
    it. To be called with each purchase before anything is decided; the caller posts the passbook, or
    throws it away after a quote.
    """
    if programme.inactivity_days is None:
        return ZERO
    uses = [(lot.id, lot.remaining) for lot in lapsed(book, purchased_at, threshold(programme, moment))]
    if uses:
        key = f"expire:{book.account_id}:{book.version + 1}"
        book.spend("expire", book.institutions.expiry, uses, key, cause)
    return sum((points for _, points in uses), ZERO)
