"""What heaps came to, divided over the lines of the receipt: sums are the heaps', lines get their share of them.

The items of a heap are laid along its lines, in their order, by what they cost as they came. What an item was
given is spread over its stretch of each line, by what is left of that. Everything adds up to the heap's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import cents_text, plain
from campaigns.engine.judgement import Judgement
from campaigns.engine.outcome import ZERO, Because, LineOutcome
from loyalty.rules.basket import Line, Settled
from loyalty.rules.redemption import Plan
from loyalty.rules.rounding import from_cents, round_ratio, spread, spread_units, to_cents

_NOTHING = (ZERO, ZERO)
#: Arguments of a reason that are a line's own.
_OWN = ("taken", "worth", "part")


class Spent(NamedTuple):
    """What was decided of money before points were given: discount and redemption by heap.

    ``members`` are the lines of each heap (None: each is one line), ``wanted`` what was asked for: where it was
    settled, it stays on the lines on which it was.
    """

    members: list[list[Line]] | None
    discounts: Sequence[Decimal]
    redemption: Plan
    wanted: object


class Stretch:
    """A part of an item that lies on one line: its pieces, what is left of it in cents, and what it was given.

    ``earning`` is what it comes to where points are reckoned. ``given`` are reasons, with what each was reckoned on.
    """

    __slots__ = ("earning", "given", "item", "left", "line", "pieces")

    def __init__(self, item: int, line: int, left: int, pieces: Decimal) -> None:
        self.item = item
        self.line = line
        self.left = left
        self.earning = 0
        self.pieces = pieces
        self.given: list[tuple[Because, int]] = []


def divide(judgement: Judgement, spent: Spent) -> tuple[list[LineOutcome], Plan]:
    """The outcome of every line, in the order of their positions, and the redemption by their positions."""
    case, members = judgement.case, spent.members
    items: dict[int, list[int]] = {}
    if case.heap_of is not None:
        for index in case.scopes[0]:
            items.setdefault(case.heap_of[index], []).append(index)
    outcomes: list[LineOutcome] = []
    for heap, line in enumerate(case.heaps):
        lines = [line] if members is None else members[heap]
        mine = items[heap] if items else [heap]
        if len(lines) == len(mine) == 1:
            outcomes.append(_whole(judgement, spent, heap))
        else:
            outcomes += _Heap(judgement, spent, lines, mine).lines()
    if members is None:
        return outcomes, spent.redemption
    outcomes.sort(key=lambda line: line.position)
    by_line = {
        line.position: (line.redeemed_points, line.redeemed_amount)
        for line in outcomes
        if line.redeemed_points or line.redeemed_amount
    }
    return outcomes, replace(spent.redemption, by_line=by_line)


def _whole(judgement: Judgement, spent: Spent, heap: int) -> LineOutcome:
    """The outcome of a heap that is one line and one item."""
    line, discount, sheet = judgement.case.heaps[heap], spent.discounts[heap], judgement.sheet
    points, amount = spent.redemption.by_line.get(line.position, _NOTHING)
    because = (*judgement.cuts.because[heap], *sheet.because[heap])
    to_pay = line.amount - discount - amount
    earned = judgement.machine.points[sheet.units[heap]]
    return LineOutcome(line.position, line.amount, discount, points, amount, to_pay, earned, because)


class _Heap:
    """One heap: its lines, and the items that its pieces became."""

    def __init__(self, judgement: Judgement, spent: Spent, lines: list[Line], items: list[int]) -> None:
        self.judgement = judgement
        self.spent = spent
        self.members = lines
        self.costs = [max(to_cents(line.amount), 0) for line in lines]
        self.items = items
        settled = spent.wanted.by_line if isinstance(spent.wanted, Settled) else {}
        self.settled = [settled.get(line.position, _NOTHING) for line in lines]
        self.stretches = list(self._lay())

    def lines(self) -> Iterator[LineOutcome]:
        """What happens to each line."""
        self._cut()
        if any(to_cents(paid[1]) > max(self._left(line), 0) for line, paid in enumerate(self.settled)):
            self._cut_around()
        paid = self._redeem()
        self._reckon(paid)
        self._give()
        for number, (line, (points, amount)) in enumerate(zip(self.members, paid, strict=True)):
            because = tuple(_merged(self._on(number)))
            discount = sum([one.discount for one in because], ZERO)
            earned = sum([one.points for one in because], self.judgement.machine.points[0])
            to_pay = line.amount - discount - amount
            yield LineOutcome(line.position, line.amount, discount, points, amount, to_pay, earned, because)

    def _on(self, line: int) -> list[Stretch]:
        return [one for one in self.stretches if one.line == line]

    def _left(self, line: int) -> int:
        return sum([one.left for one in self._on(line)])

    def _lay(self) -> Iterator[Stretch]:
        """Lay the items along the lines: every stretch is as long as it cost, in cents, as it came."""
        cuts, case = self.judgement.cuts, self.judgement.case
        if not any(self.costs):
            for line, one in enumerate(self.members):
                yield Stretch(self.items[0], line, 0, one.quantity)
            return
        line, room = 0, self.costs[0]
        for index in self.items:
            came = rest = cuts.left[index] + sum([to_cents(one.discount) for one in cuts.because[index]])
            quantity = case.lines[index].quantity
            while True:
                if not room and rest and line + 1 < len(self.costs):
                    line, room = line + 1, self.costs[line + 1]
                part = min(rest, room)
                whole = part == came
                pieces = quantity if whole else Decimal(round_ratio(int(quantity) * part, came))
                yield Stretch(index, line, part, pieces)
                rest, room = rest - part, room - part
                if not rest:
                    break

    def _cut(self) -> None:
        """Give every stretch its part of what was taken off its item."""
        for index in self.items:
            mine = [one for one in self.stretches if one.item == index]
            for because in self.judgement.cuts.because[index]:
                self._take(because, mine, [one.left for one in mine])

    def _cut_around(self) -> None:
        """The same, where it would take a line below what points paid of it: out of what they left of each line."""
        self.stretches = [
            Stretch(self.items[0], number, cost, line.quantity)
            for number, (cost, line) in enumerate(zip(self.costs, self.members, strict=True))
        ]
        paid = [to_cents(amount) for _, amount in self.settled]
        for because in [one for index in self.items for one in self.judgement.cuts.because[index]]:
            free = [max(one.left - off, 0) for one, off in zip(self.stretches, paid, strict=True)]
            self._take(because, self.stretches, free)

    def _take(self, because: Because, stretches: Sequence[Stretch], weights: Sequence[int]) -> None:
        parts = spread_units(to_cents(because.discount), weights, sum(weights))
        for stretch, part in zip(stretches, parts, strict=True):
            if part:
                args = because.args
                if "taken" in args:
                    args = {**args, "taken": plain(stretch.pieces), "worth": cents_text(stretch.left)}
                portion = because._replace(discount=from_cents(part), args=args)
                stretch.given.append((portion, stretch.left))
                stretch.left -= part

    def _redeem(self) -> list[tuple[Decimal, Decimal]]:
        """Points and money that pay each line: where they were settled, or by what is left of the lines."""
        plan = self.spent.redemption
        if isinstance(self.spent.wanted, Settled):
            return self.settled
        points, amount = plan.by_line.get(self.members[0].position, _NOTHING)
        if not amount:
            return [(points, amount), *[_NOTHING] * (len(self.members) - 1)]
        left = [from_cents(self._left(number)) for number in range(len(self.members))]
        money = spread(amount, left, 2)
        places = self.judgement.machine.unit.places
        shares = money if places == 2 and points == amount else spread(points, money, places)
        return list(zip(shares, money, strict=True))

    def _reckon(self, paid: Sequence[tuple[Decimal, Decimal]]) -> None:
        """Reckon what each stretch comes to where points are given."""
        for number, (_, amount) in enumerate(paid):
            mine = self._on(number)
            left = [one.left for one in mine]
            whole = sum(left)
            off = 0 if self.judgement.machine.earn_before else min(to_cents(amount), whole)
            parts = spread_units(off, left, whole) if off else [0] * len(mine)
            for stretch, part in zip(mine, parts, strict=True):
                stretch.earning = stretch.left - part

    def _give(self) -> None:
        """Give every stretch its part of the points of its item."""
        points, places = self.judgement.machine.points, self.judgement.machine.unit.places
        for index in self.items:
            mine = [one for one in self.stretches if one.item == index] or self.stretches
            weights = [one.earning for one in mine]
            if not any(weights):
                weights = [max(int(one.pieces), 0) for one in mine]
            for because in self.judgement.sheet.because[index]:
                units = int(because.points.scaleb(places))
                parts = spread_units(units, weights, sum(weights))
                for stretch, part in zip(mine, parts, strict=True):
                    if part:
                        stretch.given.append((because._replace(points=points[part]), stretch.earning))


def _merged(stretches: Sequence[Stretch]) -> Iterator[Because]:
    """The reasons of one line, each effect once; with what it was reckoned on, where that may be a part of the line."""
    merged: dict[Any, tuple[Because, int]] = {}
    for because, basis in [given for stretch in stretches for given in stretch.given]:
        args = because.args
        key: Any = id(args)
        if "taken" in args:
            key = (because.campaign_id, because.code, *[v for k, v in args.items() if k not in _OWN])
        if key in merged:
            before, more = merged[key]
            because, basis = _together(before, because), basis + more
        merged[key] = because, basis
    for because, basis in merged.values():
        if len(stretches) > 1 and "taken" not in because.args and because.code != "multiplier":
            because = because._replace(args={**because.args, "part": cents_text(basis)})
        yield because


def _together(one: Because, other: Because) -> Because:
    """Two reasons of the same effect as one."""
    args = one.args
    if "taken" in args:
        pieces = Decimal(args["taken"]) + Decimal(other.args["taken"])
        worth = Decimal(args["worth"]) + Decimal(other.args["worth"])
        args = {**args, "taken": plain(pieces), "worth": str(worth)}
    return one._replace(args=args, points=one.points + other.points, discount=one.discount + other.discount)
