"""What a campaign gives: each effect makes a number of points out of an amount, with its reason.

Amounts are whole cents; points are whole *units*, the smallest part of a point the programme keeps
(hundredths where points have two places). An effect is reckoned once for the whole scope and rounded
once, by the programme's rule; spreading it over lines comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, cents_from, cents_text, plain
from loyalty.rules.rounding import Rounding, ratio_rounder, round_points, round_ratio

_NONE = Decimal(0)


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


def compile_effect(effect: Mapping[str, Any], unit: Unit, whole: bool) -> Effect:
    """The function of one effect, on the receipt as a ``whole`` or on some of its lines."""
    return EFFECTS[effect["effect"]](effect, unit, whole)


def _percent(effect: Mapping[str, Any], unit: Unit, _: bool) -> Effect:
    share, percent = unit.share(effect["percent"]), plain(effect["percent"])

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        units = share(cents)
        return Given(units, "percent", {"percent": percent, "of": cents_text(cents)}) if units else None

    return give


def _fixed(effect: Mapping[str, Any], unit: Unit, whole: bool) -> Effect:
    units = unit.units(effect["points"])
    words = {"points": plain(effect["points"])}
    given = Given(units, "fixed", words, whole) if units else None
    if whole or given is None:
        return lambda case, lines, cents: given
    return lambda case, lines, cents: Given(units, "fixed", {**words, "of": cents_text(cents)})


def _per_piece(effect: Mapping[str, Any], unit: Unit, _: bool) -> Effect:
    points, places = Decimal(effect["points"]), unit.places
    most = Decimal(effect["up_to"]) if "up_to" in effect else None
    words = {"points": plain(points)}

    def give(case: Case, lines: Sequence[int], cents: int) -> Given | None:
        pieces = max(sum([case.lines[index].quantity for index in lines], _NONE), _NONE)
        if most is not None and pieces > most:
            pieces = most
        units = int(round_points(points * pieces, places, unit.rule).scaleb(places))
        args = {**words, "pieces": plain(pieces), "of": cents_text(cents)}
        return Given(units, "per_piece", args) if units else None

    return give


def _per(effect: Mapping[str, Any], unit: Unit, _: bool) -> Effect:
    points, per = unit.units(effect["points"]), Decimal(effect["per"]) * 100
    top, bottom = per.as_integer_ratio()
    words = {"points": plain(effect["points"]), "per": plain(effect["per"])}

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        units = cents * bottom // top * points
        return Given(units, "per", {**words, "of": cents_text(cents)}) if units else None

    return give


class Step(NamedTuple):
    """A step of a scale, from so many cents: a share of the amount, or a fixed number of units."""

    start: int
    share: Callable[[int], int] | None
    units: int
    words: Mapping[str, str]


def _steps(effect: Mapping[str, Any], unit: Unit, whole: bool) -> Effect:
    if effect.get("mode", "whole") == "sliced":
        return _slices(effect, unit)
    by_receipt = effect.get("by", "scope") == "receipt"
    steps = [
        Step(
            cents_from(step["from"]),
            unit.share(step["percent"]) if "percent" in step else None,
            unit.units(step["points"]) if "points" in step else 0,
            {key: plain(step[key]) for key in ("percent", "points", "from") if key in step},
        )
        for step in effect["steps"]
    ]
    steps.reverse()

    def give(case: Case, _: Sequence[int], cents: int) -> Given | None:
        measure = case.receipt if by_receipt else cents
        for step in steps:
            if measure >= step.start:
                args = {**step.words, "reached": cents_text(measure), "of": cents_text(cents)}
                if step.share is not None:
                    units = step.share(cents)
                    return Given(units, "step_percent", args) if units else None
                return Given(step.units, "step_points", args, whole) if step.units else None
        return None

    return give


def _slices(effect: Mapping[str, Any], unit: Unit) -> Effect:
    """A scale where each percent is paid on its own slice; the sum of the slices is rounded once."""
    starts = [cents_from(step["from"]) for step in effect["steps"]]
    ratios = [Decimal(step["percent"]).as_integer_ratio() for step in effect["steps"]]
    common = 1
    for _, bottom in ratios:
        common *= bottom
    tops = [top * (common // bottom) * 10**unit.places for top, bottom in ratios]
    ends = [*starts[1:], None]
    words = ", ".join(f"{plain(step['percent'])}% ≥ {plain(step['from'])}" for step in effect["steps"])

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        whole = 0
        for start, end, top in zip(starts, ends, tops, strict=True):
            if cents <= start:
                break
            whole += ((cents if end is None else min(cents, end)) - start) * top
        units = round_ratio(whole, common * 100 * 100, unit.rule)
        return Given(units, "slices", {"slices": words, "of": cents_text(cents)}) if units else None

    return give


#: The effects of the vocabulary that give points by themselves; ``multiplier`` needs what the others give.
EFFECTS: dict[str, Callable[[Mapping[str, Any], Unit, bool], Effect]] = {
    "points_percent": _percent,
    "points_fixed": _fixed,
    "points_per": _per,
    "points_per_piece": _per_piece,
    "points_steps": _steps,
}


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
    """The multiplier of an effect."""
    top, bottom = (Decimal(effect["by"]) - 1).as_integer_ratio()
    return Booster(top, bottom, unit.rule, plain(effect["by"]))
