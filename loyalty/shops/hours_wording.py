"""Opening hours as people read them, and whether a store is open now."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from loyalty.rules import hours
from loyalty.rules.hours import DAY, Span


def describe(text: str) -> list[str]:
    """The hours, a line for days that are alike: ``Mon–Fri 8:00–20:00``; nothing where none are known."""
    if not text:
        return []
    try:
        found = hours.parse(text)
    except hours.Unreadable:  # written into the database past the forms
        return [text]
    if text == hours.ALWAYS:
        return [_("Always open")]
    return [f"{_days(first, last)} {_spans(spans)}" for first, last, spans in found.runs() if spans]


def is_open(text: str, zone: str, now: datetime) -> bool | None:
    """Whether a store in that time zone is open at ``now``; None where its hours are not known."""
    try:
        found = hours.parse(text) if text else None
    except hours.Unreadable:
        return None
    there = now.astimezone(ZoneInfo(zone))
    return None if found is None else found.is_open(there.weekday(), there.hour * 60 + there.minute)


def _days(first: int, last: int) -> str:
    begin, end = str(WEEKDAYS_ABBR[first]), str(WEEKDAYS_ABBR[last])
    if first == last:
        return begin
    return f"{begin}, {end}" if last == first + 1 else f"{begin}–{end}"


def _spans(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in spans)


def _clock(minute: int) -> str:
    if minute == DAY:
        return "24:00"
    return str(time_format(time(minute % DAY // 60, minute % 60), "TIME_FORMAT"))
