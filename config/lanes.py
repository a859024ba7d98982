"""Middleware that only pages need: the API's requests pass it by.

A till has no session, no messages, and no page whose scripts must be watched; together these cost it
more than the API's own door. They are subclasses, so that the checks of Django and of the libraries
still find what they ask for. What costs nothing (CSRF, frames, login attempts) stays as it is.
"""

from __future__ import annotations

from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_htmx.middleware import HtmxMiddleware

API, API_PAGE, ADMIN = "/api/v1/", "/api/v1/docs/", "/admin/"
#: What is under these addresses is for one pair of eyes.
PERSONAL = ("/till/", ADMIN)
NUL = "\0"


def _is_page(request: HttpRequest) -> bool:
    path = request.path_info
    return not path.startswith(API) or path.startswith(API_PAGE)


class _ForPages:
    """Mixed into a middleware: steps aside for requests of the API, but not for its documentation page."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if not _is_page(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class ContentPolicy(_ForPages, CSPMiddleware):
    """What a browser may load. The back office's library writes styles into the page and evaluates expressions
    (Alpine.js): these two are let in there, and nothing else."""

    def get_policy_parts(self, request: HttpRequest, response: Any, report_only: bool = False) -> Any:
        """The policy of the settings, and what the back office needs beyond it."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**settings.BACK_OFFICE_POLICY, **(parts.update or {})}
        return parts


class Session(_ForPages, SessionMiddleware):
    """Sessions: put off while somebody is there. What a session shows is nobody's on the way to keep."""

    def process_response(  # type: ignore[override]
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Save the session if it changed, and put its end off if it was used."""
        answer = super().process_response(request, response)  # type: ignore[arg-type]
        if request.session.accessed or request.path_info.startswith(PERSONAL):
            answer.headers.setdefault("Cache-Control", "no-store")
        if request.session.accessed and hasattr(request.session, "stay"):
            request.session.stay(timezone.now())
        return answer


class Legible:
    """Refuses requests with U+0000 in them, which no text of the database can hold: address, form, cookies.

    The API's own door says which field it is. Contents of uploaded files are their readers' matter.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        asked = request.META.get("QUERY_STRING", "")
        if _is_page(request) and (
            NUL in request.path_info
            or "%00" in asked
            or NUL in asked
            or NUL in "".join(request.COOKIES.values())
        ):
            raise BadRequest("U+0000 in the address")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        """Look into the form, which the CSRF check has read by now."""
        if request.method != "POST" or not _is_page(request):
            return
        for name, values in request.POST.lists():
            if NUL in name or any(NUL in value for value in values):
                raise BadRequest("U+0000 in the form")


class Authentication(_ForPages, AuthenticationMiddleware):
    """Who is logged in."""


class Messages(_ForPages, MessageMiddleware):
    """Messages for the next page."""


class Htmx(_ForPages, HtmxMiddleware):
    """``request.htmx``."""
