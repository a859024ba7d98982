"""What an effect gives: it makes a number of points out of an amount, with its reason.

Amounts are whole cents; points are whole *units*, the smallest part of a point the programme keeps
(hundredths where points have two places). An effect is reckoned once for the whole scope and rounded
once, by the programme's rule; spreading it over lines comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, plain
from loyalty.rules.rounding import Rounding, ratio_rounder, round_points, round_ratio


class Given(NamedTuple):
    """What an effect gives: units of points, why, and whether it belongs to no line but to the receipt."""

    units: int
    code: str
    args: Mapping[str, Any]
    to_receipt: bool = False


#: Takes the case, the lines that count, and what they come to in cents; None when it gives nothing.
Effect = Callable[[Case, Sequence[int], int], Given | None]


class Unit(NamedTuple):
    """How points are kept: the places of a point, and the rule that rounds to them."""

    places: int
    rule: Rounding

    def units(self, points: str) -> int:
        """So many points in units."""
        return int(round_points(Decimal(points), self.places, self.rule).scaleb(self.places))

    def share(self, percent: str) -> Callable[[int], int]:
        """Units of points that are ``percent`` of so many cents: 5% of 100.00 is 5 points."""
        top, bottom = Decimal(percent).as_integer_ratio()
        top, bottom, nearest = top * 10**self.places, bottom * 100 * 100, ratio_rounder(self.rule)
        return lambda cents: nearest(cents * top, bottom)


class Booster(NamedTuple):
    """A multiplier: what it adds to so many units that other campaigns gave."""

    top: int
    bottom: int
    rule: Rounding
    by: str

    def add(self, units: int) -> int:
        """Units to add so that all of them together are multiplied."""
        return round_ratio(units * self.top, self.bottom, self.rule)


def compile_booster(effect: Mapping[str, Any], unit: Unit) -> Booster:
    """The multiplier of a ``multiplier`` effect."""
    top, bottom = (Decimal(effect["by"]) - 1).as_integer_ratio()
    return Booster(top, bottom, unit.rule, plain(effect["by"]))
