"""Judging a basket: discounts, then redemption, then points; and a reason for every campaign.

:func:`evaluate` is deterministic and asks nobody: the same basket, shopper, moment and rulebook give
the same outcome for ever. ``docs/algorithms/engine.md`` tells in prose what is decided in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter

from campaigns.engine.case import Case
from campaigns.engine.conclusion import conclude
from campaigns.engine.judgement import Judgement
from campaigns.engine.limits import period_keys
from campaigns.engine.machine import Machine
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.scopes import RECEIPT
from campaigns.engine.shopper import Shopper
from loyalty.basket import Basket, Line, Moment, Place, Settled
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
    discounts = [ZERO] * len(lines)  # no effect gives a discount yet
    costs = [line.amount for line in lines]
    redemption = _redeem(basket, shopper, moment, machine, lines, costs)
    if redemption.by_line and not machine.earn_before:
        paid = redemption.by_line
        reckoned = [cost - paid[line.position][1] if line.position in paid else cost
                    for line, cost in zip(lines, costs, strict=True)]  # fmt: skip
    else:
        reckoned = costs
    case = Case(
        basket,
        shopper,
        moment,
        lines,
        [max(to_cents(amount), 0) for amount in reckoned],
        machine.scopes.match(lines),
        period_keys(moment.in_programme),
    )
    judgement = Judgement(machine, case)
    judgement.give(machine.givers)
    if machine.boosters:
        judgement.boost()
    return conclude(judgement, discounts, redemption)


def evaluate_event(
    event: str, shopper: Shopper, moment: Moment, rulebook: Rulebook, place: Place = NOWHERE
) -> Outcome:
    """Decide what an event of a member gives: the campaigns that reward it, and none of the others.

    The outcome has no lines; everything is earned "for the receipt as a whole".
    """
    machine = rulebook.machine
    basket = Basket(place, ())
    scopes: list[list[int]] = [[] for _ in machine.scopes.match([])]
    scopes[RECEIPT] = [0]  # there is nothing to choose lines from
    case = Case(basket, shopper, moment, [], [], scopes, period_keys(moment.in_programme))
    judgement = Judgement(machine, case)
    judgement.give(machine.listeners.get(event, ()))
    return conclude(judgement, [], _NO_PLAN)


def _redeem(
    basket: Basket,
    shopper: Shopper,
    moment: Moment,
    machine: Machine,
    lines: Sequence[Line],
    costs: Sequence[Decimal],
) -> Plan:
    """What points pay: as settled before, or as much of what is wanted as the programme's rules allow."""
    if isinstance(basket.redeem, Settled):
        return _settle(basket.redeem)
    if shopper.wallet is None:
        return _NO_PLAN
    return plan(lines, basket.place, moment, machine.rules, shopper.wallet, basket.redeem, amounts=costs)


def _settle(settled: Settled) -> Plan:
    """The plan of what was spent already: nothing is judged again."""
    points = sum((points for points, _ in settled.by_line.values()), ZERO)
    amount = sum((amount for _, amount in settled.by_line.values()), ZERO)
    return Plan(points, (), points=points, amount=amount, by_line=settled.by_line)
