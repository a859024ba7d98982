"""About me: what I say of myself, the ways to everything else, and on which devices I am logged in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cabinet import keys
from cabinet.access import Visit, for_members
from foundation.refusals import Invalid, Refusal
from members import devices, profile
from members.erasure import departures
from members.lookup import phones
from members.models import Member
from members.profile import Profile
from messaging.helpdesk import requests
from messaging.helpdesk.requests import About, Written


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything that the member may change about themselves."""
    return _page(request, visit)


@require_POST
@for_members
def rename(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Change what the member says of themselves, and in which language they are written to."""
    said = profile.read(request.POST)
    try:
        profile.write(visit.member, said, _today(visit))
    except Invalid as refusal:
        faults = {fault.field: fault.detail for fault in refusal.faults}
        return _page(request, visit, faults, said, status=422)
    language = visit.member.language
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
def correct_birthday(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for a birthday to be corrected: it was given once, and people look at whether it is right."""
    typed = request.POST.get("birthday", "").strip()
    try:
        day = profile.birthday_of(typed, _today(visit))
        text = _("My birthday is wrong. The right day is %(day)s.") % {"day": day.isoformat()}
        asked = requests.ask(
            visit.member, visit.programme, Written(keys.read(request), text), About(), timezone.now()
        )
    except Refusal as refusal:
        told = refusal.faults[0].detail if refusal.faults else refusal.detail
        return _page(request, visit, status=422, birthday_fault=told, birthday_typed=typed)
    messages.success(request, _("We have your request, and answer it here."))
    return redirect("cabinet:help_request", visit.programme.code, asked.pk)


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


def _page(
    request: HttpRequest,
    visit: Visit,
    faults: Mapping[str, str] | None = None,
    said: Profile | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    member = visit.member
    here = devices.in_use(timezone.now()).filter(member=member, circle=visit.programme.code)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "phone": phones.mask(member.phone) if member.phone else "",
        "fields": _fields(member, said, faults or {}),
        "departure": departures.of_member(member, visit.programme.code),
        "devices": list(here.order_by("-seen_at")),
    }
    return render(request, "cabinet/me.html", page | more, status=status)


def _fields(member: Member, said: Profile | None, faults: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields of the profile, as typed or as kept; a birthday only while there is none."""
    languages = [
        (code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES
    ]
    told: list[tuple[str, Any, str, str, Any]] = [
        ("first_name", _("First name"), "text", "given-name", None),
        ("middle_name", _("Middle name"), "text", "additional-name", None),
        ("last_name", _("Last name"), "text", "family-name", None),
        ("gender", _("Gender"), "", "", Member.Gender.choices),
        ("birthday", _("Birthday"), "date", "bday", None),
        ("language", _("Language"), "", "", languages),
    ]
    return [
        {"name": name, "label": label, "type": type_, "autocomplete": hint, "choices": choices,
         "value": getattr(said or member, name) or "", "fault": faults.get(name, "")}
        for name, label, type_, hint, choices in told
        if name != "birthday" or member.birthday is None
    ]  # fmt: skip


def _today(visit: Visit) -> date:
    return timezone.now().astimezone(ZoneInfo(visit.programme.time_zone)).date()
