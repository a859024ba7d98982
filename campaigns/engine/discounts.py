"""What a campaign takes off: each discount makes money off lines out of what is left of them.

Amounts are whole cents, always rounded half up, and a line never goes below zero. Discounts are judged
before points are spent and earned; ``docs/algorithms/engine.md`` says in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, cents_text, listed, plain
from campaigns.engine.gates import Reason
from campaigns.engine.pieces import Taken, cheapest, count, worth_of
from campaigns.engine.scopes import RECEIPT
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
_NOTHING_LEFT: Reason = ("nothing_left", {})


def compile_discount(effect: Mapping[str, Any]) -> Discount:
    """The function of one effect that takes money off."""
    return DISCOUNTS[effect["effect"]](effect)


def compile_stamp(card: StampCard, campaign_id: int) -> Discount:
    """The discount of a stamp card: free pieces, or a percent off, once a round is complete."""
    free, percent = card.reward.get("free"), card.reward.get("percent", "0")
    words = {"goal": str(card.goal)}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        rounds = card.rounds(case, campaign_id)
        if not rounds:
            return card.collected(case, campaign_id)
        if free is not None:
            chosen = cheapest(case, lines, left, free * rounds)
            return _pieces(
                case, chosen, left, (100, 1), "stamps_free", {**words, "pieces": str(free * rounds)}
            )
        return _share(lines, left, percent, "stamps_percent", {**words, "percent": plain(percent)})

    return take


def _share(
    lines: Sequence[int], left: Sequence[int], percent: str, code: str, words: Mapping[str, str]
) -> Cut:
    """A percent of what is left, rounded once and spread."""
    top, bottom = Decimal(percent).as_integer_ratio()
    weights = [left[index] for index in lines]
    whole = sum(weights)
    cents = round_ratio(whole * top, bottom * 100)
    return Cut(_spread(cents, lines, weights, whole), code, {**words, "of": cents_text(whole)})


def _pieces(
    case: Case,
    taken: Sequence[Taken],
    left: Sequence[int],
    percent: tuple[int, int],
    code: str,
    words: Mapping[str, str],
) -> Cut:
    """Some pieces for nothing, or a percent off them."""
    return Cut(worth_of(case, taken, left, percent), code, words, {one.item: one.pieces for one in taken})


def _spread(cents: int, lines: Sequence[int], weights: Sequence[int], whole: int) -> list[tuple[int, int]]:
    return list(zip(lines, spread_units(cents, weights, whole), strict=True)) if cents else []


def _percent(effect: Mapping[str, Any]) -> Discount:
    percent = effect["percent"]
    words = {"percent": plain(percent)}
    return lambda case, lines, left: _share(lines, left, percent, "off_percent", words)


def _amount(effect: Mapping[str, Any]) -> Discount:
    wanted, words = int(Decimal(effect["amount"]) * 100), {"amount": plain(effect["amount"])}

    def take(_: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        weights = [left[index] for index in lines]
        whole = sum(weights)
        cents = _spread(min(wanted, whole), lines, weights, whole)
        return Cut(cents, "off_amount", {**words, "of": cents_text(whole)})

    return take


def _fixed_price(effect: Mapping[str, Any]) -> Discount:
    price, words = Decimal(effect["price"]), {"price": plain(effect["price"])}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        parts = []
        pieces: dict[int, int | Decimal] = {}
        for index in lines:
            quantity = case.lines[index].quantity
            target = (
                round_ratio(*(price * quantity * 100).as_integer_ratio()) if quantity > 0 else left[index]
            )
            if left[index] > target:
                parts.append((index, left[index] - target))
                pieces[index] = quantity
        return Cut(parts, "fixed_price", words, pieces) if parts else ("cheaper_already", words)

    return take


def _cheapest_free(effect: Mapping[str, Any]) -> Discount:
    every, free = effect["every"], effect.get("free", 1)
    percent = Decimal(effect.get("percent", 100)).as_integer_ratio()
    words = {"every": str(every), "free": str(free), "percent": plain(effect.get("percent", "100"))}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        pieces = count(case, lines, left)
        if pieces < every:
            return "pieces_short", {**words, "pieces": str(pieces), "missing": str(every - pieces)}
        chosen = cheapest(case, lines, left, pieces // every * free)
        return _pieces(case, chosen, left, percent, "cheapest_free", words)

    return take


def _gift(effect: Mapping[str, Any]) -> Discount:
    products, most = frozenset(effect["products"]), effect.get("pieces", 1)
    words = {"wanted": listed(effect["products"]), "pieces": str(most)}

    def take(case: Case, _: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        lines = [index for index in case.scopes[RECEIPT] if case.lines[index].sku in products]
        if not lines:
            return "gift_missing", words
        return _pieces(case, cheapest(case, lines, left, most), left, (100, 1), "gift", words)

    return take


#: The effects of the vocabulary that take money off.
DISCOUNTS: dict[str, Callable[[Mapping[str, Any]], Discount]] = {
    "discount_percent": _percent,
    "discount_amount": _amount,
    "fixed_price": _fixed_price,
    "cheapest_free": _cheapest_free,
    "gift": _gift,
}
