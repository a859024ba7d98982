"""Who is in the cabinet: the member of a device, in one programme. Nothing else of anybody is within reach."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cabinet import asking, unknown
from foundation.refusals import Gone
from loyalty.models import Account, Holder, Programme
from loyalty.shops import membership
from members import devices
from members.models import Device, Member

COOKIE = "regulars_member"
#: What a page of the cabinet may be called with, in the order in which a browser names itself.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("YaBrowser", "Yandex"), ("SamsungBrowser", "Samsung Internet"),
             ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
             ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS X", "Mac"), ("Linux", "Linux"))  # fmt: skip

#: Any answer: the same one comes back.
Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[..., HttpResponseBase]


class Visit(NamedTuple):
    """A member in the cabinet of a programme: on which device, and as which holder of the account."""

    programme: Programme
    member: Member
    device: Device
    holder: Holder

    @property
    def zone(self) -> ZoneInfo:
        """The programme's clock."""
        return ZoneInfo(self.programme.time_zone)

    @property
    def account(self) -> Account:
        """The account, the member's own or one that they share."""
        return self.holder.account


def programme_of(code: str) -> Programme:
    """The programme that runs under that code. Raises ``Http404``."""
    programme = Programme.objects.filter(code=code, active=True).first()
    if programme is None:
        raise Http404
    return programme


def unasked(view: View) -> View:
    """Mark a page that members see before they answered which consents they give: the questions, and the ways out."""
    view.unasked = True  # type: ignore[attr-defined]
    return view


def for_members(view: View) -> View:
    """Let members in; others are shown the way in, and members who are to answer something what it is."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, programme: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        visit = visit_of(request, programme)
        if visit is None:
            programme_of(programme)
            return redirect("cabinet:enter", programme=programme)
        if _must_answer(request, visit, view):
            there = reverse("cabinet:asked", args=[programme])
            return redirect(f"{there}?{urlencode({'next': request.get_full_path()})}")
        try:
            answer = view(request, visit, *args, **kwargs)
        except Gone:  # erased since they were found
            return redirect("cabinet:enter", programme=programme)
        if devices.is_back(visit.device, timezone.now()) and COOKIE not in answer.cookies:
            _remember(answer, request.COOKIES[COOKIE], visit.programme.code)
        return answer

    return guarded


def _must_answer(request: HttpRequest, visit: Visit, view: View) -> bool:
    """Whether a consent is to be asked for first. What was sent before is not lost over it, but for a member who said
    no to what nobody can take part without."""
    if getattr(view, "unasked", False) or not asking.is_due(visit, timezone.now()):
        return False
    return request.method in ("GET", "HEAD") or asking.has_refused(visit)


def inside(path: str, programme: Programme) -> str:
    """An address to go on to, if it is that of a page of the programme's cabinet; else that of the card."""
    home = reverse("cabinet:home", args=[programme.code])
    if not url_has_allowed_host_and_scheme(path, None) or not path.startswith(home):
        return home
    try:
        resolve(path.partition("?")[0])
    except Resolver404:
        return home
    return path


def visit_of(request: HttpRequest, code: str) -> Visit | None:
    """The visit that the request belongs to: one statement, the same for whoever asks."""
    found = membership.at_device(request.COOKIES.get(COOKIE, ""), code, timezone.now())
    return Visit(found[1].programme, found[0].member, *found) if found else None


def let_in(
    request: HttpRequest, response: HttpResponse, member: Member, programme: Programme
) -> HttpResponse:
    """Log the member in on the browser that asks; what they filled in there before comes along."""
    now = timezone.now()
    unknown.take_along(request, response, member, programme, now)
    devices.end_at(request.COOKIES.get(COOKIE, ""), now)
    token = devices.open_on(member, programme.code, name_of(request), now, asked=False)
    return _remember(response, token, programme.code)


def _remember(response: Answer, token: str, programme: str) -> Answer:
    """Have the browser keep its login, from now on for as long as a device that nobody uses is kept."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=devices.LIFE,
        path=reverse("cabinet:home", args=[programme]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@for_members
@unasked
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Log out here."""
    devices.end(visit.member, timezone.now(), device_id=visit.device.id)
    response = redirect("cabinet:enter", programme=visit.programme.code)
    response.delete_cookie(COOKIE, path=reverse("cabinet:home", args=[visit.programme.code]))
    # what the page kept for the way without a network goes, too
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def name_of(request: HttpRequest) -> str:
    """What the browser calls itself, for people: "Chrome, Android"."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    said = [next((name for mark, name in names if re.search(rf"\b{mark}", agent)), "")
            for names in (_BROWSERS, _SYSTEMS)]  # fmt: skip
    return ", ".join(filter(None, said)) or "?"


def evidence_of(request: HttpRequest, visit: Visit) -> dict[str, str]:
    """How it is known what a member says here."""
    return {"address": caller_of(request), "device": visit.device.name, "programme": visit.programme.code}


def caller_of(request: HttpRequest) -> str:
    """The address that the request comes from."""
    return str(request.META.get("REMOTE_ADDR", ""))
