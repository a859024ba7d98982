"""Pieces: the lines of a basket as single things, to give the cheapest of them away."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
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
    return int(quantity) if quantity == int(quantity) else 1


def count(case: Case, lines: Sequence[int]) -> int:
    """How many pieces some lines are."""
    return sum(whole_pieces(case.lines[index].quantity) for index in lines)


def cheapest(case: Case, lines: Sequence[int], left: Sequence[int], wanted: int) -> list[Taken]:
    """The cheapest pieces of some lines, by what each costs now; among equals those that come first."""
    taken = []
    ordered = sorted(lines, key=lambda index: (left[index] / whole_pieces(case.lines[index].quantity), index))
    for index in ordered:
        if wanted <= 0:
            break
        of = whole_pieces(case.lines[index].quantity)
        part = min(of, wanted)
        taken.append(Taken(index, part, of))
        wanted -= part
    return taken


def worth_of(taken: Sequence[Taken], left: Sequence[int], percent: tuple[int, int]) -> list[tuple[int, int]]:
    """What pieces come to, by line, in cents; ``percent`` of it, as a fraction of hundredths."""
    top, bottom = percent
    return [
        (index, round_ratio(left[index] * pieces * top, of * bottom * 100)) for index, pieces, of in taken
    ]
