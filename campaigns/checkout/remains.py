"""What remains of a basket when something of it comes back: a part of each line, and of what paid for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from campaigns.checkout import record
from campaigns.engine import heaps
from campaigns.engine.outcome import EDITION
from campaigns.engine.rulebook import Terms
from loyalty.rules.basket import Basket, Line, Settled
from loyalty.rules.rounding import Rounding, round_money, round_points, spread

#: From this edition on what paid for equal pieces is theirs together, whichever of their lines it was settled on.
TOGETHER = 3
_ZERO = Decimal(0)
_NONE = (_ZERO, _ZERO)


def of(basket: Basket, gone: Mapping[int, Decimal], terms: Terms, edition: int = EDITION) -> Basket:
    """What remains of a purchase of which so many pieces by position are ``gone``.

    A line keeps its share of the amount, and of the points and money that were settled on it; of lines that hold equal
    pieces these are shared out together, so that it does not matter on which of them the rest stands. ``edition`` is
    that of the engine that judged the purchase. A return puts in what it has locked, a backtest what it reads in bulk:
    ``tests/campaigns/backtest/test_backtest.py`` holds them together.
    """
    paid = basket.redeem.by_line if isinstance(basket.redeem, Settled) else {}
    left = {
        line.position: _cut(line, quantity)
        for line in basket.lines
        if (quantity := line.quantity - gone.get(line.position, _ZERO)) > 0
    }
    spent: dict[int, tuple[Decimal, Decimal]] = {}
    stood: dict[int, int] = {}
    for heap in _heaps(basket.lines, edition):
        rest = [left[line.position] for line in heap if line.position in left]
        spent |= _share(heap, rest, paid, terms)
        first = heap[0].position
        stood |= {line.position: first for line in rest if first not in left}
    return replace(basket, lines=tuple(left.values()), redeem=record.settled(spent), stood=stood)


def _cut(line: Line, rest: Decimal) -> Line:
    return replace(line, quantity=rest, amount=round_money(line.amount * (rest / line.quantity)))


def _heaps(lines: Sequence[Line], edition: int) -> Iterable[Sequence[Line]]:
    members = (
        heaps.join(sorted(lines, key=lambda line: line.position)).members if edition >= TOGETHER else None
    )
    return [[line] for line in lines] if members is None else members


def _share(
    heap: Sequence[Line], left: Sequence[Line], paid: Mapping[int, tuple[Decimal, Decimal]], terms: Terms
) -> dict[int, tuple[Decimal, Decimal]]:
    """What still pays the lines ``left`` of a heap: its share of the points and money by pieces, spread by amounts."""
    if not left or not paid:
        return {}
    places, rule = terms.point_decimals, Rounding(terms.rounding)
    share = sum([line.quantity for line in left], _ZERO) / sum([line.quantity for line in heap], _ZERO)
    settled = [paid.get(line.position, _NONE) for line in heap]
    points = round_points(sum([one for one, _ in settled], _ZERO) * share, places, rule)
    money = round_money(sum([one for _, one in settled], _ZERO) * share)
    if len(left) == 1:
        return {left[0].position: (points, money)}
    amounts = [line.amount for line in left]
    parts = spread(money, amounts, 2)
    shares = parts if places == 2 and points == money else spread(points, amounts, places)
    return {line.position: pair for line, pair in zip(left, zip(shares, parts, strict=True), strict=True)}
