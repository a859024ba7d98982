"""Reading members' facts outside a purchase, with the purchases that their ladder asks for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from analytics.facts import BOUGHT_COLUMNS, BOUGHT_FROM, STANDS, ByHand, Facts, as_of
from analytics.models import MemberFacts
from foundation import prepared
from loyalty.rules.tiers import Bought, Climb, Ladder

_ALL_BOUGHT = f"""
SELECT r.member_id, {BOUGHT_COLUMNS} FROM {BOUGHT_FROM}
 WHERE r.member_id = ANY(%(members)s::uuid[]) AND r.programme_id = %(programme)s::bigint AND {STANDS}
 ORDER BY r.purchased_at
"""


def read_bought(members: Collection[UUID], programme_id: int) -> dict[UUID, tuple[Bought, ...]]:
    """All purchases that stand, by member."""
    found: dict[UUID, list[Bought]] = {member: [] for member in members}
    for row in prepared.run(_ALL_BOUGHT, {"members": list(members), "programme": programme_id}):
        found[row["member_id"]].append(Bought(row["id"], row["purchased_at"], row["spent"], row["points"]))
    return {member: tuple(bought) for member, bought in found.items()}


def known(stored: MemberFacts, bought: tuple[Bought, ...] | None = None) -> Facts:
    """The facts of a row; ``bought`` are all purchases that stand, where the ladder asks for them."""
    by_hand = None
    if stored.set_tier_id is not None:
        by_hand = ByHand(stored.set_tier_id, stored.set_until, stored.set_exactly)
    climb = msgspec.convert(stored.climb, Climb, strict=False) if stored.climb is not None else None
    return Facts(
        stored.purchases, stored.spent, stored.first_purchase_at, stored.last_purchase_at, stored.points, True,
        stored.tier_id, stored.tier_until, stored.ladder_version, climb, by_hand, bought,
    )  # fmt: skip


def read(member_id: UUID, programme_id: int, ladder: Ladder) -> Facts:
    """A member's facts under the ladder as it is now, with what it needs to say how much counts."""
    stored = MemberFacts.objects.filter(member_id=member_id, programme_id=programme_id).first()
    if stored is None:
        return as_of(Facts(), ladder)
    bought = None
    if not ladder.plain and (ladder.looks_back is not None or stored.ladder_version != ladder.version):
        bought = read_bought([member_id], programme_id)[member_id]
    return as_of(known(stored, bought), ladder)
