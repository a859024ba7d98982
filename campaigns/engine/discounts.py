"""What a discount takes off: it makes money off lines out of what is left of them.

Amounts are whole cents, always rounded half up, and a line never goes below zero. Discounts are judged
before points are spent and earned; ``docs/algorithms/engine.md`` says in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.gates import Reason
from campaigns.engine.pieces import Taken, cheapest, worth_of
from campaigns.engine.stamps import StampCard
from loyalty.rules.rounding import round_ratio, spread_units


class Cut(NamedTuple):
    """Money off: cents by item (its index), and why.

    ``pieces`` are how many of each item it is for, where it is reckoned by the piece.
    """

    parts: list[tuple[int, int]]
    code: str
    args: Mapping[str, Any]
    pieces: Mapping[int, int | Decimal] | None = None

    @property
    def cents(self) -> int:
        """All of it."""
        return sum([cents for _, cents in self.parts])


#: Takes the case, the items of the scope, and what is left of every item of the receipt in cents.
Discount = Callable[[Case, Sequence[int], Sequence[int]], Cut | Reason]


def off_card(card: StampCard, campaign_id: int) -> Discount:
    """The discount of a stamp card: free pieces, or a percent off, once a round is complete."""
    free, percent = card.reward.get("free"), card.reward.get("percent", "0")
    words = {"goal": str(card.goal)}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        rounds = card.rounds(case, campaign_id)
        if not rounds:
            return card.collected(case, campaign_id)
        if free is not None:
            chosen = cheapest(case, lines, left, free * rounds)
            return off_pieces(
                case, chosen, left, (100, 1), "stamps_free", {**words, "pieces": str(free * rounds)}
            )
        return share(lines, left, percent, "stamps_percent", {**words, "percent": plain(percent)})

    return take


def share(
    lines: Sequence[int], left: Sequence[int], percent: str, code: str, words: Mapping[str, str]
) -> Cut:
    """A percent of what is left, rounded once and spread."""
    top, bottom = Decimal(percent).as_integer_ratio()
    weights = [left[index] for index in lines]
    whole = sum(weights)
    cents = round_ratio(whole * top, bottom * 100)
    return Cut(spread(cents, lines, weights, whole), code, {**words, "of": cents_text(whole)})


def off_pieces(
    case: Case,
    taken: Sequence[Taken],
    left: Sequence[int],
    percent: tuple[int, int],
    code: str,
    words: Mapping[str, str],
) -> Cut:
    """Some pieces for nothing, or a percent off them."""
    return Cut(worth_of(case, taken, left, percent), code, words, {one.item: one.pieces for one in taken})


def spread(cents: int, lines: Sequence[int], weights: Sequence[int], whole: int) -> list[tuple[int, int]]:
    """Cents over some items by their weights, which come to ``whole``."""
    return list(zip(lines, spread_units(cents, weights, whole), strict=True)) if cents else []
