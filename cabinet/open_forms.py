"""A questionnaire as a form for anybody, on a page of its own or as a part of another page, such as a landing page.

Who fills it in is unknown; the browser keeps a token. Whoever joins or logs in there takes the answers along, and what
campaigns give for them. Those of somebody who never does are kept without a person. Members are led to their own page.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cabinet import access, filling, unknown
from cabinet.questionnaires import picture
from campaigns.models import AnswerSheet, Questionnaire
from campaigns.questionnaires import answering, states
from foundation.refusals import Refused, TooMany
from loyalty.models import Programme

#: The address of a photo among the answers of this browser.
PHOTO = "cabinet:form_photo"
#: What an address says of where somebody came from: as that of the way in.
SOURCE = "from"


def draw(request: HttpRequest, programme: Programme, code: str, source: str = "") -> dict[str, Any] | None:
    """What ``cabinet/partials/asked.html`` needs to draw a form on any page; None for one that nobody may fill in now.

    What is sent goes to the form's own page, which goes on from there and notes the ``source``.
    """
    asked = Questionnaire.objects.filter(programme=programme, code=code, for_anyone=True).first()
    if asked is None or not states.is_open(asked, timezone.now()):
        return None
    sheet = answering.of_token(unknown.token(request, code), asked)
    if sheet is not None and sheet.finished_at is not None:
        return None
    at = reverse("cabinet:form", args=[programme.code, code])
    query = f"?{urlencode({SOURCE: source})}" if source else ""
    return filling.drawn(asked, sheet, None) | {"action": f"{at}{query}", "photo_view": PHOTO}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    """A page of the form, or thanks where it is filled in, with the way to join."""
    here, asked = _find(programme, code)
    if access.visit_of(request, programme) is not None:
        return redirect("cabinet:questionnaire", programme=programme, code=code)
    sheet = answering.of_token(unknown.token(request, code), asked)
    if sheet is not None and sheet.finished_at is not None:
        if request.method == "POST":  # a double click, or a second tab
            return redirect("cabinet:form", programme=programme, code=code)
        return render(request, "cabinet/answered.html", _thanks(here, sheet))
    if not states.is_open(asked, timezone.now()):
        page: dict[str, Any] = {"programme": here, "questionnaire": asked}
        return render(request, "cabinet/not_asked.html", page, status=410)
    if request.method == "POST":
        return _take(request, here, asked, sheet)
    page = {"programme": here, "photo_view": PHOTO} | filling.drawn(asked, sheet, request.GET.get("page"))
    return render(request, "cabinet/questionnaire.html", page)


@never_cache
@require_safe
def photo(request: HttpRequest, programme: str, code: str, photo_id: UUID) -> HttpResponse:
    """A photo among what was filled in on this browser."""
    _here, asked = _find(programme, code)
    return picture(answering.of_token(unknown.token(request, code), asked), photo_id)


def _take(
    request: HttpRequest, programme: Programme, asked: Questionnaire, sheet: AnswerSheet | None
) -> HttpResponse:
    """Take what was sent for a page; the first one begins the answers."""
    now, token = timezone.now(), ""
    source = request.GET.get(SOURCE, "")[:64].replace("\0", "")
    at = reverse("cabinet:form", args=[programme.code, asked.code])
    base = {"programme": programme, "photo_view": PHOTO}
    try:
        if sheet is None:
            sheet, token = answering.begin_unknown(asked, access.caller_of(request), source, now)
        taken = filling.take(request, sheet, now)
    except TooMany as refusal:
        typed = filling.Taken(filling.drawn(asked, None, request.POST.get("page"))["course"])
        page = base | filling.mended(asked, typed, request.POST) | {"refusal": refusal.detail}
        return render(request, "cabinet/questionnaire.html", page, status=429)
    except Refused:  # closed, or finished, meanwhile: its page says so
        return redirect(at)
    query = urlencode({name: value for name, value in (("page", taken.page), (SOURCE, source)) if value})
    if taken.faults:
        page = base | filling.mended(asked, taken, request.POST)
        response = render(request, "cabinet/questionnaire.html", page, status=422)
    else:
        response = redirect(at if taken.done or not query else f"{at}?{query}")
    return unknown.keep(response, programme.code, asked.code, token) if token else response


def _thanks(programme: Programme, sheet: AnswerSheet) -> dict[str, Any]:
    way_in = reverse("cabinet:enter", args=[programme.code])
    query = f"?{urlencode({SOURCE: sheet.source})}" if sheet.source else ""
    return {
        "programme": programme,
        "zone": programme.time_zone,
        "questionnaire": sheet.questionnaire,
        "answers": filling.told(sheet),
        "finished_at": sheet.finished_at,
        "join": f"{way_in}{query}",
        "photo_view": PHOTO,
    }


def _find(programme: str, code: str) -> tuple[Programme, Questionnaire]:
    """The form of a programme that was ever opened. Raises ``Http404``."""
    here = access.programme_of(programme)
    found = Questionnaire.objects.filter(programme=here, code=code, for_anyone=True)
    asked = found.exclude(state=Questionnaire.State.DRAFT).first()
    if asked is None:
        raise Http404
    return here, asked
