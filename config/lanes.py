"""Middleware that only pages need: the API's requests pass it by.

A till has no session, no messages, and no page whose scripts must be watched; together these cost it
more than the API's own door. They are subclasses, so that the checks of Django and of the libraries
still find what they ask for. What costs nothing (CSRF, frames, login attempts) stays as it is.
"""

from __future__ import annotations

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django_htmx.middleware import HtmxMiddleware

API, API_PAGE = "/api/v1/", "/api/v1/docs/"


class _ForPages:
    """Mixed into a middleware: steps aside for requests of the API, but not for its documentation page."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        path = request.path_info
        if path.startswith(API) and not path.startswith(API_PAGE):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class ContentPolicy(_ForPages, CSPMiddleware):
    """What a browser may load."""


class Session(_ForPages, SessionMiddleware):
    """Sessions."""


class Authentication(_ForPages, AuthenticationMiddleware):
    """Who is logged in."""


class Messages(_ForPages, MessageMiddleware):
    """Messages for the next page."""


class Htmx(_ForPages, HtmxMiddleware):
    """``request.htmx``."""
