"""How a campaign is judged: what it may give in a period, to one member, in a store, or to everybody.

Periods are those of the programme's calendar. ``period_keys`` names the periods of a moment; the same
keys are stored with a member's uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from campaigns.engine.case import Case, cents_from, plain
from campaigns.engine.effects import Unit
from campaigns.engine.gates import Reason
from campaigns.engine.questions import Judge, Number
from campaigns.engine.questions import Limit as Asked
from campaigns.engine.shopper import CommonSum


def period_keys(at: datetime) -> Mapping[str, str]:
    """The key of each period that holds a moment of the programme's time, like ``month: 2026-11``."""
    return _keys_of(at.date())


@lru_cache(512)
def _keys_of(day: date) -> Mapping[str, str]:
    year, week, _ = day.isocalendar()
    keys = {
        "day": f"{day.year:04}-{day.month:02}-{day.day:02}",
        "week": f"{year:04}-W{week:02}",
        "month": f"{day.year:04}-{day.month:02}",
        "year": f"{day.year:04}",
        "ever": "ever",
    }
    return MappingProxyType(keys)


#: What comes before a period's key, by whom a limit is for.
PREFIXES = {"member": "", "store": "s:", "campaign": "c:"}


class Limit(NamedTuple):
    """At most so many times, units of points, or cents of discounts, in a period; None does not limit.

    ``prefix`` says whose uses count: a member's, a store's, or everybody's.
    """

    prefix: str
    period: str
    times: int | None
    units: int | None
    cents: int | None
    times_reached: Reason
    points_reached: Reason
    money_reached: Reason

    def key(self, case: Case) -> str:
        """The key of its uses at this moment."""
        return self.prefix + case.periods[self.period]


def compile_limits(judge: Judge, unit: Unit) -> tuple[Limit, ...]:
    """The limits of a definition; the budget is one more, of the campaign and for ever."""
    limits = list(judge.limits)
    if (budget := judge.budget) is not None and not budget.is_empty:
        limits.append(Asked("ever", "campaign", points=budget.points, money=budget.money))
    return tuple(
        Limit(
            PREFIXES[limit.per],
            limit.period,
            limit.times,
            unit.units(str(limit.points)) if limit.points is not None else None,
            cents_from(str(limit.money)) if limit.money is not None else None,
            _reached(limit, "times", limit.times),
            _reached(limit, "points", limit.points),
            _reached(limit, "money", limit.money),
        )
        for limit in limits
    )


def _reached(limit: Asked, kind: str, most: Number | None) -> Reason:
    words = {kind: plain(str(most or 0)), "period": limit.period}
    return "limit_reached", words if limit.per == "member" else {**words, "per": limit.per}


class Room(NamedTuple):
    """How many units a campaign may still give (None: any number), and which limit says so."""

    units: int | None
    reason: Reason | None


def find_money(limits: tuple[Limit, ...], case: Case, campaign_id: int) -> Room:
    """How many cents the limits leave for discounts. Zero: nothing more, or no more times."""
    room = Room(None, None)
    for limit in limits:
        used = case.uses.get((campaign_id, limit.key(case))) if limit.period != "receipt" else None
        if limit.times is not None and used is not None and used.times >= limit.times:
            return Room(0, limit.times_reached)
        if limit.cents is not None:
            given = used.money if isinstance(used, CommonSum) else 0
            left = max(limit.cents - int(given * 100), 0)
            if room.units is None or left < room.units:
                room = Room(left, limit.money_reached)
    return room


def find_room(
    limits: tuple[Limit, ...],
    case: Case,
    campaign_id: int,
    unit: Unit,
    given: int = 0,
    *,
    anew: bool = True,
) -> Room:
    """What the limits leave of points at this moment. Zero units: nothing more.

    ``given`` are units that the campaign gave in this evaluation already. Not ``anew``: what it gives
    belongs to something that was counted before, so only the points count.
    """
    room = Room(None, None)
    for limit in limits:
        times, units = 0, given
        if limit.period != "receipt":
            used = case.uses.get((campaign_id, limit.key(case)))
            if used is not None:
                times, units = used.times, given + int(used.points.scaleb(unit.places))
        if anew and limit.times is not None and times >= limit.times:
            return Room(0, limit.times_reached)
        if limit.units is not None:
            left = max(limit.units - units, 0)
            if room.units is None or left < room.units:
                room = Room(left, limit.points_reached)
    return room
