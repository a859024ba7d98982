"""About me: name and language, what I agreed to, and on which devices I am logged in."""

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

from cabinet import access
from cabinet.access import Visit, for_members
from members import consent_texts, consents, devices
from members.consents import Said
from members.lookup import phones
from members.models import Purpose

#: What is asked here: news and offers by each channel, which is agreed to by itself, and offers made for somebody.
ASKED = ((Purpose.MARKETING, "sms"), (Purpose.MARKETING, "email"), (Purpose.PROFILING, ""))


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
def agree(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Give or withdraw one consent; it counts from this moment. The one by which somebody takes part stays here."""
    purpose, channel = request.POST.get("purpose", ""), request.POST.get("channel", "")
    granted = request.POST.get("granted") == "yes"
    if (purpose, channel) not in ASKED or request.POST.get("granted") not in ("yes", "no"):
        return redirect("cabinet:me", programme=visit.programme.code)
    text = consent_texts.current(visit.programme.code, purpose, request.LANGUAGE_CODE)
    before = {(row.purpose, row.channel): row for row in consents.newest(visit.member)}.get(
        (purpose, channel)
    )
    if before is None or (before.granted, before.text_id) != (granted, text.id):  # else it was said twice
        evidence = {"address": access.caller_of(request), "device": visit.device.name}
        said = Said(purpose, granted, channel=channel, text=text)
        consents.write(visit.member, [said], timezone.now(), "cabinet", evidence)
    messages.success(request, _("Noted: yes.") if granted else _("Noted: no."))
    return redirect("cabinet:me", programme=visit.programme.code)


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
        "questions": _questions(visit, request.LANGUAGE_CODE),
        "devices": list(here.order_by("-seen_at")),
    }
    return render(request, "cabinet/me.html", page | more, status=status)


def _questions(visit: Visit, language: str) -> list[dict[str, Any]]:
    """The consents that can be given and withdrawn here, as they stand, with the text that was shown."""
    said = {(row.purpose, row.channel): row for row in consents.newest(visit.member)}
    told = []
    for purpose, channel in ASKED:
        row = said.get((purpose, channel))
        text = consent_texts.current(visit.programme.code, purpose, language)
        told.append(
            {
                "purpose": purpose,
                "channel": channel,
                "name": consents.name(purpose, channel),
                "text": text.text,
                "granted": bool(row and row.granted),
                "at": row.at if row else None,
            }
        )
    return told
