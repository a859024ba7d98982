"""Help: members ask, with the receipt or a photo where it helps, follow their request, read the answer and rate it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cabinet import keys
from cabinet.access import Visit, for_members
from campaigns.checkout import movements
from foundation import photos
from foundation.refusals import Invalid, Missing, Refusal
from messaging.helpdesk import requests
from messaging.helpdesk.requests import About, Written
from messaging.models import HelpRequest


@require_safe
@for_members
def browse(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the member asked, the newest first."""
    page = _page(visit) | {"asked": requests.of_member(visit.member, visit.programme)[:100]}
    return render(request, "cabinet/help.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The form of a new request; of an amount, where the address names a receipt, a line or a movement."""
    try:
        about = requests.about(
            visit.account,
            _id(request.GET.get("receipt")),
            _id(request.GET.get("movement")),
            _number(request.GET.get("line")),
        )
    except (Missing, ValueError) as missing:
        raise Http404 from missing
    if request.method == "POST":
        try:
            asked = requests.ask(visit.member, visit.programme, _written(request), about, timezone.now())
        except Refusal as refusal:
            return _again(request, "cabinet/ask.html", _page(visit) | _about(about, visit), refusal)
        messages.success(request, _("We have your request. You find the answer here."))
        return redirect("cabinet:help_request", visit.programme.code, asked.id)
    return render(request, "cabinet/ask.html", _page(visit) | _about(about, visit))


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def show(request: HttpRequest, visit: Visit, request_id: UUID) -> HttpResponse:
    """One request: what was said, how far it is, and a form to say more."""
    row = _find(visit, request_id)
    if request.method == "POST":
        try:
            requests.say(row, _written(request), timezone.now())
        except Refusal as refusal:
            return _again(request, "cabinet/help_request.html", _request(row, visit), refusal)
        return redirect("cabinet:help_request", visit.programme.code, row.id)
    return render(request, "cabinet/help_request.html", _request(row, visit))


@require_POST
@for_members
def rate(request: HttpRequest, visit: Visit, request_id: UUID) -> HttpResponse:
    """Say how good the answer was."""
    row = _find(visit, request_id)
    try:
        requests.rate(row.id, _number(request.POST.get("rating")) or 0, timezone.now())
    except (Refusal, ValueError) as fault:
        told = fault.faults[0].detail if isinstance(fault, Invalid) else ""
        page = _request(row, visit) | {"rating_fault": told or _("Choose from one to five.")}
        return render(request, "cabinet/help_request.html", page, status=422)
    messages.success(request, _("Thank you for telling us."))
    return redirect("cabinet:help_request", visit.programme.code, row.id)


@require_POST
@for_members
def close(request: HttpRequest, visit: Visit, request_id: UUID) -> HttpResponse:
    """Say that the request is settled."""
    requests.close(_find(visit, request_id).id, timezone.now())
    return redirect("cabinet:help_request", visit.programme.code, request_id)


@require_safe
@for_members
def photo(request: HttpRequest, visit: Visit, request_id: UUID, message_id: int) -> HttpResponse:
    """A photo that the member attached, for them alone."""
    try:
        content = requests.photo(_find(visit, request_id), message_id)
    except Missing as missing:
        raise Http404 from missing
    return picture(content)


def picture(content: bytes) -> HttpResponse:
    """A photo on its way: as what it is, for this site's pages alone."""
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Content-Disposition"] = 'inline; filename="photo.jpg"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _find(visit: Visit, request_id: UUID) -> HelpRequest:
    try:
        return requests.find(visit.member, visit.programme, request_id)
    except Missing as missing:
        raise Http404 from missing


def _written(request: HttpRequest) -> Written:
    """What was typed and attached. Of a file that is too large no more is read than tells so."""
    file = request.FILES.get("photo")
    content = file.read(photos.MOST_BYTES + 1) if isinstance(file, UploadedFile) else None
    return Written(keys.read(request), request.POST.get("text", ""), content)


def _again(request: HttpRequest, template: str, page: dict[str, Any], refusal: Refusal) -> HttpResponse:
    """The form with what is wrong beside its field, and what was typed."""
    faults = {fault.field: fault.detail for fault in refusal.faults} or {"text": refusal.detail}
    typed = {"typed": request.POST.get("text", ""), "faults": faults, "key": keys.read(request)}
    return render(request, template, page | typed, status=422)


def _page(visit: Visit) -> dict[str, Any]:
    return {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "most": requests.MOST_LETTERS,
        "types": photos.TYPES,
        "megabytes": photos.MOST_BYTES // 2**20,
    }


def _about(about: About, visit: Visit) -> dict[str, Any]:
    """What a request is about, as it is shown: the receipt, the line of it, the movement."""
    line = (
        about.receipt.lines.filter(position=about.position).select_related("product").first()
        if (about.receipt and about.position is not None)
        else None
    )
    moved = movements.tell([about.movement.id], visit.account, visit.zone) if about.movement else ()
    return {"receipt": about.receipt, "line": line, "movement": next(iter(moved), None)}


def _request(row: HelpRequest, visit: Visit) -> dict[str, Any]:
    said = row.said.select_related("photo").defer("photo__content").order_by("id")
    about = _about(About(row.receipt, row.position, row.movement), visit)
    stars = [(number, number == row.rating) for number in range(1, requests.BEST + 1)]
    return _page(visit) | about | {"row": row, "said": said, "stars": stars}


def _id(text: str | None) -> UUID | None:
    """An id of an address. Raises ``ValueError`` for what is none."""
    return UUID(text) if text else None


def _number(text: str | None) -> int | None:
    """A small number. Raises ``ValueError`` for what is none."""
    if not text:
        return None
    if len(text) > 6 or not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return int(text)
