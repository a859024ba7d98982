"""What was answered: the page with counts and what was written, the photos, and the table that leaves the house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from campaigns.models import AnswerPhoto, AnswerSheet, Questionnaire, QuestionnaireVersion
from campaigns.questionnaires import document, results
from campaigns.questionnaires.kinds import KINDS
from campaigns.questionnaires.results import Filter, Result
from members import tables

#: The newest answer sheets that the page lists.
NEWEST = 50


def may_see(request: HttpRequest) -> bool:
    """Whether the user may see what people answered."""
    return bool(request.user.has_perm("campaigns.view_answersheet"))  # type: ignore[union-attr]


def may_export(request: HttpRequest) -> bool:
    """Taking all of it out is more than looking at it."""
    return may_see(request) and bool(request.user.has_perm("backoffice.export_records"))  # type: ignore[union-attr]


def show(request: HttpRequest, desk: ModelAdmin, row: Questionnaire) -> HttpResponse:
    """Counts, averages, and what was written, of one version, filtered."""
    if not may_see(request):
        raise PermissionDenied
    version = _version(request, row)
    only = _filter(request, row)
    found = results.sheets(version, only) if version else AnswerSheet.objects.none()
    names = bool(request.user.has_perm("members.view_member"))  # type: ignore[union-attr]
    query = request.GET.urlencode()
    context = desk.admin_site.each_context(request) | {
        "title": _("Results: %(name)s") % {"name": row.name},
        "opts": desk.opts,
        "original": row,
        "questionnaire": row,
        "version": version,
        "versions": list(row.versions.order_by("-number")),
        "results": [_tell(result, row, names) for result in results.count(version, only)] if version else [],
        "sum": found.count(),
        "begun": row.sheets.filter(version=version, finished_at=None).count() if version else 0,
        "newest": found.select_related("member")[:NEWEST],
        "sources": sorted(
            set(row.sheets.exclude(source="").order_by().values_list("source", flat=True).distinct()[:50])
        ),
        "only": only,
        "asked": request.GET,
        "names": names,
        "file": f"{reverse('admin:campaigns_questionnaire_export', args=[row.pk])}?{query}"
        if may_export(request)
        else "",
    }
    return TemplateResponse(request, "backoffice/questionnaires/results.html", context)


def export(request: HttpRequest, desk: ModelAdmin, row: Questionnaire) -> StreamingHttpResponse:
    """The answers as a CSV file, filtered as the page is; no cell is a formula."""
    if not may_export(request):
        raise PermissionDenied
    version = _version(request, row)
    if version is None:
        raise Http404
    names = bool(request.user.has_perm("members.view_member"))  # type: ignore[union-attr]
    lines = _lines(version, _filter(request, row), ZoneInfo(row.programme.time_zone), names)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.code}-{version.number}.csv"'
    return response


def photo(request: HttpRequest, desk: ModelAdmin, row: Questionnaire, photo_id: UUID) -> HttpResponse:
    """A photo among the answers."""
    if not may_see(request):
        raise PermissionDenied
    found = AnswerPhoto.objects.filter(id=photo_id, sheet__questionnaire=row).first()
    if found is None:
        raise Http404
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return HttpResponse(bytes(found.picture), content_type="image/jpeg", headers=headers)


class _Echo:
    """A stream that gives back what is written to it."""

    def write(self, text: str, /) -> str:
        return text


def _lines(version: QuestionnaireVersion, only: Filter, zone: ZoneInfo, names: bool) -> Iterator[str]:
    writer = tables.Writer(_Echo())
    questions = document.read(version.document)
    who = ["member", "first_name", "last_name", "phone"] if names else ["member"]
    head = ["finished_at", *who, "source", *(question.text for question in questions)]
    yield "\ufeff" + writer.row(head)  # the mark tells Excel that it is UTF-8
    for sheet, answers in results.rows(version, only):
        at = sheet.finished_at.astimezone(zone).isoformat(timespec="seconds") if sheet.finished_at else ""
        member = sheet.member
        told = [str(sheet.member_id or "")]
        if names:
            told += [member.first_name, member.last_name, member.phone or ""] if member else ["", "", ""]
        yield writer.row([at, *told, sheet.source, *answers])


def _version(request: HttpRequest, row: Questionnaire) -> QuestionnaireVersion | None:
    """The version that is asked for, else the newest that somebody finished, else the newest."""
    wanted = request.GET.get("version", "")
    if wanted.isdecimal():
        return row.versions.filter(number=int(wanted[:9])).first()
    done = row.versions.filter(sheets__finished_at__isnull=False)
    return done.order_by("-number").first() or row.versions.order_by("-number").first()


def _filter(request: HttpRequest, row: Questionnaire) -> Filter:
    """The filter in the address; what cannot be read filters nothing."""
    zone = ZoneInfo(row.programme.time_zone)
    until = _day(request, "until", zone)
    question, _colon, option = request.GET.get("chose", "").partition(":")
    return Filter(
        _day(request, "since", zone),
        until + timedelta(days=1) if until else None,
        request.GET.get("who", "") if request.GET.get("who") in ("members", "unknown") else "",
        request.GET.get("source", "").replace("\0", ""),
        question,
        option.replace("\0", ""),
    )


def _day(request: HttpRequest, name: str, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day in the address."""
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200:
        return None
    return datetime.combine(day, time(), zone)


def _tell(result: Result, row: Questionnaire, names: bool) -> dict[str, Any]:
    """A question's result as the page draws it."""
    question = result.question
    return {
        "question": question,
        "answered": result.answered,
        "chosen": result.chosen,
        "average": result.average,
        "least": result.least,
        "most": result.most,
        "written": [
            {
                "text": KINDS[question.kind].tell(question, sheet.answers[question.key]),
                "photo": reverse(
                    "admin:campaigns_questionnaire_photo", args=[row.pk, sheet.answers[question.key]]
                )
                if question.kind == "photo"
                else "",
                "member": sheet.member if names else None,
                "at": sheet.finished_at,
            }
            for sheet in result.written
        ],
    }
