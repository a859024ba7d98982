"""How many points a member may send to another, and what it costs: the programme's bounds, without tables or clock.

The prose is in ``docs/algorithms/transfers.md``. The database holds the limits of a day and a month as well
(``Remittance``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from loyalty.rules import rounding
from loyalty.rules.rounding import Rounding

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Terms(NamedTuple):
    """What a programme asks of points that are sent: bounds in points, None where there is none, and the fee."""

    least: Decimal
    most: Decimal | None = None
    most_day: Decimal | None = None
    most_month: Decimal | None = None
    fee_percent: Decimal = ZERO
    fee_points: Decimal = ZERO
    places: int = 2
    rule: Rounding = Rounding.HALF_UP


class Bound(NamedTuple):
    """A bound of what can be sent now: which, and the most points that it leaves."""

    code: str
    points: Decimal


class Sent(NamedTuple):
    """Points that the account sent already, today and this month."""

    today: Decimal = ZERO
    month: Decimal = ZERO


def fee(points: Decimal, terms: Terms) -> Decimal:
    """What sending so many points costs on top, in points, rounded by the programme's rule."""
    share = rounding.round_points(points * terms.fee_percent / HUNDRED, terms.places, terms.rule)
    return share + rounding.floor_points(terms.fee_points, terms.places)


def bounds(spendable: Decimal, sent: Sent, terms: Terms) -> list[Bound]:
    """Every bound that there is, the tightest first; of equal ones the account's own before the programme's."""
    limits = [
        Bound("balance", affordable(spendable, terms)),
        Bound("at_once", terms.most) if terms.most is not None else None,
        Bound("day", max(ZERO, terms.most_day - sent.today)) if terms.most_day is not None else None,
        Bound("month", max(ZERO, terms.most_month - sent.month)) if terms.most_month is not None else None,
    ]
    return sorted((limit for limit in limits if limit is not None), key=lambda limit: limit.points)


def affordable(spendable: Decimal, terms: Terms) -> Decimal:
    """The most points that can be sent so that they and the fee are there."""
    unit = Decimal(1).scaleb(-terms.places)
    left = max(ZERO, spendable - rounding.floor_points(terms.fee_points, terms.places))
    points = rounding.floor_points(left * HUNDRED / (HUNDRED + terms.fee_percent), terms.places)
    # rounding the fee moves it by one unit at most, so these take a step or two
    while points > 0 and points + fee(points, terms) > spendable:
        points -= unit
    while points + unit + fee(points + unit, terms) <= spendable:
        points += unit
    return points
