"""Addresses of the public site: under the programme's own domain it begins at the root."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from loyalty.appearance import domains, look
from loyalty.models import Programme


def path(request: HttpRequest, programme: Programme, name: str, *args: object) -> str:
    """The path of a page of the site, as it is where the request came to."""
    found = reverse(f"site:{name}", args=[programme.code, *args])
    own = getattr(request, "own_programme", None) == programme.code
    return _short(found, programme) if own else found


def address(request: HttpRequest, programme: Programme, name: str, *args: object) -> str:
    """The whole address of a page, the same wherever it is asked for: at the programme's domain where it has one."""
    found, domain = reverse(f"site:{name}", args=[programme.code, *args]), look.of(programme.pk).domain
    origin = domains.origin(domain, request.build_absolute_uri("/"))
    return origin + (_short(found, programme) if domain else found)


def _short(path: str, programme: Programme) -> str:
    return path.removeprefix(reverse("site:home", args=[programme.code]).removesuffix("/"))
