"""How many points may be spent on a basket, from which lots, and what they pay on each line.

:func:`plan` judges; it writes nothing and asks no clock. ``docs/algorithms/redemption.md`` tells the
algorithm in prose, with an example, and why it is right. The rules come from :mod:`loyalty.rules.spending`, the
terms of lots from :mod:`loyalty.rules.terms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal, NamedTuple

from loyalty.rules.basket import Allowance, Line, Moment, Place, Wallet, WalletLot
from loyalty.rules.pools import FIRST, LAST, Pools
from loyalty.rules.rounding import floor_points, points_within, spread, worth
from loyalty.rules.spending import SpendingRules

ZERO = Decimal(0)


class Limit(NamedTuple):
    """One limit on spending: the most points it allows on this basket. ``args`` can be stored as JSON.

    Codes: ``not_allowed`` (the holder has no right to spend), ``balance``, ``max_share``, ``leave``,
    ``min_receipt``, ``excluded``, ``per_day``, ``holder_per_day``, ``lot_terms``, ``step``, ``min_points``.
    """

    code: str
    max: Decimal
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What spending points on a basket would do. It can always be carried out as it stands.

    ``max`` is the most points that could be spent, ``least`` the fewest that one redemption may be,
    ``limits`` every limit that applied. ``points`` are what is spent of what was wanted, ``amount`` the
    money they pay. ``by_line`` maps positions to (points, amount) that add up to both; lines that nothing
    is spent on are left out. ``uses`` are (lot id, points) in the order in which lots are consumed.
    """

    max: Decimal
    limits: tuple[Limit, ...]
    least: Decimal = ZERO
    points: Decimal = ZERO
    amount: Decimal = ZERO
    by_line: Mapping[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    uses: tuple[tuple[str, Decimal], ...] = ()

    @property
    def binding(self) -> tuple[Limit, ...]:
        """The limits that keep the maximum from being higher."""
        return tuple(limit for limit in self.limits if limit.max <= self.max)


def plan(
    lines: Sequence[Line],
    place: Place,
    moment: Moment,
    rules: SpendingRules,
    wallet: Wallet,
    want: Decimal | Literal["max"],
    *,
    amounts: Sequence[Decimal] | None = None,
) -> Plan:
    """Plan the spending of ``want`` points on a basket.

    ``amounts`` are what the lines cost after discounts, in their order; without them their ``amount``
    counts. More than the maximum is cut down to it, a multiple of the step is kept to, and less than the
    least is nothing: whoever must refuse compares ``points`` with what was wanted.
    """
    costs = [line.amount for line in lines] if amounts is None else list(amounts)
    total = sum(costs, ZERO)
    payable = [ZERO if cost < 0 else cost for cost in costs]
    if rules.excluded is not None:
        excluded = rules.excluded
        payable = [ZERO if excluded.match(line) else cost for line, cost in zip(lines, payable, strict=True)]
    now = moment.in_programme
    lots = [lot for lot in wallet.lots if is_spendable(lot, now)]
    limits = _find_limits(rules, wallet, lots, total, payable)
    pools = None
    if any(lot.terms for lot in lots):
        pools = Pools(lines, payable, total, place, moment, rules, lots)
        if (allowed := pools.allow()) < limits[0].max:
            limits.append(Limit("lot_terms", allowed, _explain(pools)))
    most = min([limit.max for limit in limits])
    if pools is not None:
        most = min(most, pools.most)
    if rules.step is not None and most:
        most = floor_points(most, rules.point_decimals, rules.step)
        way_out = {} if most or pools is not None else _find_way_out(rules, limits, rules.step)
        limits.append(Limit("step", most, {"step": str(rules.step), **way_out}))
    if ZERO < most < rules.least:
        most = floor_points(ZERO, rules.point_decimals)
        way_out = {} if pools is not None else _find_way_out(rules, limits, rules.least)
        limits.append(Limit("min_points", most, {"least": str(rules.least), **way_out}))
    points = most if want == "max" else floor_points(min(want, most), rules.point_decimals, rules.step)
    if not points or points < rules.least:
        return Plan(most, tuple(limits), rules.least, most * 0, ZERO.scaleb(-2))
    amount = worth(points, rules.point_value)
    if pools is None:
        uses, money = consume(lots, points), spread(amount, payable, 2)
    else:
        uses, money = pools.serve(points)
    by_line = _divide(lines, points, money, rules)
    return Plan(most, tuple(limits), rules.least, points, amount, by_line, uses)


def is_spendable(lot: WalletLot, now: datetime) -> bool:
    """Whether a lot has points that can be spent at a moment."""
    return (
        lot.remaining > 0
        and (lot.active_from is None or lot.active_from <= now)
        and (lot.expires_at is None or now <= lot.expires_at)
    )


def _find_limits(
    rules: SpendingRules, wallet: Wallet, lots: list[WalletLot], total: Decimal, payable: list[Decimal]
) -> list[Limit]:
    """The limits of balance, programme and holder; the balance comes first, then always the share."""
    value, places = rules.point_value, rules.point_decimals
    balance = sum([lot.remaining for lot in lots], ZERO)
    limits = [
        Limit("balance", floor_points(balance, places), {}),
        Limit(
            "max_share",
            points_within(total * rules.max_share / 100, value, places),
            {"share": str(rules.max_share)},
        ),
    ]
    if rules.leave:
        limits.append(
            Limit("leave", points_within(total - rules.leave, value, places), {"leave": str(rules.leave)})
        )
    if total < rules.min_receipt:
        limits.append(Limit("min_receipt", floor_points(ZERO, places), {"least": str(rules.min_receipt)}))
    if rules.excluded is not None and (free := sum(payable, ZERO)) != total:
        limits.append(Limit("excluded", points_within(free, value, places), {}))
    if rules.max_points_per_day is not None:
        args = {"most": str(rules.max_points_per_day), "spent": str(wallet.spent_today)}
        rest = floor_points(rules.max_points_per_day - wallet.spent_today, places)
        limits.append(Limit("per_day", rest, args))
    if wallet.allowance is not None:
        limits.append(holder_limit(wallet.allowance, places))
    if not wallet.may_redeem:
        limits.append(Limit("not_allowed", floor_points(ZERO, places), {}))
    return limits


def holder_limit(allowance: Allowance, places: int) -> Limit:
    """That the holder may spend no more in a day: ``most`` in all, of which ``spent`` is spent."""
    args = {"most": str(allowance.most), "spent": str(allowance.spent)}
    return Limit("holder_per_day", floor_points(allowance.left, places), args)


def _find_way_out(rules: SpendingRules, limits: list[Limit], least: Decimal) -> dict[str, str]:
    """The ``receipt`` from which on ``least`` points could be spent, money; nothing where no receipt helps."""
    fixed = [limit.max for limit in limits if limit.code not in ("max_share", "leave", "step")]
    if not rules.max_share or any(most < least for most in fixed):
        return {}
    value = worth(least, rules.point_value)
    receipt = max(value * 100 / rules.max_share, value + (rules.leave or ZERO), rules.min_receipt)
    return {"receipt": str(receipt.quantize(Decimal("0.01"), ROUND_CEILING))}


def _explain(pools: Pools) -> Mapping[str, Any]:
    """Which lots cannot be spent on this basket at all, and why."""
    refused = [
        {"lot": lot.id, "points": str(lot.remaining), "code": code, "args": args}
        for lot, code, args in pools.refused
    ]
    return {"refused": refused} if refused else {}


def consume(lots: list[WalletLot], points: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """Take ``points`` from lots without terms: soonest expiry first, then earliest earned, then by id."""
    uses = []
    for lot in sorted(lots, key=_order) if len(lots) > 1 else lots:
        part = min(lot.remaining, points)
        uses.append((lot.id, part))
        points -= part
        if not points:
            break
    return tuple(uses)


def _order(lot: WalletLot) -> tuple[datetime, datetime, str]:
    return lot.expires_at or LAST, lot.earned_at or FIRST, lot.id


def _divide(
    lines: Sequence[Line], points: Decimal, money: list[Decimal], rules: SpendingRules
) -> dict[int, tuple[Decimal, Decimal]]:
    """What each line gets of the points, in proportion to the money they pay on it."""
    if rules.point_value == 1 and rules.point_decimals == 2:
        shares = money
    else:
        shares = spread(points, money, rules.point_decimals)
    return {
        line.position: (share, paid) for line, share, paid in zip(lines, shares, money, strict=True) if paid
    }
