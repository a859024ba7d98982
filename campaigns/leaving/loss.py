"""What somebody loses who leaves a programme, said before they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from analytics import facts, stored_facts
from loyalty.models import Holder, Programme, Receipt
from loyalty.sharing import closing, holders
from loyalty.shops import places
from rewards.models import Coupon

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Loss:
    """What ends. ``points`` are the member's alone, those that wait too; what ``stays`` is with those who share.

    ``elsewhere`` are the other programmes, in which nothing ends.
    """

    points: Decimal
    stays: Decimal
    coupons: int
    tier: str
    held: int
    elsewhere: tuple[str, ...]


def foresee(holder: Holder, now: datetime) -> Loss:
    """What the holder of an account would lose by leaving its programme now."""
    programme = holder.programme
    shared = closing.others(holder).exists()
    mine = holder.own_id if shared else holder.account_id
    usable = Coupon.objects.filter(
        member=holder.member_id, programme=programme, state=Coupon.State.ISSUED, withdrawn=False
    )
    held = Receipt.objects.filter(
        programme=holder.programme_id, member=holder.member_id, status=Receipt.Status.HELD
    )
    others = Programme.objects.filter(
        id__in=Holder.objects.filter(member=holder.member_id).exclude(pk=holder.pk).values("programme")
    )
    return Loss(
        holders.points_of(mine, now),
        holders.points_of(holder.account_id, now) if shared else ZERO,
        usable.count(),
        _tier(holder, now),
        held.count(),
        tuple(others.order_by("name").values_list("name", flat=True)),
    )


def _tier(holder: Holder, now: datetime) -> str:
    scheme = places.scheme(holder.programme_id)
    if not scheme.ladder.steps:
        return ""
    known = stored_facts.read(holder.member_id, scheme.id, scheme.ladder)
    rank = facts.rank(known, scheme.ladder, now)
    return rank.tier.name if rank.tier else ""
