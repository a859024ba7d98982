"""Who stands at the till, as far as the rules need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from loyalty.rules.basket import Wallet


class MemberSum(NamedTuple):
    """How often one member used a campaign in a period, for how many points."""

    times: int
    points: Decimal


class CommonSum(NamedTuple):
    """How often a campaign was used by everybody or in a store, for how many points and how much money in discounts."""

    times: int
    points: Decimal
    money: Decimal


#: How far a campaign was used.
Used = MemberSum | CommonSum
#: What the key of a common use has, and that of a member's has not.
_COMMON = ":"


def used_of(key: str, times: int, points: Decimal, money: Decimal = Decimal(0)) -> Used:
    """How far a campaign was used, by the key that says whose uses it counts."""
    return CommonSum(times, points, money) if _COMMON in key else MemberSum(times, points)


@dataclass(frozen=True, slots=True)
class Shopper:
    """The facts about a shopper as they stood before this purchase; ``Shopper()`` is an anonymous one.

    ``purchases`` counts the member's purchases before this one, completed ones and those that are held, as
    figures of past purchases and ``last_purchase_on`` do. ``progress`` holds, by
    campaign, how many purchases a campaign with its own counter ("every fifth purchase of at least
    500") has counted so far. ``uses`` holds what a campaign with limits has already given, by
    ``(campaign_id, period key)``: how many times, and how many points; the period keys of a moment
    come from ``limits.period_keys``. A missing entry means none. The same mapping holds what the
    campaign gave to everybody (keys with ``c:``) and in this store (``s:``), counters of a period
    (``p``), and promises for the next purchase, by the last day on which they hold (``n20261231``).

    ``birthday_from`` is the first day on which the birthday counts as a day to celebrate; None: it always did.

    The rest is known only where the rules ask for it (``needs.Needs``): ``known`` holds figures of
    past purchases by their keys, and the spendable ``balance``; ``attributes`` and ``segments`` those
    that some campaign names.
    """

    member_id: UUID | str | None = None
    tier: str = ""
    card_kind: str = ""
    joined_on: date | None = None
    birthday: date | None = None
    purchases: int = 0
    progress: Mapping[int, int] = field(default_factory=dict, hash=False)
    uses: Mapping[tuple[int, str], Used] = field(default_factory=dict, hash=False)
    wallet: Wallet | None = None
    gender: str = ""
    last_purchase_on: date | None = None
    referred: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    segments: frozenset[str] = frozenset()
    known: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    birthday_from: date | None = None


ANONYMOUS = Shopper()
