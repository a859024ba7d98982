"""Codes as pictures, for a browser that makes none itself: the card's of the moment, and those of coupons."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members
from members.lookup import rotating
from rewards.coupons import pictures
from rewards.models import Coupon


@require_safe
@for_members
def card(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The code that the card shows now: good for a few minutes, as the page is."""
    return _picture(rotating.code_at(visit.device.number, timezone.now()))


@require_safe
@for_members
def coupon(request: HttpRequest, visit: Visit, code: str) -> HttpResponse:
    """The code of a coupon of the member's own."""
    mine = Coupon.objects.filter(programme=visit.programme, member=visit.member, code=code)
    if not mine.exists():
        raise Http404
    return _picture(code)


def _picture(code: str) -> HttpResponse:
    return HttpResponse(pictures.picture(code), "image/svg+xml")
