"""When a store is open, as people write it: ``Mo-Fr 08:00-20:00; Sa 09:00-18:00; Su off``, or ``24/7``.

A part of the notation of OpenStreetMap's ``opening_hours`` (wiki.openstreetmap.org/wiki/Key:opening_hours): days or
ranges of days with times or ``off``; of two parts that name a day, the later one counts; a day that is not named is
closed. Times that end before they begin go on after midnight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = 24 * 60
ALWAYS = "24/7"
_PART = re.compile(r"(?P<days>[A-Za-z]{2}(?:\s*[-,]\s*[A-Za-z]{2})*)\s+(?P<times>.+)")
_TIMES = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_NUMBER = {day.lower(): number for number, day in enumerate(DAYS)}

#: From and to, in minutes since midnight; what goes on after midnight ends beyond ``DAY``.
Span = tuple[int, int]


class Unreadable(ValueError):
    """A part of the text that says no hours; the message is that part."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The spans of each day, Monday first, each day's in order."""

    week: tuple[tuple[Span, ...], ...]

    def is_open(self, weekday: int, minute: int) -> bool:
        """Whether it is open on a day (0 is Monday) so many minutes after midnight."""
        late = self.week[weekday - 1]
        return any(begin <= minute < end for begin, end in self.week[weekday]) or any(
            minute + DAY < end for _begin, end in late
        )

    def runs(self) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
        """Days one after another with the same spans: first and last of them, and the spans."""
        first = 0
        for day in range(1, 8):
            if day == 7 or self.week[day] != self.week[first]:
                yield first, day - 1, self.week[first]
                first = day


def parse(text: str) -> Hours:
    """The hours that a text says. Raises ``Unreadable`` with the part that says none."""
    if text.strip() == ALWAYS:
        return Hours((((0, DAY),),) * 7)
    week: list[tuple[Span, ...]] = [()] * 7
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _PART.fullmatch(part)
        if found is None:
            raise Unreadable(part)
        spans = tuple(_spans(found["times"], part))
        for day in _days(found["days"], part):
            week[day] = spans
    if not any(week):
        raise Unreadable(text.strip())
    return Hours(tuple(week))


def write(hours: Hours) -> str:
    """The hours in their one form."""
    if all(spans == ((0, DAY),) for spans in hours.week):
        return ALWAYS
    return "; ".join(
        f"{DAYS[first] if first == last else f'{DAYS[first]}-{DAYS[last]}'} {_write(spans)}"
        for first, last, spans in hours.runs()
        if spans
    )


def clock(minute: int) -> str:
    """Minutes since midnight as a clock shows them; the end of a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}" if minute <= DAY else clock(minute - DAY)


def _write(spans: tuple[Span, ...]) -> str:
    return ",".join(f"{clock(begin)}-{clock(end)}" for begin, end in spans)


def _days(text: str, part: str) -> Iterator[int]:
    for named in text.split(","):
        first, _dash, last = (word.strip().lower() for word in named.partition("-"))
        if first not in _NUMBER or (last and last not in _NUMBER):
            raise Unreadable(part)
        begin, end = _NUMBER[first], _NUMBER[last or first]
        yield from (day % 7 for day in range(begin, end + (1 if end >= begin else 8)))


def _spans(text: str, part: str) -> Iterator[Span]:
    if text.strip().lower() in ("off", "closed"):
        return
    before = -1
    for named in text.split(","):
        found = _TIMES.fullmatch(named.strip())
        if found is None:
            raise Unreadable(part)
        hour, minute, last_hour, last_minute = map(int, found.groups())
        begin, end = hour * 60 + minute, last_hour * 60 + last_minute
        if minute > 59 or last_minute > 59 or begin >= DAY or end > DAY or begin == end or begin < before:
            raise Unreadable(part)
        before = end if end > begin else end + DAY
        yield begin, before
