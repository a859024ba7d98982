"""Accounts of those who leave a programme: their points end, those of a shared account stay with the others."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from loyalty.ledger import ledger
from loyalty.ledger.passbook import ZERO, Cause
from loyalty.models import Employee, Holder, Invitation
from loyalty.sharing import holders
from loyalty.sharing.holders import By
from members.models import Member
from members.timeline import events

REASON = "left"


def others(holder: Holder) -> QuerySet[Holder]:
    """Who holds the account beside this holder, who joined it first before the others."""
    there = Holder.objects.filter(account=holder.account_id).exclude(pk=holder.pk)
    return there.exclude(member__status=Member.Status.ERASED).order_by("id")


def accounts(holder: Holder) -> list[UUID]:
    """The account that somebody holds, and their own that waits meanwhile."""
    return [account for account in (holder.account_id, holder.own_id) if account is not None]


def leave(holder: Holder, key: str, now: datetime) -> Decimal:
    """Take a holder's part in a programme to its end. Returns the points that end with it.

    Who shares an account goes as ``holders.leave`` says; where they owned it, whoever joined it first owns it from then
    on. What is then theirs alone ends. The accounts are written, so that a sale that has read them is judged again.
    Must run in a transaction that holds the locks of ``accounts``.
    """
    heir = others(holder).first()
    if heir is not None:
        by = By(holder.member_id)
        if holder.role == Holder.Role.OWNER:
            holders.hand_over(holder.account_id, heir.member_id, by, now)
        holders.leave(holder.account_id, holder.member_id, by, now)
        holder.refresh_from_db()
    return sum((_close(account, holder, key, now) for account in accounts(holder)), ZERO)


def _close(account_id: UUID, holder: Holder, key: str, now: datetime) -> Decimal:
    """End all points of an account that nobody else holds: nobody comes to it any more, nobody is handed anything."""
    book = ledger.lock([account_id])[account_id]
    book.touched = True
    uses = [(lot.id, lot.remaining) for lot in book.lots.values() if lot.remaining]
    points = sum((part for _lot, part in uses), ZERO)
    if uses:
        name = f"leave:{key}:{account_id}"
        transfer = book.spend("expire", book.institutions.expiry, uses, name, Cause(now, reason=REASON))
        events.record(
            "points.expired", holder.member_id, now, account=str(account_id), transfer=str(transfer),
            points=str(points), reason=REASON,
        )  # fmt: skip
    ledger.post(book)
    Invitation.objects.filter(account_id=account_id, state=Invitation.State.OPEN).update(
        state=Invitation.State.WITHDRAWN, phone=""
    )
    Employee.objects.filter(account_id=account_id, until=None).update(until=now, code="")
    return points
