"""Heaps: the lines of a basket that hold the same goods at the same price, as one line.

Three of one line and three lines of one are the same basket, so they must come to the same sums. The engine
therefore judges neither: it judges heaps, and divides what a heap comes to over its lines afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import gcd
from operator import attrgetter
from typing import Any, NamedTuple

from loyalty.rules.basket import Line

ZERO = Decimal("0.00")
_SKU = attrgetter("sku")
#: Points and money of each line, by its position.
Paid = Mapping[int, tuple[Decimal, Decimal]]


class Heaps(NamedTuple):
    """A basket's lines joined: ``lines`` is one line a heap, with the position of the first that is in it.

    ``members`` are the lines of each heap; None where every line is a heap of its own.
    """

    lines: list[Line]
    members: list[list[Line]] | None

    def gather(self, paid: Paid) -> Paid:
        """What was paid on lines, by heap."""
        if self.members is None:
            return paid
        gathered = {}
        for heap in self.members:
            shares = [paid[line.position] for line in heap if line.position in paid]
            if shares:
                points = sum([points for points, _ in shares], ZERO)
                gathered[heap[0].position] = points, sum([amount for _, amount in shares], ZERO)
        return gathered


def join(lines: list[Line]) -> Heaps:
    """The heaps of lines that are in the order of their positions; a heap stands where its first line stood.

    Lines are joined when product and price of a piece are the same. What is sold by weight or length stays alone.
    """
    if len(set(map(_SKU, lines))) == len(lines):
        return Heaps(lines, None)
    heaps: dict[Any, list[Line]] = {}
    for line in lines:
        heaps.setdefault(_kind(line), []).append(line)
    if len(heaps) == len(lines):
        return Heaps(lines, None)
    return Heaps([_joined(heap) for heap in heaps.values()], list(heaps.values()))


def _kind(line: Line) -> Any:
    """The same for lines that can be joined: the goods, and the price of a piece as a fraction of cents."""
    quantity, cents = int(line.quantity), int(line.amount.scaleb(2))
    if not quantity or quantity != line.quantity or cents != line.amount.scaleb(2):
        return line.position
    common = gcd(quantity, cents)
    return line.sku, line.brand, line.categories, line.sets, quantity // common, cents // common


def _joined(heap: list[Line]) -> Line:
    if len(heap) == 1:
        return heap[0]
    quantity = sum([line.quantity for line in heap], Decimal(0))
    return replace(heap[0], quantity=quantity, amount=sum([line.amount for line in heap], ZERO))
