"""Points for money at a price of their own: so many points, so much off, asked for at the till.

Like :mod:`loyalty.redemption` it judges and writes nothing. Only points without terms of use are
exchanged: those with terms pay where their terms say and nowhere else. Of the programme's rules of spending
those hold that protect it (excluded goods, what must remain to be paid, points a day); the share of a
receipt and the steps do not, for the price is the exchange's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from loyalty.basket import Line, Moment, Wallet
from loyalty.redemption import Limit, Plan, consume, is_spendable
from loyalty.rounding import floor_points, spread
from loyalty.spending import SpendingRules

ZERO = Decimal(0)


def payable(lines: Sequence[Line], amounts: Sequence[Decimal], rules: SpendingRules) -> list[Decimal]:
    """What points may pay of lines that cost ``amounts``: nothing of excluded goods and of what is taken back."""
    excluded = rules.excluded
    return [
        ZERO if cost < 0 or (excluded is not None and excluded.match(line)) else cost
        for line, cost in zip(lines, amounts, strict=True)
    ]


def exchange(
    lines: Sequence[Line],
    amounts: Sequence[Decimal],
    points: Decimal,
    amount: Decimal,
    to_pay: Decimal,
    moment: Moment,
    rules: SpendingRules,
    wallet: Wallet,
) -> Plan | Limit:
    """Plan to spend exactly ``points`` for ``amount`` money off lines of which points may pay ``amounts``.

    ``amounts`` are those of :func:`payable` and come to ``amount`` at least; ``to_pay`` is what the whole
    receipt costs by now. The money is spread over the lines by their amounts, the points by the money.
    Otherwise the limit that forbids it: ``not_allowed``, ``balance``, ``per_day``, ``leave``.
    """
    lots = [lot for lot in wallet.lots if not lot.terms and is_spendable(lot, moment.in_programme)]
    balance = floor_points(sum([lot.remaining for lot in lots], ZERO), rules.point_decimals)
    if not wallet.may_redeem:
        return Limit("not_allowed", ZERO, {})
    if balance < points:
        return Limit("balance", balance, {})
    if rules.max_points_per_day is not None:
        rest = rules.max_points_per_day - wallet.spent_today
        if rest < points:
            args = {"most": str(rules.max_points_per_day), "spent": str(wallet.spent_today)}
            return Limit("per_day", max(rest, ZERO), args)
    if to_pay - amount < rules.leave:
        return Limit("leave", ZERO, {"leave": str(rules.leave)})
    money = spread(amount, amounts, 2)
    shares = spread(points, money, rules.point_decimals)
    by_line = {
        line.position: (share, paid)
        for line, share, paid in zip(lines, shares, money, strict=True)
        if share or paid
    }
    return Plan(points, (), points=points, amount=amount, by_line=by_line, uses=consume(lots, points))


def after(wallet: Wallet, plan: Plan) -> Wallet:
    """What is left of a wallet once a plan is carried out."""
    spent = dict(plan.uses)
    lots = tuple(
        replace(lot, remaining=lot.remaining - spent[lot.id]) if lot.id in spent else lot
        for lot in wallet.lots
    )
    return replace(wallet, lots=lots, spent_today=wallet.spent_today + plan.points)


def together(first: Plan, rest: Plan) -> Plan:
    """Two plans on the same lines as one; maximum and limits are those of the second."""
    by_line: dict[int, tuple[Decimal, Decimal]] = dict(first.by_line)
    for position, (points, amount) in rest.by_line.items():
        before = by_line.get(position, (ZERO, ZERO))
        by_line[position] = (before[0] + points, before[1] + amount)
    uses: dict[str, Decimal] = {}
    for lot, points in (*first.uses, *rest.uses):
        uses[lot] = uses.get(lot, ZERO) + points
    return replace(
        rest,
        points=first.points + rest.points,
        amount=first.amount + rest.amount,
        by_line=by_line,
        uses=tuple(uses.items()),
    )


def amounts_left(lines: Sequence[Line], amounts: Sequence[Decimal], plan: Plan) -> list[Decimal]:
    """What lines still cost once a plan paid its part."""
    paid: Mapping[int, tuple[Decimal, Decimal]] = plan.by_line
    return [
        cost - paid[line.position][1] if line.position in paid else cost
        for line, cost in zip(lines, amounts, strict=True)
    ]
