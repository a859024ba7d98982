"""A basket on the table: everything the rules ask about it, worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from math import ceil
from types import MappingProxyType
from typing import Any

from campaigns.engine.shopper import Shopper
from loyalty.rules.basket import Basket, Line, Moment
from loyalty.rules.rounding import spread_units

_NO_DATA: Mapping[str, Any] = MappingProxyType({})
_NOBODY: frozenset[int] = frozenset()
_ZERO = Decimal(0)


class Case:
    """What one evaluation works with. Amounts are whole cents, indices are those of ``lines``.

    ``lines`` are the items of the basket: its heaps, until some pieces of one are taken by themselves and become
    an item more (``heap_of`` then says of which heap each item is). By their ``amount`` nobody asks: what an item
    costs is in ``earning``. Not ``by_piece``: as baskets were judged before heaps were known, line by line.

    ``earning`` is the amount of each line that campaigns reckon with, by the programme's ``earn_on``;
    ``scopes`` are the lines of each scope. ``discounted`` says by which campaigns (their numbers) a
    line was made cheaper. Used by one evaluation, then thrown away.
    """

    __slots__ = (
        "basket",
        "by_piece",
        "card_kind",
        "channel",
        "data",
        "discounted",
        "earning",
        "groups",
        "heap_of",
        "heaps",
        "is_member",
        "lines",
        "minute",
        "moment",
        "now",
        "partner",
        "pays_with_points",
        "periods",
        "progress",
        "purchases",
        "receipt",
        "receipt_text",
        "scopes",
        "shopper",
        "store",
        "tier",
        "till",
        "uses",
        "weekday",
    )

    def __init__(
        self,
        basket: Basket,
        shopper: Shopper,
        moment: Moment,
        lines: list[Line],
        earning: list[int],
        scopes: list[list[int]],
        periods: Mapping[str, str],
        data: Mapping[str, Any] = _NO_DATA,
        by_piece: bool = True,
    ) -> None:
        place = basket.place
        in_store = moment.in_store
        self.basket = basket
        self.shopper = shopper
        self.moment = moment
        self.lines = self.heaps = lines
        self.heap_of: list[int] | None = None
        self.by_piece = by_piece
        self.earning = earning
        self.scopes = scopes
        self.periods = periods
        self.data = data
        self.discounted: dict[int, set[int]] = {}
        self.pays_with_points = False
        self.receipt = sum(earning)
        self.receipt_text = cents_text(self.receipt)
        self.is_member = shopper.member_id is not None
        self.tier = shopper.tier
        self.card_kind = shopper.card_kind
        self.purchases = shopper.purchases
        self.progress = shopper.progress
        self.uses = shopper.uses
        self.partner = place.partner
        self.store = place.store
        self.groups = place.groups
        self.till = place.till
        self.channel = place.channel
        self.now: datetime = moment.in_programme.astimezone(UTC)
        self.weekday = in_store.isoweekday()
        self.minute = in_store.hour * 60 + in_store.minute

    @property
    def today(self) -> date:
        """The day by the programme's clocks."""
        return self.moment.in_programme.date()

    def part(self, index: int, pieces: int, numbers: Sequence[int]) -> int:
        """Take the first so many pieces of an item for themselves; the index of the item that the others become.

        It stands behind the first one in its scopes, whose ``numbers`` are given. What it earns is the caller's.
        """
        if self.heap_of is None:
            self.heap_of, self.lines = list(range(len(self.lines))), list(self.lines)
        line, rest = self.lines[index], len(self.lines)
        self.lines[index] = replace(line, quantity=Decimal(pieces))
        self.lines.append(replace(line, quantity=line.quantity - pieces))
        self.heap_of.append(self.heap_of[index])
        for number in numbers:
            scope = self.scopes[number]
            scope.insert(scope.index(index) + 1, rest)
        if index in self.discounted:
            self.discounted[rest] = set(self.discounted[index])
        return rest

    def over_items(self, by_heap: Sequence[int], weights: Sequence[int]) -> Sequence[int]:
        """What heaps come to, over their items, in proportion to the weights of these."""
        if self.heap_of is None:
            return by_heap
        of_heap: dict[int, list[int]] = {}
        for index in self.scopes[0]:
            of_heap.setdefault(self.heap_of[index], []).append(index)
        parts = [0] * len(self.lines)
        for heap, items in of_heap.items():
            if by_heap[heap]:
                chosen = [weights[index] for index in items]
                for index, part in zip(items, spread_units(by_heap[heap], chosen, sum(chosen)), strict=True):
                    parts[index] = part
        return parts

    def copy(self) -> Case:
        """A case to try something on, that leaves this one as it is."""
        other = copy(self)
        other.scopes = [list(scope) for scope in self.scopes]
        other.discounted = {index: set(numbers) for index, numbers in self.discounted.items()}
        other.earning = list(self.earning)
        if self.heap_of is not None:
            other.heap_of, other.lines = list(self.heap_of), list(self.lines)
        return other

    def reckon(self, earning: list[int]) -> None:
        """Go on with other amounts: what the lines come to after discounts and points."""
        self.earning = earning
        self.receipt = sum(earning)
        self.receipt_text = cents_text(self.receipt)

    def pieces(self, scope: int) -> Decimal:
        """How many pieces the lines of a scope are."""
        return sum([self.lines[index].quantity for index in self.scopes[scope]], _ZERO)

    def at_full_price(self, scope: int, number: int) -> list[int]:
        """The lines of a scope that no campaign but the one of this number made cheaper."""
        cheaper = self.discounted
        return [index for index in self.scopes[scope] if not cheaper.get(index, _NOBODY) - {number}]

    def amount(self, scope: int) -> int:
        """What the lines of a scope come to, in cents."""
        earning = self.earning
        return sum([earning[index] for index in self.scopes[scope]])

    def figure(self, key: str) -> Decimal:
        """A figure that is known about the member; zero where nothing is."""
        return self.shopper.known.get(key, _ZERO)


@lru_cache(4096)
def cents_text(cents: int) -> str:
    """``259.82`` of 25982."""
    return f"{cents // 100}.{cents % 100:02}"


def cents_from(amount: str) -> int:
    """The fewest whole cents that are at least an amount: a threshold for amounts in cents."""
    return ceil(Decimal(amount) * 100)


def plain(number: Decimal | str) -> str:
    """A number as people write it: ``5`` of 5.00, ``0.5`` of 0.50."""
    text = format(Decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def listed(codes: list[str] | tuple[str, ...]) -> str:
    """Some codes for a person to read: the first five, and how many more there are."""
    shown = ", ".join(codes[:5])
    return f"{shown} +{len(codes) - 5}" if len(codes) > 5 else shown
