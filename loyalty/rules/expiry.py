"""When points expire and when they become active: policies as frozen values, dates as pure arithmetic.

A policy is read from a JSON document by :func:`parse` (its JSON Schema is :data:`SCHEMA`), a delay by
:func:`parse_delay` (:data:`DELAY_SCHEMA`). Days are days of the programme's zone. Points can be spent
through the last second of a local day, 23:59:59.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from loyalty.rules.days import UNITS, Period, add_months, clamp, end_of_day, start_of_day
from loyalty.rules.document import DocumentError, Reader

NO_TIME = Period(0)
ONE_DAY = Period(1)
#: The longest period of each unit: about a century, so that no date runs out of the calendar.
_LONGEST = {"days": 36_500, "weeks": 5_200, "months": 1_200, "years": 100}
#: The longest delay of each kind: a year.
DELAYS = {"hours": 8_784, "days": 366, "return_window": 366}
_SPANS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Never:
    """Points that stay."""


@dataclass(frozen=True, slots=True)
class After:
    """Points that live for a period, through the last day of it."""

    period: Period


@dataclass(frozen=True, slots=True)
class OnDate:
    """Points that all expire on one day. Earned later than that, they are expired from the start."""

    day: date


@dataclass(frozen=True, slots=True)
class Yearly:
    """Points that expire on a fixed day of the year, the first one that leaves them ``at_least`` to live.

    29 February is 28 February in years that have none.
    """

    month: int
    day: int
    at_least: Period = NO_TIME


@dataclass(frozen=True, slots=True)
class Anniversary:
    """Points that expire on the next anniversary of joining that leaves them ``at_least`` to live.

    Points earned on an anniversary, or on the day of joining, live until the next one.
    """

    at_least: Period = ONE_DAY


@dataclass(frozen=True, slots=True)
class EndOf:
    """Points that expire at the end of a calendar month, quarter or year: of this one, or ``after`` more."""

    unit: str
    after: int = 0


Expiry = Never | After | OnDate | Yearly | Anniversary | EndOf


@dataclass(frozen=True, slots=True)
class Delay:
    """How long earned points stay pending: ``amount`` of ``hours``, ``days`` or a ``return_window``."""

    kind: str
    amount: int


def expires_at(
    policy: Expiry, earned_at: datetime, zone: ZoneInfo, joined_on: date | None = None
) -> datetime | None:
    """The last second, in UTC, at which points earned then can be spent; None when they never expire.

    ``earned_at`` is aware; for points that are pending at first give the moment they become active, so
    that their life begins there. ``joined_on`` is the member's day of joining, which only an
    :class:`Anniversary` reads. Raises ``ValueError`` when ``earned_at`` is naive or the day is needed
    and missing.
    """
    if earned_at.tzinfo is None:
        raise ValueError("expires_at: earned_at has no time zone; give an aware datetime")
    day = earned_at.astimezone(zone).date()
    return _expiry(policy, day, zone, joined_on if type(policy) is Anniversary else None)


def activates_at(delay: Delay | None, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first second, in UTC, at which points earned then can be spent; None when that is at once.

    Hours run on the clock from ``earned_at``. Days end with the calendar: points delayed by 1 day are
    active from the next local midnight. A return window of n days closes at the end of the n-th day after
    the purchase; points are active from the midnight that follows.
    """
    if earned_at.tzinfo is None:
        raise ValueError("activates_at: earned_at has no time zone; give an aware datetime")
    if delay is None or (delay.kind != "return_window" and delay.amount == 0):
        return None
    if delay.kind == "hours":
        return earned_at.astimezone(UTC) + timedelta(hours=delay.amount)
    days = delay.amount + (delay.kind == "return_window")
    return start_of_day(earned_at.astimezone(zone).date() + timedelta(days=days), zone)


def last_chance(policy: Expiry, delay: Delay | None, zone: ZoneInfo) -> datetime | None:
    """The last moment, in UTC, to earn points that can be spent; None where there is always time.

    Only a fixed day can come before points are active: every other policy counts from there.
    """
    if not isinstance(policy, OnDate):
        return None
    if delay is None:
        return end_of_day(policy.day, zone)
    if delay.kind == "hours":
        return end_of_day(policy.day, zone) - timedelta(hours=delay.amount)
    days = delay.amount + (delay.kind == "return_window")
    return end_of_day(policy.day - timedelta(days=days), zone)


def lapses_at(period: Period, last_active_at: datetime, zone: ZoneInfo) -> datetime:
    """The last second, in UTC, before an account that does nothing more lapses."""
    return end_of_day(period.after(last_active_at.astimezone(zone).date()), zone)


