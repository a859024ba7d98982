"""Judging a basket: discounts, then redemption, then points; and a reason for every campaign.

:func:`evaluate` is deterministic and asks nobody: the same basket, shopper, moment and rulebook give
the same outcome for ever. ``docs/algorithms/engine.md`` tells in prose what is decided in which order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from campaigns.engine.case import Case
from campaigns.engine.conclusion import conclude
from campaigns.engine.division import Spent
from campaigns.engine.heaps import Heaps, join
from campaigns.engine.judgement import Judgement
from campaigns.engine.limits import period_keys
from campaigns.engine.machine import Machine
from campaigns.engine.outcome import EDITION, Outcome
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import Shopper
from campaigns.engine.trades import Trades, stand
from loyalty.rules.basket import Basket, Line, Moment, Place, Settled
from loyalty.rules.exchange import together
from loyalty.rules.redemption import Limit, Plan, plan
from loyalty.rules.rounding import to_cents

_POSITION = attrgetter("position")
ZERO = Decimal("0.00")
#: From this edition on equal pieces are one heap, and what is taken by the piece is remembered by the piece.
BY_PIECE = 2
NOWHERE = Place(partner="", store="", channel="")
_NO_PLAN = Plan(ZERO, (Limit("balance", ZERO, {}),))


def evaluate(
    basket: Basket, shopper: Shopper, moment: Moment, rulebook: Rulebook, edition: int = EDITION
) -> Outcome:
    """Decide what a basket gives and takes, and say why.

    The order of lines and of campaigns does not matter, nor whether equal pieces stand on one line or on several. An
    anonymous shopper gets no points, but learns from ``declined`` (``no_member``) how many a member would have got.
    ``edition`` is that of a basket that was judged before: what remains of it is judged as it was then.
    """
    machine = rulebook.machine
    lines = sorted(basket.lines, key=_POSITION)
    if basket.stood:
        lines.sort(key=lambda line: basket.stood.get(line.position, line.position))
    heaps = join(lines) if edition >= BY_PIECE else Heaps(lines, None)
    settled = _settled(basket.redeem, heaps)
    case = Case(
        basket,
        shopper,
        moment,
        heaps.lines,
        [max(to_cents(line.amount), 0) for line in heaps.lines],
        machine.scopes.match(heaps.lines),
        period_keys(moment.in_programme),
        by_piece=edition >= BY_PIECE,
    )
    judgement = Judgement(machine, case, _paid(settled, heaps.lines))
    if machine.discounters:
        judgement.cheapen()
    discounts, costs = _take_off(judgement)
    trades = None
    if machine.traders and settled is not None:
        stand(judgement, machine.traders)
    elif machine.traders:
        trades = Trades(judgement, costs, shopper.wallet)
        trades.make(machine.traders)
    if settled is not None:
        redemption = _settle(settled)
    else:
        redemption = _redeem(basket, shopper, moment, machine, heaps.lines, costs, trades)
    _go_on(judgement, machine, redemption)
    if machine.promisers:
        judgement.keep_promises()
    judgement.give(machine.givers)
    if machine.boosters:
        judgement.boost()
    made = tuple(trades.made) if trades else ()
    outcome = conclude(judgement, Spent(heaps.members, discounts, redemption, basket.redeem), made, edition)
    return replace(outcome, lines=tuple(sorted(outcome.lines, key=_POSITION))) if basket.stood else outcome


def _settled(redeem: object, heaps: Heaps) -> Settled | None:
    """What was settled before, by heap."""
    return Settled(heaps.gather(redeem.by_line)) if isinstance(redeem, Settled) else None


def _paid(settled: Settled | None, heaps: Sequence[Line]) -> dict[int, int] | None:
    """What points paid of each heap (its index), in cents, where that is settled."""
    if settled is None:
        return None
    paid = settled.by_line
    return {
        index: to_cents(paid[line.position][1]) for index, line in enumerate(heaps) if line.position in paid
    }


def _take_off(judgement: Judgement) -> tuple[list[Decimal], list[Decimal]]:
    """The discount of every heap, and what is left to pay of it."""
    case, left = judgement.case, judgement.cuts.left
    if not judgement.cuts.campaigns:
        return [ZERO] * len(case.heaps), [line.amount for line in case.heaps]
    if case.heap_of is None:
        cuts = [was - now for was, now in zip(case.earning, left, strict=True)]
    else:
        cuts = [0] * len(case.heaps)
        for heap, was, now in zip(case.heap_of, case.earning, left, strict=True):
            cuts[heap] += was - now
    discounts = list(map(judgement.machine.money.__getitem__, cuts))
    return discounts, [
        line.amount - off if off else line.amount for line, off in zip(case.heaps, discounts, strict=True)
    ]


def _go_on(judgement: Judgement, machine: Machine, redemption: Plan) -> None:
    """Go on with what campaigns reckon points on: what is left to pay, before or after points."""
    case, paid, left = judgement.case, redemption.by_line, judgement.cuts.left
    case.pays_with_points = bool(redemption.points)
    if case.heap_of is not None:
        judgement.sheet.fit()
    if paid and not machine.earn_before:
        cents = [to_cents(paid[line.position][1]) if line.position in paid else 0 for line in case.heaps]
        left = list(map(_above, left, case.over_items(cents, left)))
    elif not case.discounted:
        return
    case.reckon(left)


def _above(cents: int, paid: int) -> int:
    return max(cents - paid, 0)


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
    return conclude(judgement, Spent(None, [], _NO_PLAN, None))


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
    """What points pay: as much of what is wanted as the programme's rules allow.

    What was exchanged comes first; what is left of the points may pay what is left of the lines.
    """
    assert not isinstance(basket.redeem, Settled)
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
