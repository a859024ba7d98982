"""Domains of programmes: there the public site begins at the root, and beside it is only that programme's cabinet.

``ALLOWED_HOSTS`` stays what it is: the names of the house. A name that is not among them is let in only where it is,
letter by letter, the domain that a manager gave one programme, so nobody can have links made up for a host of theirs.
Whatever else the house has (the back office, tills, the API, other programmes) is not there under such a name.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect
from django.urls import reverse

from loyalty.appearance import domains

#: What is the same under every name: choosing a language, files, pictures, and what robots may read.
SHARED = ("/i18n/", "/static/", "/pictures/", "/robots.txt")


class ProgrammeDomain:
    """Middleware, before whatever asks for the host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer under the name of the house as ever, under a programme's what is that programme's."""
        named = request.META.get("HTTP_HOST", "")
        host = split_domain_port(named)[0]
        if not host or host in settings.ALLOWED_HOSTS:
            return self.get_response(request)
        code = domains.programme_at(host)
        if code is None:
            return self.get_response(request)
        request.own_programme = code  # type: ignore[attr-defined]
        request.get_host = lambda: named  # type: ignore[method-assign]
        if request.path_info == reverse("cabinet:programmes"):
            return redirect("cabinet:home", programme=code)
        request.path_info = self._path(request.path_info, code)
        return self.get_response(request)

    def _path(self, path: str, code: str) -> str:
        """Where a path under a programme's name leads; what is not the programme's leads nowhere."""
        own = (reverse("cabinet:home", args=[code]), reverse("site:home", args=[code]))
        return path if path.startswith((*SHARED, *own)) else own[1].removesuffix("/") + path
