"""What an evaluation adds to limits, budgets and promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from campaigns.engine.judgement import Judgement
from campaigns.engine.limits import find_room
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import ZERO, CommonUse, Use


class Applied(NamedTuple):
    """A campaign that gave something or said something: units of points, and cents of discounts."""

    campaign: Campaign
    units: int
    cents: int


class Sum(NamedTuple):
    """What a campaign comes to: how often it was used, units for the member and for others, cents."""

    campaign: Campaign
    times: int
    units: int
    others: dict[str, int]
    cents: int


def add_up(judgement: Judgement, applied: Sequence[Applied]) -> list[Sum]:
    """The sums of the campaigns of which something is counted: those that applied now, or kept a promise only."""
    promised = dict(judgement.promised)
    sums = []
    for campaign, units, cents in applied:
        if not campaign.counted:
            continue
        units += promised.pop(campaign.number, 0)
        others = _others(judgement, campaign, units) if campaign.sides and campaign.sides.shares else {}
        sums.append(Sum(campaign, 1, units, others, cents))
    campaigns = judgement.machine.campaigns
    return sums + [Sum(campaigns[number], 0, units, {}, 0) for number, units in sorted(promised.items())]


def _others(judgement: Judgement, campaign: Campaign, units: int) -> dict[str, int]:
    """Units for the cashier and the referrer, as far as what a store's and the campaign's limits leave."""
    case, unit = judgement.case, judgement.machine.unit
    if not campaign.sides or (campaign.dated and judgement.stillborn(campaign) is not None):
        return {}
    due = campaign.sides.due(case, judgement.base(campaign))
    common = tuple(limit for limit in campaign.limits if limit.prefix)
    for to in due if common else ():
        room = find_room(common, case, campaign.id, unit, units, anew=False).units
        if room is not None:
            due[to] = min(due[to], room)
        units += due[to]
    return {to: part for to, part in due.items() if part}


def uses(judgement: Judgement, sums: Iterable[Sum]) -> tuple[Use, ...]:
    """What to add to the periods that a member's limits speak of, and to promises."""
    found: dict[tuple[int, str], Use] = {}
    case, points = judgement.case, judgement.machine.points
    for campaign, times, units, _, _ in sums:
        if campaign.promise is not None and times and not judgement.stillborn(campaign):
            _add(found, Use(campaign.id, campaign.promise.key(case.today), 1, ZERO))
        for period in dict.fromkeys(limit.period for limit in campaign.limits if not limit.prefix):
            if period != "receipt":
                _add(found, Use(campaign.id, case.periods[period], times, points[units]))
    for award, key in judgement.kept:
        _add(found, Use(award.campaign.id, key, -1, ZERO))
    return tuple([use for use in found.values() if use.times or use.points])


def _add(found: dict[tuple[int, str], Use], use: Use) -> None:
    name = (use.campaign_id, use.period)
    if name in found:
        use = use._replace(times=found[name].times + use.times)
    found[name] = use


def tallies(judgement: Judgement, sums: Iterable[Sum]) -> Iterator[CommonUse]:
    """What to add to the uses that a store's or a campaign's limits speak of: all points count, whoever gets them."""
    points = judgement.machine.points
    for campaign, times, units, others, cents in sums:
        keys: dict[str, CommonUse] = {}
        given = points[units + sum(others.values())]
        for limit in campaign.limits:
            if not limit.prefix or limit.period == "receipt":
                continue
            key = limit.key(judgement.case)
            most = None if limit.units is None else points[limit.units]
            money = None if limit.cents is None else judgement.machine.money[limit.cents]
            taken = judgement.machine.money[cents]
            new = CommonUse(campaign.id, key, times, given, taken, limit.times, most, money)
            keys[key] = _stricter(keys[key], new) if key in keys else new
        yield from keys.values()


def _stricter(one: CommonUse, other: CommonUse) -> CommonUse:
    """A use with the lower of two limits for each of its sums."""
    return one._replace(
        most_times=_lower(one.most_times, other.most_times),
        most_points=_lower(one.most_points, other.most_points),
        most_money=_lower(one.most_money, other.most_money),
    )


def _lower(one: Any, other: Any) -> Any:
    return min((most for most in (one, other) if most is not None), default=None)
