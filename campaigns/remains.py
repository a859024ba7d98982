"""What remains of a basket when something of it comes back: a part of each line, and of what paid for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from campaigns import record
from campaigns.engine.rulebook import Terms
from loyalty.basket import Basket, Settled
from loyalty.rounding import Rounding, round_money, round_points

_NONE = (Decimal(0), Decimal(0))


def of(basket: Basket, gone: Mapping[int, Decimal], terms: Terms) -> Basket:
    """What remains of a purchase of which so many pieces by position are ``gone``.

    A line keeps its share of the amount, and of the points and money that were settled on it.
    """
    places, rule = terms.point_decimals, Rounding(terms.rounding)
    paid = basket.redeem.by_line if isinstance(basket.redeem, Settled) else {}
    lines, spent = [], {}
    for line in basket.lines:
        back = gone.get(line.position, Decimal(0))
        if line.quantity <= back:
            continue
        share = (line.quantity - back) / line.quantity
        quantity, amount = line.quantity - back, round_money(line.amount * share)
        lines.append(replace(line, quantity=quantity, amount=amount))
        points, money = paid.get(line.position, _NONE)
        spent[line.position] = (round_points(points * share, places, rule), round_money(money * share))
    return replace(basket, lines=tuple(lines), redeem=record.settled(spent))
