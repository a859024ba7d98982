"""Calendar arithmetic in whole local days: periods, month ends, and when a day ends in a time zone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

UNITS = ("days", "weeks", "months", "years")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A length of calendar time: ``amount`` of ``unit`` (days, weeks, months or years)."""

    amount: int
    unit: str = "days"

    def after(self, day: date) -> date:
        """The day this much later; a month that is too short gives its last day (31 January + 1 month)."""
        if self.unit in ("days", "weeks"):
            return day + timedelta(days=self.amount * (7 if self.unit == "weeks" else 1))
        return add_months(day, self.amount * (12 if self.unit == "years" else 1))


def clamp(year: int, month: int, day: int) -> date:
    """That day, or the last one of its month when the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of that month if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    return clamp(day.year + years, month + 1, day.day)


@lru_cache(maxsize=8192)
def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day, in UTC.

    Where clocks go back over midnight, 23:59:59 strikes twice and the second one ends the day. Where they
    go forward over it, the day ends with the last second before the change; a day that the calendar
    skips (Samoa, 30 December 2011) ends with the day before it.
    """
    wall = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone, fold=1)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    early, late = instant, wall.replace(fold=0).astimezone(UTC)
    while late - early > _SECOND:
        middle = early + (late - early) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).date() <= day:
            early = middle
        else:
            late = middle
    return early


def last_moment(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the day that lies so many days after the one it is now: until then grace is given."""
    return end_of_day(now.astimezone(zone).date() + timedelta(days=days), zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first second of a local day, in UTC: the one after the last second of the day before."""
    return end_of_day(day - timedelta(days=1), zone) + _SECOND
