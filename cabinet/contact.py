"""Another phone or e-mail: a code to the address that it replaces, and one to the new one.

What is remembered between the two pages is in a signed cookie of this member's, for a quarter of an hour: nothing of
an address that nobody proved is on the server.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cabinet import access
from cabinet.access import Visit, for_members
from cabinet.entry import in_a_sentence, read_address
from foundation.refusals import Fault, Invalid, Refusal
from loyalty.models import Holder
from loyalty.shops import membership
from members import contacts
from members.codes import entry
from members.codes.entry import Address, Asker
from members.registration import Circle

COOKIE = "regulars_contact"
LAST = timedelta(minutes=15)


class Wanted(NamedTuple):
    """The address that a member wants, from which browser, and when they proved the old one (0: not yet)."""

    browser: str
    kind: str
    to: str
    proved: float = 0

    @property
    def address(self) -> Address:
        """Where the new code goes."""
        return Address(self.kind, self.to)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def ask(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """Ask for the new address, and send both codes."""
    if kind not in contacts.FIELDS:
        raise Http404
    typed, fault = request.POST.get("to", "").strip(), ""
    if request.method == "POST":
        try:
            wanted = Wanted(secrets.token_urlsafe(16), kind, _read(typed, kind, visit))
            _send(request, visit, wanted)
            answer = redirect("cabinet:contact_code", visit.programme.code, kind)
            return _keep(answer, visit, wanted)
        except Refusal as refusal:
            fault = in_a_sentence(refusal)
    page = _page(visit, kind) | {"typed": typed, "fault": fault}
    return render(request, "cabinet/contact.html", page, status=422 if fault else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def code(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    """Ask for both codes, and change the address."""
    wanted = _kept(request, visit)
    if wanted is None or wanted.kind != kind:
        return redirect("cabinet:contact", visit.programme.code, kind)
    now = timezone.now()
    faults: dict[str, str] = {}
    if request.method == "POST":
        wanted, faults = _prove(request, visit, wanted, now)
        if not faults:
            done = redirect("cabinet:me", programme=visit.programme.code)
            done.delete_cookie(COOKIE, path=_path(visit))
            return done
    page = _page(visit, kind) | {"faults": faults, "to": wanted.to, "is_proved": _is_proved(wanted, now)}
    answer = render(request, "cabinet/contact_code.html", page, status=422 if faults else 200)
    return _keep(answer, visit, wanted)


def _prove(
    request: HttpRequest, visit: Visit, wanted: Wanted, now: datetime
) -> tuple[Wanted, dict[str, str]]:
    """Take both codes, and change the address; what is wrong by its field. A code that was right is not asked again."""
    asker, old = _asker(request, wanted), contacts.old_of(visit.member, wanted.kind)
    step = "old"
    try:
        if old is not None and not _is_proved(wanted, now):
            entry.prove(old, asker, request.POST.get("old", ""), now)
            wanted = wanted._replace(proved=now.timestamp())
        step = "new"
        entry.prove(wanted.address, asker, request.POST.get("new", ""), now)
        contacts.change(visit.member.pk, wanted.address, _circle(visit), now, programme=visit.programme.name)
    except Refusal as refusal:
        return wanted, {step: in_a_sentence(refusal)}
    messages.success(request, _("Saved."))
    return wanted, {}


def _read(typed: str, kind: str, visit: Visit) -> str:
    address = read_address(typed, membership.manner_of_programme(visit.programme))
    if address.kind != kind:
        told = (
            _("Give a phone here.")
            if kind == "sms"
            else _("Write the e-mail address in full, like anna@example.org.")
        )
        raise Invalid(Fault("to", "other_kind", told))
    if address.to == getattr(visit.member, contacts.FIELDS[kind]):
        raise Invalid(Fault("to", "same", _("This is the one that we have.")))
    return address.to


def _send(request: HttpRequest, visit: Visit, wanted: Wanted) -> None:
    """A code to each address, each saying what it is for."""
    now, asker, name = timezone.now(), _asker(request, wanted), {"programme": visit.programme.name}
    subject = _("Your code for %(programme)s") % name
    old = contacts.old_of(visit.member, wanted.kind)
    if old is not None:
        said = _("{code} confirms that your address at %(programme)s is replaced. Give it to nobody.") % name
        entry.send(old, asker, subject, said, now)
    said = _("{code} confirms that this is your address at %(programme)s. Give it to nobody.") % name
    entry.send(wanted.address, asker, subject, said, now)


def _circle(visit: Visit) -> Circle:
    mine = Holder.objects.filter(member=visit.member).values_list("programme", flat=True)
    manner = membership.manner_of_programme(visit.programme)
    return Circle(membership.among(list(mine)), manner, visit.programme.code)


def _asker(request: HttpRequest, wanted: Wanted) -> Asker:
    return Asker(wanted.browser, access.caller_of(request))


def _is_proved(wanted: Wanted, now: datetime) -> bool:
    return 0 <= now.timestamp() - wanted.proved < LAST.total_seconds()


def _page(visit: Visit, kind: str) -> dict[str, Any]:
    old = contacts.old_of(visit.member, kind)
    return {"visit": visit, "programme": visit.programme, "screen": "me", "kind": kind, "old": old}


def _path(visit: Visit) -> str:
    return reverse("cabinet:me", args=[visit.programme.code])


def _salt(visit: Visit) -> str:
    return f"cabinet.contact.{visit.programme.code}.{visit.member.pk}"


def _keep(answer: HttpResponse, visit: Visit, wanted: Wanted) -> HttpResponse:
    answer.set_cookie(
        COOKIE, signing.dumps(tuple(wanted), salt=_salt(visit)), max_age=LAST, path=_path(visit),
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip
    return answer


def _kept(request: HttpRequest, visit: Visit) -> Wanted | None:
    try:
        kept: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(visit), max_age=LAST)
        return Wanted(*kept)
    except (signing.BadSignature, TypeError):
        return None
