"""How a campaign is judged: what it may give to one member in a period.

Periods are those of the programme's calendar. ``period_keys`` names the periods of a moment; the same
keys are stored with a member's uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.engine.case import Case, plain
from campaigns.engine.effects import Unit
from campaigns.engine.gates import Reason


def period_keys(at: datetime) -> dict[str, str]:
    """The key of each period that holds a moment of the programme's time, like ``month: 2026-11``."""
    year, week, _ = at.isocalendar()
    return {
        "day": f"{at.year:04}-{at.month:02}-{at.day:02}",
        "week": f"{year:04}-W{week:02}",
        "month": f"{at.year:04}-{at.month:02}",
        "year": f"{at.year:04}",
        "ever": "ever",
    }


class Limit(NamedTuple):
    """At most so many times, or so many units of points, in a period; None does not limit."""

    period: str
    times: int | None
    units: int | None
    times_reached: Reason
    points_reached: Reason


def compile_limits(judge: Mapping[str, Any], unit: Unit) -> tuple[Limit, ...]:
    """The limits of a definition."""
    return tuple(
        Limit(
            limit["period"],
            limit.get("times"),
            unit.units(limit["points"]) if "points" in limit else None,
            _reached(limit, "times"),
            _reached(limit, "points"),
        )
        for limit in judge.get("limits", ())
    )


def _reached(limit: Mapping[str, Any], kind: str) -> Reason:
    words = {kind: plain(str(limit.get(kind, 0))), "period": limit["period"]}
    return "limit_reached", words


class Room(NamedTuple):
    """How many units a campaign may still give (None: any number), and which limit says so."""

    units: int | None
    reason: Reason | None


def find_room(limits: tuple[Limit, ...], case: Case, campaign_id: int, unit: Unit) -> Room:
    """What the limits leave to a member at this moment. Zero units: nothing more."""
    room = Room(None, None)
    for limit in limits:
        times, units = 0, 0
        if limit.period != "receipt":
            used = case.uses.get((campaign_id, case.periods[limit.period]))
            if used is not None:
                times, units = used[0], int(used[1].scaleb(unit.places))
        if limit.times is not None and times >= limit.times:
            return Room(0, limit.times_reached)
        if limit.units is not None:
            left = max(limit.units - units, 0)
            if room.units is None or left < room.units:
                room = Room(left, limit.points_reached)
    return room
