"""A transfer made by hand, undone: an entry of its own that reverses exactly that one, lot by lot."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.refusals import Refused
from loyalty.ledger import ledger, provenance, restoration, revocation
from loyalty.ledger.passbook import ZERO, Cause, Passbook
from loyalty.models import Account, Debt, Lot, Programme, Transfer
from loyalty.rules.days import last_moment
from members.timeline import events


class Reversed(NamedTuple):
    """What a reversal moved: ``points`` came back or went, ``owed`` could not be taken any more and is owed."""

    points: Decimal
    owed: Decimal
    replay: bool


def refusal(transfer: Transfer) -> str:
    """Why a transfer cannot be reversed here; empty when it can."""
    if transfer.kind != Transfer.Kind.ADJUST:
        return _(
            "Only what was given or taken by hand is reversed here: goods that come back are returned at the till."
        )
    if transfer.reverses_id is not None:
        return _("This is a reversal itself: give or take the points anew.")
    if (
        Transfer.objects.filter(reverses=transfer).exists()
        or Debt.objects.filter(lot__transfer=transfer).exists()
    ):
        return _("This was reversed already.")
    return ""


def reverse(transfer_id: UUID, reason: str, now: datetime, user_id: int | None) -> Reversed:
    """Undo a transfer made by hand, once; asked again, it answers as the first time.

    Points that were given go from the very lot they came in: first what is left of it, then, where they were spent,
    other points of the account take their place in that spending; what is not there any more is owed, or forgiven, as
    the programme says of returns. Points that were taken come back to the very lots they were taken from; one that
    has expired since gets the programme's grace. Locks the account. Raises ``Refused`` with ``not_reversible``.
    """
    with transaction.atomic():
        transfer = Transfer.objects.select_related("source__programme", "target__programme").get(
            id=transfer_id
        )
        given = transfer.target.kind == Account.Kind.MEMBER
        account = transfer.target if given else transfer.source
        book = ledger.lock([account.id])[account.id]
        if earlier := _earlier(transfer, account):
            return earlier
        if told := refusal(transfer):
            raise Refused("not_reversible", told)
        cause = Cause(now, reason=reason, user_id=user_id)
        key = f"reverse:{transfer.id}"
        if given:
            moved, owed = _take(book, transfer, key, cause, account.programme)
            moved = -moved
        else:
            moved, owed = _give(book, transfer, key, cause, account.programme), ZERO
        ledger.post(book)
        _tell(account, transfer, moved, owed, cause)
    return Reversed(moved, owed, replay=False)


def _take(
    book: Passbook, transfer: Transfer, key: str, cause: Cause, programme: Programme
) -> tuple[Decimal, Decimal]:
    forgiving = programme.debt_policy == Programme.DebtPolicy.FORGIVE
    lot = provenance.granted(Lot.objects.get(transfer=transfer), ZERO)
    return revocation.revoke(
        book, lot, transfer.points, key, cause, forgiving=forgiving, reverses_id=transfer.id
    )


def _give(book: Passbook, transfer: Transfer, key: str, cause: Cause, programme: Programme) -> Decimal:
    """Give back to the lots what the transfer took."""
    grace = last_moment(cause.at, programme.grace_days, ZoneInfo(programme.time_zone))
    taken = restoration.taken_by_hand(transfer)
    restoration.restore(book, taken, transfer.points, key, cause, grace=grace, kind="adjust")
    return transfer.points


def _earlier(transfer: Transfer, account: Account) -> Reversed | None:
    """What an earlier reversal did. Runs under the account's lock."""
    back = Transfer.objects.filter(reverses=transfer)
    moved = sum((one.points if one.target_id == account.id else -one.points for one in back), ZERO)
    return Reversed(moved, ZERO, replay=True) if moved else None


def _tell(account: Account, transfer: Transfer, moved: Decimal, owed: Decimal, cause: Cause) -> None:
    owner = ledger.owner_of(account.id)
    events.record(
        "points.reversed", owner, cause.at, programme=account.programme.code, points=str(moved), owed=str(owed),
        reason=cause.reason, transfer=str(transfer.id),
    )  # fmt: skip
