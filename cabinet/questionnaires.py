"""Questionnaires of the member: those that wait, one page by page, and what was answered and what it brought."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cabinet import filling
from cabinet.access import Visit, for_members
from campaigns.models import AnswerSheet, Questionnaire
from campaigns.questionnaires import answering, states
from foundation.refusals import Missing, Refused
from loyalty.models import Transfer
from members.timeline import events

#: The address of a photo among the member's answers.
PHOTO = "cabinet:answer_photo"


@require_safe
@for_members
def browse(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Those that wait for an answer, those that were begun, and those that are answered."""
    now = timezone.now()
    mine = AnswerSheet.objects.filter(member=visit.member, questionnaire__programme=visit.programme)
    sheets = {sheet.questionnaire_id: sheet for sheet in mine.select_related("questionnaire")}
    waiting = [
        {"questionnaire": one, "begun": one.pk in sheets}
        for one in states.waiting(visit.member, visit.programme.pk, now)
    ]
    answered = [sheet for sheet in sheets.values() if sheet.finished_at is not None]
    answered.sort(key=lambda sheet: sheet.finished_at, reverse=True)  # type: ignore[arg-type,return-value]
    return render(
        request, "cabinet/questionnaires.html", _page(visit) | {"waiting": waiting, "answered": answered}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def answer(request: HttpRequest, visit: Visit, code: str) -> HttpResponse:
    """A page of a questionnaire, or what was answered where it is finished."""
    asked = _find(visit, code)
    now = timezone.now()
    sheet = answering.of_member(visit.member, asked, now)
    if sheet is not None and sheet.finished_at is not None:
        if request.method == "POST":  # a double click, or a second tab
            return redirect("cabinet:questionnaire", programme=visit.programme.code, code=code)
        return render(request, "cabinet/answered.html", _page(visit) | told(visit, sheet))
    if not (states.is_open(asked, now) and states.is_for(asked, visit.member)):
        return render(request, "cabinet/not_asked.html", _page(visit) | {"questionnaire": asked}, status=410)
    if request.method == "POST":
        return _take(request, visit, asked)
    page = filling.drawn(asked, sheet, request.GET.get("page"))
    return render(request, "cabinet/questionnaire.html", _page(visit) | page | {"photo_view": PHOTO})


@require_safe
@for_members
def photo(request: HttpRequest, visit: Visit, code: str, photo_id: UUID) -> HttpResponse:
    """A photo among the member's own answers."""
    sheet = answering.of_member(visit.member, _find(visit, code), timezone.now())
    return picture(sheet, photo_id)


def picture(sheet: AnswerSheet | None, photo_id: UUID) -> HttpResponse:
    """A photo of some answers; nobody keeps it on the way. Raises ``Http404``."""
    try:
        content = answering.photo_of(sheet, photo_id) if sheet is not None else None
    except Missing:
        content = None
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/jpeg", headers={"Content-Disposition": "inline"})


def told(visit: Visit, sheet: AnswerSheet) -> dict[str, Any]:
    """What the page of finished answers tells: the thanks, the answers, and each bonus with its campaign."""
    event_id = events.id_of(answering.key_of(sheet))
    gifts = Transfer.objects.filter(
        key__startswith=f"event:{event_id}:", target_id=visit.account.id, kind=Transfer.Kind.ACCRUE
    )
    return {
        "questionnaire": sheet.questionnaire,
        "answers": filling.told(sheet),
        "finished_at": sheet.finished_at,
        "gifts": list(gifts.select_related("revision").order_by("id")),
        "photo_view": PHOTO,
    }


def _take(request: HttpRequest, visit: Visit, asked: Questionnaire) -> HttpResponse:
    """Take what was sent for a page, and go on, back, or away."""
    now = timezone.now()
    at = reverse("cabinet:questionnaire", args=[visit.programme.code, asked.code])
    try:
        taken = filling.take(request, answering.begin(visit.member, asked, now), now)
    except Refused as refused:
        if refused.code != "finished":
            messages.error(request, refused.detail)
        return redirect(at)
    if taken.faults:
        page = _page(visit) | filling.mended(asked, taken, request.POST) | {"photo_view": PHOTO}
        return render(request, "cabinet/questionnaire.html", page, status=422)
    if request.POST.get("go") == "later":
        messages.success(request, _("Kept. Go on when you like."))
        return redirect("cabinet:questionnaires", programme=visit.programme.code)
    return redirect(at if taken.done else f"{at}?page={taken.page}")


def _find(visit: Visit, code: str) -> Questionnaire:
    """The questionnaire of the programme that was ever opened. Raises ``Http404``."""
    found = Questionnaire.objects.filter(programme=visit.programme, code=code)
    row = found.exclude(state=Questionnaire.State.DRAFT).first()
    if row is None:
        raise Http404
    return row


def _page(visit: Visit) -> dict[str, Any]:
    return {"visit": visit, "programme": visit.programme, "screen": "me", "zone": visit.programme.time_zone}
