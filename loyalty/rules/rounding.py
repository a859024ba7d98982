"""Every rounding of points and money: the only module that may round.

Money has two places and rounds half up. Points have as many places as the programme says (0 to 2)
and round by its rule. Whatever is divided over lines is divided by :func:`spread`, so that the parts
always add up to the whole.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)
CENT = Decimal("0.01")
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(7))
#: Wide enough for the product of any two amounts, and it refuses to lose a digit silently.
_EXACT = decimal.Context(prec=80, traps=[decimal.InvalidOperation, decimal.Inexact, decimal.DivisionByZero])


class Rounding(StrEnum):
    """A programme's rule for a calculated number of points that has more places than it keeps."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


_MODES = {
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.UP: decimal.ROUND_UP,
}


def round_points(value: Decimal, places: int, rule: Rounding = Rounding.HALF_UP) -> Decimal:
    """Points with ``places`` places by the programme's ``rule``; "down" is towards zero."""
    return value.quantize(_UNITS[places], _MODES[rule])


def round_ratio(numerator: int, denominator: int, rule: Rounding = Rounding.HALF_UP) -> int:
    """The whole number nearest to a fraction by the programme's ``rule``; neither part is negative."""
    return ratio_rounder(rule)(numerator, denominator)


def ratio_rounder(rule: Rounding) -> Callable[[int, int], int]:
    """The function that :func:`round_ratio` is for one rule, for those who call it often."""
    match rule:
        case Rounding.HALF_UP:
            return lambda top, bottom: (2 * top + bottom) // (2 * bottom)
        case Rounding.HALF_EVEN:
            return _half_even
        case Rounding.DOWN:
            return lambda top, bottom: top // bottom
        case Rounding.UP:
            return lambda top, bottom: -(-top // bottom)


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest + (whole & 1) > denominator)


def round_money(value: Decimal) -> Decimal:
    """Money with two places, half a cent going up (away from zero)."""
    return value.quantize(CENT, decimal.ROUND_HALF_UP)


def line_amount(quantity: Decimal, price: Decimal) -> Decimal:
    """What so many pieces cost at a price, money: what a line comes to where nobody says it."""
    return round_money(quantity * price)


def worth(points: Decimal, point_value: Decimal) -> Decimal:
    """Money that ``points`` pay at ``point_value`` (money per point)."""
    return (points * point_value).quantize(CENT, decimal.ROUND_HALF_UP)


def points_within(money: Decimal, point_value: Decimal, places: int) -> Decimal:
    """The most points that cost no more than ``money``; what they are worth never exceeds it.

    ``point_value`` is money per point, above zero. Parts of a cent buy nothing, nor does a negative sum.
    """
    if money <= 0:
        return _UNITS[places] * 0
    whole = money.quantize(CENT, decimal.ROUND_DOWN)
    return (whole / point_value).quantize(_UNITS[places], decimal.ROUND_DOWN)


def least_points(point_value: Decimal, places: int) -> Decimal:
    """The fewest points that are worth anything: those that round up to a cent."""
    return max((CENT / 2 / point_value).quantize(_UNITS[places], decimal.ROUND_UP), _UNITS[places])


def floor_points(points: Decimal, places: int, step: Decimal | None = None) -> Decimal:
    """Points cut down to ``places`` places, and to a multiple of ``step`` if given; never below zero."""
    if points <= 0:
        return _UNITS[places] * 0
    if step is not None:
        points = points // step * step
    return points.quantize(_UNITS[places], decimal.ROUND_DOWN)


def to_cents(money: Decimal) -> int:
    """Whole cents of a sum, parts of a cent cut off."""
    return int(money.scaleb(2))


def from_cents(cents: int) -> Decimal:
    """The sum of so many cents, with two places."""
    return Decimal(cents).scaleb(-2)


def spread(total: Decimal, weights: Sequence[Decimal], places: int) -> list[Decimal]:
    """Divide ``total`` in proportion to ``weights`` into parts of ``places`` places that add up to it.

    Largest remainder: everyone gets their exact share cut down to ``places``, then the units left over
    go one each to the largest cut-off remainders, the earliest first among equals. So no part is a
    whole unit or more away from its exact share, and a zero weight gets nothing. When all weights are
    zero the total is shared equally.

    Raises ``ValueError`` for a negative total or weight, a total finer than ``places``, or a total above
    zero with nobody to take it.
    """
    unit = _UNITS[places]
    if not total:
        _refuse_negative(weights)
        return [unit * 0] * len(weights)
    if len(weights) == 1 and weights[0] >= 0 and total > 0:
        return [_in_units(total, unit, places) * unit]
    units = _in_units(total, unit, places)
    _refuse_negative(weights)
    whole = sum(weights, ZERO)
    if not whole:
        if not weights:
            raise ValueError(f"spread: {total} cannot be divided over no parts; give at least one weight")
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    multiply, divide = _EXACT.multiply, _EXACT.divmod
    shares = [divide(multiply(units, weight), whole) for weight in weights]
    parts = [share for share, _ in shares]
    left = int(units - sum(parts, ZERO))
    if left:
        for index in sorted(range(len(shares)), key=lambda index: -shares[index][1])[:left]:
            parts[index] += 1
    return [part * unit for part in parts]


def spread_units(units: int, weights: Sequence[int], whole: int) -> list[int]:
    """:func:`spread` in whole units, for those who reckon in them: ``whole`` is the sum of ``weights``.

    Nothing is checked: units and weights are zero or more, and there is at least one weight.
    """
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    shares = [units * weight for weight in weights]
    parts = [share // whole for share in shares]
    left = units - sum(parts)
    if left:
        rests = [share % whole for share in shares]
        for index in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            parts[index] += 1
    return parts


def _in_units(total: Decimal, unit: Decimal, places: int) -> Decimal:
    if total < 0:
        raise ValueError(f"spread: the total {total} is negative; spread its opposite and turn the signs")
    units = total.scaleb(places)
    whole = units.to_integral_value()
    if whole != units:
        raise ValueError(f"spread: the total {total} is finer than {unit}; round it first")
    return whole


def _refuse_negative(weights: Sequence[Decimal]) -> None:
    if weights and min(weights) < 0:
        raise ValueError(f"spread: the weight {min(weights)} is negative; weights are zero or more")
