"""Judging a basket: discounts, then redemption, then points; and a reason for every campaign.

:func:`evaluate` is deterministic and asks nobody: the same basket, shopper, moment and rulebook give
the same outcome for ever. ``docs/algorithms/engine.md`` tells in prose what is decided in which order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

from campaigns.engine.case import Case
from campaigns.engine.conclusion import conclude
from campaigns.engine.judgement import Judgement
from campaigns.engine.limits import period_keys
from campaigns.engine.machine import Machine
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import Shopper
from campaigns.engine.trades import Trades, stand
from loyalty.basket import Basket, Line, Moment, Place, Settled
from loyalty.exchange import together
from loyalty.redemption import Limit, Plan, plan
from loyalty.rounding import to_cents

_POSITION = attrgetter("position")
ZERO = Decimal("0.00")
NOWHERE = Place(partner="", store="", channel="")
_NO_PLAN = Plan(ZERO, (Limit("balance", ZERO, {}),))


def evaluate(basket: Basket, shopper: Shopper, moment: Moment, rulebook: Rulebook) -> Outcome:
    """Decide what a basket gives and takes, and say why.

    The order of lines and of campaigns does not matter. An anonymous shopper gets no points, but
    learns from ``declined`` (``no_member``) how many a member would have got.
    """
    machine = rulebook.machine
    lines = sorted(basket.lines, key=_POSITION)
    case = Case(
        basket,
        shopper,
        moment,
        lines,
        [max(to_cents(line.amount), 0) for line in lines],
        machine.scopes.match(lines),
        period_keys(moment.in_programme),
    )
    judgement = Judgement(machine, case)
    if machine.discounters:
        judgement.cheapen()
    discounts, costs = _take_off(judgement, lines)
    trades = None
    if machine.traders and isinstance(basket.redeem, Settled):
        stand(judgement, machine.traders)
    elif machine.traders:
        trades = Trades(judgement, costs, shopper.wallet)
        trades.make(machine.traders)
    redemption = _redeem(basket, shopper, moment, machine, lines, costs, trades)
    _go_on(judgement, machine, redemption)
    if machine.promisers:
        judgement.keep_promises()
    judgement.give(machine.givers)
    if machine.boosters:
        judgement.boost()
    return conclude(judgement, discounts, redemption, tuple(trades.made) if trades else ())


def _take_off(judgement: Judgement, lines: Sequence[Line]) -> tuple[list[Decimal], list[Decimal]]:
    """The discount of every line, and what is left to pay."""
    if not judgement.cuts.campaigns:
        return [ZERO] * len(lines), [line.amount for line in lines]
    cuts = [was - left for was, left in zip(judgement.case.earning, judgement.cuts.left, strict=True)]
    discounts = list(map(judgement.machine.money.__getitem__, cuts))
    return discounts, [
        line.amount - off if off else line.amount for line, off in zip(lines, discounts, strict=True)
    ]


def _go_on(judgement: Judgement, machine: Machine, redemption: Plan) -> None:
    """Go on with what campaigns reckon points on: what is left to pay, before or after points."""
    case, paid, left = judgement.case, redemption.by_line, judgement.cuts.left
    case.pays_with_points = bool(redemption.points)
    if paid and not machine.earn_before:
        left = [max(cents - to_cents(paid[line.position][1]), 0) if line.position in paid else cents
                for line, cents in zip(case.lines, left, strict=True)]  # fmt: skip
    elif not case.discounted:
        return
    case.reckon(left)


def evaluate_event(
    event: str,
    shopper: Shopper,
    moment: Moment,
    rulebook: Rulebook,
    place: Place = NOWHERE,
    data: Mapping[str, Any] | None = None,
    cashier: str = "",
) -> Outcome:
    """Decide what an event of a member gives: the campaigns that reward it, and none of the others.

    ``data`` is what came with the event; its ``amount``, money, is what percents are reckoned on.
    ``cashier`` is who was there: a registration at the till may be rewarded. The outcome has no lines;
    everything is earned "for the receipt as a whole".
    """
    machine = rulebook.machine
    basket = Basket(place, (), cashier=cashier)
    scopes = machine.scopes.match([])
    case = Case(basket, shopper, moment, [], [], scopes, period_keys(moment.in_programme), data or {})
    case.receipt = amount_of(case.data)
    judgement = Judgement(machine, case)
    judgement.give(machine.listeners.get(event, ()))
    return conclude(judgement, [], _NO_PLAN)


def amount_of(data: Mapping[str, Any]) -> int:
    """The amount that an event brings, in whole cents; zero when it brings none."""
    amount = data.get("amount", 0)
    try:
        cents = 0 if isinstance(amount, bool) else int(Decimal(str(amount)) * 100)
    except (ArithmeticError, ValueError):
        return 0
    return max(cents, 0)


def _redeem(
    basket: Basket,
    shopper: Shopper,
    moment: Moment,
    machine: Machine,
    lines: Sequence[Line],
    costs: Sequence[Decimal],
    trades: Trades | None,
) -> Plan:
    """What points pay: as settled before, or as much of what is wanted as the programme's rules allow.

    What was exchanged comes first; what is left of the points may pay what is left of the lines.
    """
    if isinstance(basket.redeem, Settled):
        return _settle(basket.redeem)
    if shopper.wallet is None:
        return _NO_PLAN
    if trades is None or not trades.made:
        return plan(lines, basket.place, moment, machine.rules, shopper.wallet, basket.redeem, amounts=costs)
    wallet = trades.wallet or shopper.wallet
    rest = plan(lines, basket.place, moment, machine.rules, wallet, basket.redeem, amounts=trades.costs)
    return together(trades.plan, rest)


def _settle(settled: Settled) -> Plan:
    """The plan of what was spent already: nothing is judged again."""
    points = sum((points for points, _ in settled.by_line.values()), ZERO)
    amount = sum((amount for _, amount in settled.by_line.values()), ZERO)
    return Plan(points, (), points=points, amount=amount, by_line=settled.by_line)
