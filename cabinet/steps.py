"""What the way in remembers between its steps: a signed cookie, for a quarter of an hour, and nothing on the server.

It is for the way into one programme: what was proved for one is proved for no other. A proof is as old as it is,
however often the cookie was written since.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from members.codes.entry import Address, Asker

COOKIE, SALT = "regulars_entry", "cabinet.steps"
LAST = timedelta(minutes=15)


class Steps(NamedTuple):
    """How far somebody is: their browser's token, the address that they named, and when they proved it.

    ``proved`` is in seconds since 1970, 0 before. ``friend`` is the referral code of who sent them, ``source`` where
    they came from; ``invitation`` is the token of one to share an account, which is answered once they are in.
    """

    browser: str
    kind: str = ""
    to: str = ""
    proved: float = 0
    friend: str = ""
    source: str = ""
    invitation: str = ""

    @property
    def address(self) -> Address | None:
        """The address that a code goes to; None before one was named."""
        return Address(self.kind, self.to) if self.to else None

    def proven(self, now: datetime) -> bool:
        """Whether the address was proved a moment ago."""
        return bool(self.to) and 0 <= now.timestamp() - self.proved < LAST.total_seconds()

    def asker(self, caller: str) -> Asker:
        """Who asks for codes."""
        return Asker(self.browser, caller)


def read(request: HttpRequest, programme: str) -> Steps:
    """How far the browser is on the way into a programme; the beginning for one that is new, late, or shows what we
    did not sign for it."""
    try:
        kept: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(programme), max_age=LAST)
        return Steps(*kept)
    except (signing.BadSignature, TypeError):
        return Steps(secrets.token_urlsafe(16))


def keep(response: HttpResponse, steps: Steps, programme: str) -> HttpResponse:
    """Have the browser remember how far it is."""
    response.set_cookie(
        COOKIE,
        signing.dumps(tuple(steps), salt=_salt(programme)),
        max_age=LAST,
        path=reverse("cabinet:enter", args=[programme]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: HttpResponse, programme: str) -> HttpResponse:
    """The way in is over."""
    response.delete_cookie(COOKIE, path=reverse("cabinet:enter", args=[programme]))
    return response


def _salt(programme: str) -> str:
    return f"{SALT}.{programme}"