def inactive_since(period: Period, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, such that accounts last active at or before it have lapsed by ``now``, others not.

    The exact inverse of :func:`lapses_at`, for a job that finds lapsed accounts in one statement.
    """
    day = now.astimezone(zone).date()
    while end_of_day(period.after(day), zone) >= now:
        day -= timedelta(days=max((period.after(day) - now.astimezone(zone).date()).days // 2, 1))
    while end_of_day(period.after(day + timedelta(days=1)), zone) < now:
        day += timedelta(days=1)
    return end_of_day(day, zone)


@lru_cache(maxsize=8192)
def _expiry(policy: Expiry, day: date, zone: ZoneInfo, joined_on: date | None) -> datetime | None:
    last = last_day(policy, day, joined_on)
    return None if last is None else end_of_day(last, zone)


def last_day(policy: Expiry, day: date, joined_on: date | None = None) -> date | None:
    """The last local day on which points earned on ``day`` can be spent; None when they never expire."""
    match policy:
        case Never():
            return None
        case After(period):
            return period.after(day)
        case OnDate(fixed):
            return fixed
        case Yearly(month, of_month, at_least):
            return _next_yearly(month, of_month, at_least.after(day))
        case Anniversary(at_least):
            if joined_on is None:
                raise ValueError("expires_at: this policy counts from the day of joining; give joined_on")
            earliest = max(at_least.after(day), day + timedelta(days=1))
            return _next_yearly(joined_on.month, joined_on.day, max(earliest, joined_on + timedelta(days=1)))
        case EndOf(unit, after):
            span = _SPANS[unit]
            first = date(day.year, (day.month - 1) // span * span + 1, 1)
            return add_months(first, span * (after + 1)) - timedelta(days=1)


def _next_yearly(month: int, day: int, earliest: date) -> date:
    """The first day of that month and day that is not before ``earliest``."""
    this_year = clamp(earliest.year, month, day)
    return this_year if this_year >= earliest else clamp(earliest.year + 1, month, day)


def parse(document: object, path: str = "expiry") -> Expiry:
    """The policy that a JSON document means; None (no document) means never.

    Raises :class:`~loyalty.rules.document.DocumentError`, which names the field below ``path`` and the fix.
    """
    if document is None:
        return Never()
    read = Reader(document, path)
    kind = read.choice("kind", ("never", "after", "on_date", "yearly", "anniversary", "end_of"))
    policy: Expiry
    match kind:
        case "after":
            policy = After(_take_period(read))
        case "on_date":
            policy = OnDate(read.day("date"))
            if not 2000 <= policy.day.year <= 2999:
                words = {"value": str(policy.day), "wanted": "year_within", "least": "2000", "most": "2999"}
                raise DocumentError(read.at("date"), "unfit", **words)
        case "yearly":
            month = read.whole("month", 1, 12)
            day = read.whole("day", 1, monthrange(2000, month)[1])
            policy = Yearly(month, day, _at_least(read, NO_TIME))
        case "anniversary":
            policy = Anniversary(_at_least(read, ONE_DAY))
        case "end_of":
            policy = EndOf(read.choice("unit", tuple(_SPANS)), read.whole("after", 0, 100, 0))
        case _:
            policy = Never()
    read.finish()
    return policy


def parse_period(document: object, path: str = "period") -> Period:
    """A period, such as ``{"months": 6}``. Raises ``DocumentError``."""
    read = Reader(document, path)
    period = _take_period(read)
    read.finish()
    return period


def _take_period(read: Reader) -> Period:
    given = read.one_of(UNITS)
    return Period(read.whole(given, 1, _LONGEST[given]), given)


def parse_delay(document: object, path: str = "delay") -> Delay | None:
    """A delay, such as ``{"hours": 24}`` or ``{"return_window": 14}``; None means none.

    Raises ``DocumentError``.
    """
    if document is None:
        return None
    read = Reader(document, path)
    kind = read.one_of(DELAYS)
    delay = Delay(kind, read.whole(kind, 0, DELAYS[kind]))
    read.finish()
    return delay


def _at_least(read: Reader, default: Period) -> Period:
    return parse_period(read.take("at_least"), read.at("at_least")) if read.has("at_least") else default


def _whole(least: int, most: int) -> dict[str, object]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _one_of(longest: Mapping[str, int], least: int) -> dict[str, object]:
    """Schema of an object that holds exactly one of some whole numbers."""
    return {
        "type": "object",
        "properties": {name: _whole(least, most) for name, most in longest.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _kind(name: str, required: tuple[str, ...] = (), **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {"kind": {"const": name}, **properties},
        "required": ["kind", *required],
        "additionalProperties": False,
    }


#: JSON Schema (2020-12) of a period.
PERIOD_SCHEMA = _one_of(_LONGEST, 1)

#: JSON Schema of a delay.
DELAY_SCHEMA = _one_of(DELAYS, 0)

#: JSON Schema of an expiry policy, for use inside larger documents.
SCHEMA: dict[str, object] = {
    "oneOf": [
        _kind("never"),
        *(_kind("after", (unit,), **{unit: _whole(1, most)}) for unit, most in _LONGEST.items()),
        _kind("on_date", ("date",), date={"type": "string", "format": "date"}),
        _kind(
            "yearly",
            ("month", "day"),
            month=_whole(1, 12),
            day=_whole(1, 31),
            at_least=PERIOD_SCHEMA,
        ),
        _kind("anniversary", at_least=PERIOD_SCHEMA),
        _kind(
            "end_of",
            ("unit",),
            unit={"enum": list(_SPANS)},
            after=_whole(0, 100),
        ),
    ]
}
