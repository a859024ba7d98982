"""Points for money at a price of their own: so many points, so much off, asked for at the till.

Like :mod:`loyalty.rules.redemption` it judges and writes nothing. Only points without terms of use are
exchanged: those with terms pay where their terms say and nowhere else. Of the programme's rules of spending
those hold that protect it (excluded goods, what must remain to be paid, points a day); the share of a
receipt and the steps do not, for the price is the exchange's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from loyalty.rules.basket import Line, Moment, Wallet, WalletLot
from loyalty.rules.redemption import Limit, Plan, consume, holder_limit, is_spendable
from loyalty.rules.rounding import floor_points, spread
from loyalty.rules.spending import SpendingRules

ZERO = Decimal(0)


def forbid(
    points: Decimal, amount: Decimal, to_pay: Decimal, moment: Moment, rules: SpendingRules, wallet: Wallet
) -> Limit | None:
    """The limit that forbids to spend exactly ``points`` for ``amount`` money off; None when it can be done.

    ``to_pay`` is what the whole receipt costs by now. The limits: ``not_allowed``, ``balance``, ``per_day``,
    ``holder_per_day``, ``leave``.
    """
    balance = floor_points(sum([lot.remaining for lot in _free(wallet, moment)], ZERO), rules.point_decimals)
    if not wallet.may_redeem:
        return Limit("not_allowed", ZERO, {})
    if balance < points:
        return Limit("balance", balance, {})
    if rules.max_points_per_day is not None:
        rest = rules.max_points_per_day - wallet.spent_today
        if rest < points:
            args = {"most": str(rules.max_points_per_day), "spent": str(wallet.spent_today)}
            return Limit("per_day", max(rest, ZERO), args)
    if wallet.allowance is not None and wallet.allowance.left < points:
        return holder_limit(wallet.allowance, rules.point_decimals)
    if to_pay - amount < rules.leave:
        return Limit("leave", ZERO, {"leave": str(rules.leave)})
    return None


def exchange(
    lines: Sequence[Line],
    amounts: Sequence[Decimal],
    amount: Decimal,
    points: Decimal,
    moment: Moment,
    rules: SpendingRules,
    wallet: Wallet,
) -> Plan:
    """Plan to spend exactly ``points`` for ``amount`` money off lines of which points may pay ``amounts``.

    ``amounts`` are zero or more, of no excluded goods, and come to ``amount`` at least; :func:`forbid` knows no
    limit. The money is spread over the lines by their amounts, the points by the money.
    """
    money = spread(amount, amounts, 2)
    shares = spread(points, money, rules.point_decimals)
    by_line = {
        line.position: (share, paid)
        for line, share, paid in zip(lines, shares, money, strict=True)
        if share or paid
    }
    uses = consume(_free(wallet, moment), points)
    return Plan(points, (), points=points, amount=amount, by_line=by_line, uses=uses)


def _free(wallet: Wallet, moment: Moment) -> list[WalletLot]:
    """The lots that can be spent now and have no terms of use."""
    return [lot for lot in wallet.lots if not lot.terms and is_spendable(lot, moment.in_programme)]


def after(wallet: Wallet, plan: Plan) -> Wallet:
    """What is left of a wallet once a plan is carried out."""
    spent = dict(plan.uses)
    lots = tuple(
        replace(lot, remaining=lot.remaining - spent[lot.id]) if lot.id in spent else lot
        for lot in wallet.lots
    )
    allowed = wallet.allowance
    if allowed is not None:
        allowed = allowed._replace(spent=allowed.spent + plan.points)
    return replace(wallet, lots=lots, spent_today=wallet.spent_today + plan.points, allowance=allowed)


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
