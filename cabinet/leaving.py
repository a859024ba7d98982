"""My data, to read and to take along; leaving the programme, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cabinet.access import Visit, for_members, unasked
from campaigns.leaving import leaving, loss, own_data
from members.erasure import departures

#: Rows of a section that the page shows; the file has all of them.
SHOWN = 20


@require_safe
@for_members
@unasked
def data(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything that is kept of the member, as a page."""
    zone = ZoneInfo(visit.programme.time_zone)
    sections = []
    for name, (title, tell) in own_data.SECTIONS.items():
        rows = list(tell(visit.holder))
        shown = [list(_told(row, zone)) for row in rows[:SHOWN]]
        sections.append({"name": name, "title": title, "rows": shown, "more": max(0, len(rows) - SHOWN)})
    return render(request, "cabinet/my_data.html", _page(visit) | {"sections": sections})


@require_safe
@for_members
@unasked
def file(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same as a file of JSON, whole."""
    document = {"programme": visit.programme.code, "at": timezone.now().isoformat()}
    content = json.dumps(document | own_data.collect(visit.holder), ensure_ascii=False, indent=2)
    answer = HttpResponse(content, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{visit.programme.code}-my-data.json"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
@unasked
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what is lost; who agrees, leaves when the days to come back are over."""
    now, fault = timezone.now(), ""
    if request.method == "POST":
        if request.POST.get("sure") == "yes":
            leaving.ask(visit.member, visit.programme, now)
            return redirect("cabinet:me_leave", programme=visit.programme.code)
        fault = _("Tick the box, so that nobody leaves by mistake.")
    page = _page(visit) | {
        "departure": departures.of_member(visit.member, visit.programme.code),
        "loss": loss.foresee(visit.holder, now),
        "days": visit.programme.leaving_days,
        "fault": fault,
    }
    return render(request, "cabinet/leave.html", page, status=422 if fault else 200)


@require_POST
@for_members
@unasked
def stay(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take leaving back."""
    if leaving.take_back(visit.member, visit.programme, timezone.now()):
        messages.success(request, _("You stay. Nothing has changed."))
    return redirect("cabinet:me", programme=visit.programme.code)


def _page(visit: Visit) -> dict[str, Any]:
    zone = visit.programme.time_zone
    return {"visit": visit, "programme": visit.programme, "screen": "me", "zone": zone}


def _told(row: Mapping[str, Any], zone: ZoneInfo) -> Iterator[tuple[Any, str]]:
    """The fields of a row that have a name and say something."""
    for name, value in row.items():
        if name in own_data.LABELS and value not in (None, "", [], {}):
            yield own_data.LABELS[name], _say(value, zone)


def _say(value: Any, zone: ZoneInfo) -> str:
    """A value as it is read."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(value.astimezone(zone), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, Mapping):
        return ", ".join(_say(one, zone) for one in value.values() if one not in (None, ""))
    if isinstance(value, list | tuple):
        return "; ".join(_say(one, zone) for one in value)
    return localize(value) if isinstance(value, Decimal | int) else str(value)
