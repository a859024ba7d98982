"""Pieces: the lines of a basket as single things, to give the cheapest of them away.

What is taken back (a quantity below zero) is no piece, and what costs nothing any more cannot be given away.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm
from typing import NamedTuple

from campaigns.engine.case import Case
from loyalty.rounding import round_ratio


class Taken(NamedTuple):
    """How many pieces are taken of a line (its index), out of how many."""

    line: int
    pieces: int
    of: int


def whole_pieces(quantity: Decimal) -> int:
    """How many pieces a line is: its quantity; goods sold by weight or length are one piece."""
    if quantity <= 0:
        return 0
    whole = int(quantity)
    return whole if quantity == whole else 1


def count(case: Case, lines: Sequence[int], left: Sequence[int]) -> int:
    """How many pieces there are on the lines that still cost something."""
    return sum([whole_pieces(case.lines[index].quantity) for index in lines if left[index]])


def cheapest(case: Case, lines: Sequence[int], left: Sequence[int], wanted: int) -> list[Taken]:
    """The cheapest pieces of some lines, by what each costs now; among equals those that come first."""
    pieces = {index: whole_pieces(case.lines[index].quantity) for index in lines if left[index]}
    common = lcm(*[of for of in pieces.values() if of])  # prices of a piece are compared exactly
    priced = sorted([(left[index] * (common // of), index, of) for index, of in pieces.items() if of])
    taken = []
    for _, index, of in priced:
        part = min(of, wanted)
        if part <= 0:
            break
        taken.append(Taken(index, part, of))
        wanted -= part
    return taken


def worth_of(taken: Sequence[Taken], left: Sequence[int], percent: tuple[int, int]) -> list[tuple[int, int]]:
    """What pieces come to, by line, in cents; ``percent`` of it, as a fraction of hundredths."""
    top, bottom = percent
    return [
        (index, round_ratio(left[index] * pieces * top, of * bottom * 100)) for index, pieces, of in taken
    ]
