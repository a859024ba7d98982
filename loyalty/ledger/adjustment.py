"""Points given or taken by hand: the one use case for the back office and whoever else may do it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from foundation.refusals import Conflict, Fault, Invalid
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.models import Account, Programme, Transfer
from loyalty.rules import expiry
from members.models import Member


class Adjusted(NamedTuple):
    """The transfer that was booked; ``replay`` when the same adjustment had been booked before."""

    transfer_id: UUID
    replay: bool


@transaction.atomic
def adjust(
    member: Member,
    account: Account,
    points: Decimal,
    reason: str,
    key: str,
    now: datetime,
    user_id: int | None,
) -> Adjusted:
    """Give (``points`` > 0) or take (``points`` < 0) points by hand, once under ``key``.

    Points that are given live as long as the programme's own, and can be spent at once. Locks the
    account. Raises ``NotEnoughPoints`` when more is taken than can be spent, ``Conflict`` when the
    key was used for something else, ``Invalid`` when nobody could ever spend the points that are given.
    """
    name = f"adjust:{key}"
    account = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme")
        .get(pk=account.pk)
    )
    earlier = Transfer.objects.filter(key=name).first()
    if earlier is not None:
        return Adjusted(_same(earlier, account, points, reason), replay=True)
    if points > 0 and (told := refusal(account.programme, now)):
        raise Invalid(Fault("points", "never_spendable", told))
    cause = Cause(now, reason=reason, user_id=user_id)
    terms = _terms(account.programme, member, now)
    transfer_id = ledger.adjust(account, points, name, cause, terms, member.pk)
    return Adjusted(transfer_id, replay=False)


def refusal(programme: Programme | None, now: datetime) -> str:
    """Why points cannot be given by hand now, in words: they would be gone at once. Empty when they can."""
    if programme is None:
        return ""
    last = expiry.last_chance(expiry.parse(programme.expiry or None), None, ZoneInfo(programme.time_zone))
    if last is None or now <= last:
        return ""
    return _(
        "Nobody could ever spend them: points of this programme expired on %(day)s. Change its expiry first."
    ) % {"day": date_format(last.astimezone(ZoneInfo(programme.time_zone)).date(), "SHORT_DATE_FORMAT")}


def _terms(programme: Programme, member: Member, now: datetime) -> LotTerms:
    zone = ZoneInfo(programme.time_zone)
    policy = expiry.parse(programme.expiry or None)
    joined_on = member.joined_at.astimezone(zone).date()
    return LotTerms(now, None, expiry.expires_at(policy, now, zone, joined_on))


def _same(earlier: Transfer, account: Account, points: Decimal, reason: str) -> UUID:
    """The id of an earlier adjustment that was the same."""
    moved = earlier.points if earlier.target_id == account.pk else -earlier.points
    if account.pk not in (earlier.source_id, earlier.target_id) or (moved, earlier.reason) != (
        points,
        reason,
    ):
        raise Conflict("idempotency_conflict", "This key was used for another adjustment.")
    return earlier.pk
