"""What a browser keeps of forms that somebody unknown filled in: a token for each, until they join or log in there."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from campaigns.questionnaires import answering
from foundation.refusals import Refusal
from loyalty.models import Programme
from members.models import Member

_PREFIX = "regulars_form_"
LAST = timedelta(days=30)
#: So many forms are taken along at most.
MOST = 10


def token(request: HttpRequest, code: str) -> str:
    """The token of a form in the browser; empty where it has none."""
    return request.COOKIES.get(f"{_PREFIX}{code}", "")


def keep(response: HttpResponse, programme: str, code: str, token: str) -> HttpResponse:
    """Have the browser go on with a form."""
    response.set_cookie(
        f"{_PREFIX}{code}",
        token,
        max_age=LAST,
        path=reverse("cabinet:home", args=[programme]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def take_along(
    request: HttpRequest, response: HttpResponse, member: Member, programme: Programme, now: datetime
) -> HttpResponse:
    """Make what was filled in on this browser the member's, who joined or logged in; the browser forgets it.

    What cannot be taken along is no hindrance to coming in.
    """
    found = [name for name in request.COOKIES if name.startswith(_PREFIX)]
    for name in found[:MOST]:
        with suppress(Refusal):
            answering.claim(request.COOKIES[name], member, programme.pk, now)
    for name in found:
        response.delete_cookie(name, path=reverse("cabinet:home", args=[programme.code]))
    return response
