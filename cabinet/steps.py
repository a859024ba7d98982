"""What the way in remembers between its steps: a signed cookie, for a quarter of an hour, and nothing on the server."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from members.codes.entry import Address, Asker

COOKIE, SALT = "regulars_entry", "cabinet.steps"
LAST = timedelta(minutes=15)


class Steps(NamedTuple):
    """How far somebody is: their browser's token, the address that they named, and whether they proved it.

    ``friend`` is the referral code of who sent them, ``source`` where they came from.
    """

    browser: str
    kind: str = ""
    to: str = ""
    proven: bool = False
    friend: str = ""
    source: str = ""

    @property
    def address(self) -> Address | None:
        """The address that a code goes to; None before one was named."""
        return Address(self.kind, self.to) if self.to else None

    def asker(self, caller: str) -> Asker:
        """Who asks for codes."""
        return Asker(self.browser, caller)


def read(request: HttpRequest) -> Steps:
    """How far the browser is; the beginning for one that is new, late, or shows what we did not sign."""
    try:
        kept: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LAST)
        return Steps(*kept)
    except (signing.BadSignature, TypeError):
        return Steps(secrets.token_urlsafe(16))


def keep(response: HttpResponse, steps: Steps) -> HttpResponse:
    """Have the browser remember how far it is."""
    response.set_cookie(
        COOKIE,
        signing.dumps(tuple(steps), salt=SALT),
        max_age=LAST,
        path=reverse("cabinet:programmes"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: HttpResponse) -> HttpResponse:
    """The way in is over."""
    response.delete_cookie(COOKIE, path=reverse("cabinet:programmes"))
    return response
