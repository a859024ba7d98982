"""The calendar of campaigns: a bar for each over weeks or months, and where they meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from backoffice.constructor import views
from campaigns.desk import agenda, warnings
from campaigns.desk.agenda import Plan
from campaigns.desk.names import Names
from campaigns.desk.overlaps import Meeting
from campaigns.words import sentence

#: How many columns a view has.
WEEKS, MONTHS = 9, 6


@dataclass
class Column:
    """A week or a month, and where it begins, in percent of the width."""

    title: str
    left: float


@dataclass
class Bar:
    """A campaign as a bar: where it begins and how long it is, in percent of the width."""

    plan: Plan
    left: float
    width: float
    text: str
    begins: bool
    ends: bool
    meetings: list[str] = field(default_factory=list)
    grave: bool = False


def show(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The calendar, by ``?by=weeks`` or months, from ``?from=2026-11-01`` on."""
    views.require(request, "view")
    programme, now = views.programme_of(request), timezone.now()
    zone = ZoneInfo(programme.time_zone)
    weeks = request.GET.get("by") == "weeks"
    first = _first(request.GET.get("from", ""), now.astimezone(zone).date(), weeks)
    days = _days(first, weeks)
    start, end = (datetime.combine(day, time(), zone) for day in (days[0], days[-1]))
    plans = agenda.read(programme, now)
    found = agenda.meetings(plans)
    names = Names(programme)
    context = desk.admin_site.each_context(request) | {
        "title": _("Calendar of campaigns"),
        "opts": desk.opts,
        "programme": programme,
        "weeks": weeks,
        "columns": [_column(day, days, weeks) for day in days[:-1]],
        "bars": [bar for plan in plans if (bar := _bar(plan, start, end, found, names))],
        "meetings": [_told(meeting) for meeting in found],
        "now": _share(now, start, end) if start <= now < end else None,
        "earlier": _step(first, weeks, -1),
        "later": _step(first, weeks, 1),
        "first": first,
    }
    return TemplateResponse(request, "backoffice/constructor/calendar.html", context)


def _first(text: str, today: date, weeks: bool) -> date:
    """The first day that is shown: the Monday or the first of the month of what was asked for."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not date(1900, 1, 1) <= day <= date(2900, 1, 1):
        day = today
    return day - timedelta(days=day.weekday()) if weeks else day.replace(day=1)


def _days(first: date, weeks: bool) -> list[date]:
    """The first day of every column, and the day after the last one."""
    if weeks:
        return [first + timedelta(weeks=ahead) for ahead in range(WEEKS + 1)]
    return [_month(first, ahead) for ahead in range(MONTHS + 1)]


def _month(first: date, ahead: int) -> date:
    number = first.year * 12 + first.month - 1 + ahead
    return date(number // 12, number % 12 + 1, 1)


def _step(first: date, weeks: bool, direction: int) -> date:
    return first + timedelta(weeks=4 * direction) if weeks else _month(first, 3 * direction)


def _column(day: date, days: list[date], weeks: bool) -> Column:
    title = date_format(day, "SHORT_DATE_FORMAT") if weeks else date_format(day, "F Y")
    return Column(title, 100 * (day - days[0]).days / (days[-1] - days[0]).days)


def _share(moment: datetime, start: datetime, end: datetime) -> float:
    """Where a moment is between two others, in percent."""
    return round(100 * ((moment - start) / (end - start)), 2)


def _bar(plan: Plan, start: datetime, end: datetime, found: list[Meeting], names: Names) -> Bar | None:
    """The campaign's bar; None when it is not in force in the time that is shown."""
    opens, closes = plan.entry.opens, plan.entry.closes
    if (opens is not None and opens >= end) or (closes is not None and closes <= start):
        return None
    left = _share(max(opens or start, start), start, end)
    right = _share(min(closes or end, end), start, end)
    mine = [meeting for meeting in found if plan.entry.id in (meeting.one.id, meeting.other.id)]
    names.learn_all(plan.entry.document)
    return Bar(
        plan=plan,
        left=left,
        width=round(max(right - left, 0.75), 2),
        text=sentence.describe(plan.entry.document, names)[0],
        begins=opens is not None and opens >= start,
        ends=closes is not None and closes <= end,
        meetings=[
            warnings.say(one.kind).format(
                campaign=(one.other if one.one.id == plan.entry.id else one.one).name
            )
            for one in mine
        ],
        grave=any(one.kind == "undecided" for one in mine),
    )


def _told(meeting: Meeting) -> dict[str, Any]:
    text = warnings.say(meeting.kind).format(campaign=meeting.other.name)
    return {"one": meeting.one, "text": text, "grave": meeting.kind == "undecided"}
