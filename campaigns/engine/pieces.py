"""Pieces: the items of a basket as single things, to give the cheapest of them away.

An item is a heap, or some pieces of it that had a fate of their own: what is taken by the piece is an item from
then on, so that every piece remembers what is left of it and who made it cheaper. What is taken back (a
quantity below zero) is no piece, and what costs nothing any more cannot be given away.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm
from typing import NamedTuple

from campaigns.engine.case import Case
from loyalty.rules.rounding import round_ratio


class Taken(NamedTuple):
    """How many pieces are taken of an item (its index), out of how many."""

    item: int
    pieces: int
    of: int


def whole_pieces(quantity: Decimal) -> int:
    """How many pieces an item is: its quantity; goods sold by weight or length are one piece."""
    if quantity <= 0:
        return 0
    whole = int(quantity)
    return whole if quantity == whole else 1


def count(case: Case, items: Sequence[int], left: Sequence[int]) -> int:
    """How many pieces there are of the items that still cost something."""
    return sum([whole_pieces(case.lines[index].quantity) for index in items if left[index]])


def cheapest(case: Case, items: Sequence[int], left: Sequence[int], wanted: int) -> list[Taken]:
    """The cheapest pieces of some items, by what each costs now; among equals those that come first."""
    pieces = {index: whole_pieces(case.lines[index].quantity) for index in items if left[index]}
    common = lcm(*[of for of in pieces.values() if of])  # prices of a piece are compared exactly
    priced = [
        (left[index] * (common // of), place, index, of)
        for place, (index, of) in enumerate(pieces.items())
        if of
    ]
    priced.sort()
    taken = []
    for _, _, index, of in priced:
        part = min(of, wanted)
        if part <= 0:
            break
        taken.append(Taken(index, part, of))
        wanted -= part
    return taken


def worth_of(
    case: Case, taken: Sequence[Taken], left: Sequence[int], percent: tuple[int, int]
) -> list[tuple[int, int]]:
    """What pieces come to, by item, in cents; ``percent`` of it, as a fraction of hundredths."""
    top, bottom = percent
    if not case.by_piece:
        return [
            (index, round_ratio(left[index] * pieces * top, of * bottom * 100)) for index, pieces, of in taken
        ]
    return [
        (index, round_ratio(cost(left[index], pieces, of) * top, bottom * 100)) for index, pieces, of in taken
    ]


def cost(left: int, pieces: int, of: int) -> int:
    """What some pieces of an item cost, in cents."""
    return left if pieces == of else round_ratio(left * pieces, of)
