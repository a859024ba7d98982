"""About me: name and language, the ways to everything else, and on which devices I am logged in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cabinet.access import Visit, for_members
from members import devices
from members.lookup import phones


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything that the member may change about themselves."""
    return _page(request, visit)


@require_POST
@for_members
def rename(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Change how the member is greeted, and in which language they are written to."""
    first = request.POST.get("first_name", "").strip()
    last = request.POST.get("last_name", "").strip()
    language = request.POST.get("language", "")
    faults = {}
    if not first:
        faults["first_name"] = _("Tell us your first name, so that we know how to greet you.")
    for field, text in (("first_name", first), ("last_name", last)):
        if len(text) > 80:
            faults[field] = _("At most 80 characters.")
    if language not in dict(settings.LANGUAGES):
        faults["language"] = _("Choose one of the languages.")
    if faults:
        return _page(request, visit, faults=faults, typed=request.POST, status=422)
    member = visit.member
    member.first_name, member.last_name, member.language = first, last, language
    member.save(update_fields=["first_name", "last_name", "language"])
    messages.success(request, _("Saved."))
    answer = redirect("cabinet:me", programme=visit.programme.code)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE or devices.LIFE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return answer


@require_POST
@for_members
def end_device(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Log out on another device, or on all others."""
    wanted = request.POST.get("device", "")
    if wanted == "others":
        devices.end(visit.member, timezone.now(), but=visit.device.id)
    else:
        with suppress(ValueError):
            devices.end(visit.member, timezone.now(), device_id=UUID(wanted))
    messages.success(request, _("Logged out there."))
    return redirect("cabinet:me", programme=visit.programme.code)


def _page(request: HttpRequest, visit: Visit, status: int = 200, **more: Any) -> HttpResponse:
    member = visit.member
    here = devices.in_use(timezone.now()).filter(member=member, circle=visit.programme.code)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "phone": phones.mask(member.phone) if member.phone else "",
        "languages": settings.LANGUAGES,
        "devices": list(here.order_by("-seen_at")),
    }
    return render(request, "cabinet/me.html", page | more, status=status)
