"""What pages are made of: the colours of a programme as a stylesheet, pictures, and what robots may read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cabinet import access
from loyalty.appearance import look
from loyalty.models import Picture

FOR_EVER = "public, max-age=31536000, immutable"
#: The doors are nobody's to find by a search; the public sites are.
CLOSED = ("/admin/", "/api/", "/cabinet/", "/outbox/", "/till/")
ROBOTS = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in CLOSED)])


@require_safe
def stylesheet(request: HttpRequest, programme: str, version: str) -> HttpResponse:
    """The programme's colours. Of another version than it has now, only for this once."""
    shown = look.of(access.programme_of(programme).pk)
    answer = HttpResponse(shown.stylesheet, content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = FOR_EVER if shown.version == version else "no-store"
    return answer


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """A picture, by the digest of its content: it is never another one."""
    found = get_object_or_404(Picture, pk=digest)
    answer = HttpResponse(bytes(found.content), content_type=found.mime)
    answer["Cache-Control"] = FOR_EVER
    return answer


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What may be read by robots: pages that anybody may see."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
