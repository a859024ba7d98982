"""The way in: a phone or an e-mail, a code, and for somebody new a name and what they agree to. No password."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cabinet import access, asking, steps
from cabinet.steps import Steps
from campaigns.occasions import registration
from foundation.refusals import Conflict, Fault, Invalid, Refusal, Refused, TooMany
from loyalty.appearance import arrivals
from loyalty.models import Programme
from loyalty.shops import finder, membership
from members import bounds, referral
from members.codes import entry
from members.codes.entry import Address
from members.lookup import lookup
from members.lookup.lookup import Manner
from members.models import Member
from members.registration import Newcomer

#: From where people come who follow no link.
OWN = "cabinet"


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The programmes that run here; the only one opens by itself."""
    running = list(Programme.objects.filter(active=True).order_by("name"))
    if len(running) == 1:
        return redirect("cabinet:home", programme=running[0].code)
    return render(request, "cabinet/programmes.html", {"programmes": running})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, programme: str) -> HttpResponse:
    """Ask for a phone or an e-mail, and send a code there. The same happens for whoever is known and who is not."""
    here = access.programme_of(programme)
    at = steps.read(request, programme)
    visit = access.visit_of(request, programme)
    if visit is not None:
        _tell_of_friend(request, here, at._replace(friend=request.GET.get("friend", "")[:16]), visit.member)
        return redirect("cabinet:home", programme=programme)
    at = at._replace(
        friend=request.GET.get("friend", at.friend)[:16],
        source=arrivals.read(request.GET.get("from", "")) or at.source,
        invitation=_token(request.GET.get("invitation", at.invitation)),
    )
    if request.method == "GET":
        _count(here, request.GET.get("from", ""))
    typed = request.POST.get("to", at.to).strip()
    fault = ""
    if request.method == "POST":
        try:
            address = read_address(typed, membership.manner_of_programme(here))
            _send(request, at, address, here)
            answer = redirect("cabinet:code", programme=programme)
            return steps.keep(answer, at._replace(kind=address.kind, to=address.to, proved=0), programme)
        except Refusal as refusal:
            fault = in_a_sentence(refusal)
    status = 422 if fault else 200
    friend = _friend(at, here)
    page = {"programme": here, "typed": typed, "fault": fault, "friend": friend and friend.first_name}
    return steps.keep(render(request, "cabinet/enter.html", page, status=status), at, programme)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, programme: str) -> HttpResponse:
    """Ask for the code. Who gives the right one is let in, or asked who they are."""
    here, at = access.programme_of(programme), steps.read(request, programme)
    if at.address is None:
        return redirect("cabinet:enter", programme=programme)
    fault, sent = "", ""
    if request.method == "POST":
        try:
            if "again" in request.POST:
                _send(request, at, at.address, here)
                sent = _("A new code is on its way; the one before is over.")
            else:
                asker = at.asker(access.caller_of(request))
                entry.prove(at.address, asker, request.POST.get("code", ""), timezone.now())
                return _proceed(request, here, at._replace(proved=timezone.now().timestamp()))
        except Refusal as refusal:
            fault = in_a_sentence(refusal)
    page = {"programme": here, "to": at.to, "kind": at.kind, "fault": fault, "sent": sent}
    return render(request, "cabinet/code.html", page, status=422 if fault else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, programme: str) -> HttpResponse:
    """Who proved a phone or e-mail that nobody is known by joins: a name, and what they agree to."""
    here, at = access.programme_of(programme), steps.read(request, programme)
    if at.address is None or not at.proven(timezone.now()):
        return redirect("cabinet:enter", programme=programme)
    form = asking.Answers(request.POST or None, questions=asking.questions(here, [at.kind]), needs=True)
    fault = ""
    if request.method == "POST" and form.is_valid():
        try:
            member = _register(request, here, at, form)
            return _let_in(request, here, member, at)
        except Conflict:  # a second tab, or a double click: they are known now
            return _proceed(request, here, at)
        except Refused as refusal:
            fault = in_a_sentence(refusal)
    friend = _friend(at, here)
    page = {"programme": here, "form": form, "fault": fault, "friend": friend and friend.first_name}
    status = 422 if fault or form.errors else 200
    return render(request, "cabinet/join.html", page, status=status)


def _count(programme: Programme, source: str) -> None:
    """Count that a store's code was scanned; a landing page counts its visits itself."""
    store = source.removeprefix(arrivals.STORE)
    if store != source and finder.of_programme(programme).filter(code=store).exists():
        today = timezone.now().astimezone(ZoneInfo(programme.time_zone)).date()
        arrivals.note(programme, source, today)


def read_address(text: str, manner: Manner) -> Address:
    """What was typed, as an address. Raises ``Invalid``."""
    faults = list(bounds.text_fault("to", text, bounds.WHO["email"]))
    if faults:
        raise Invalid(*faults)
    if "@" in text:
        try:
            validate_email(text)
            # letters like the Kelvin sign become others when an address is looked up in small letters: the code
            # would go to one mailbox, and the card of another be opened
            text.partition("@")[0].encode("ascii")
        except (ValidationError, UnicodeEncodeError) as error:
            raise _invalid("email", _("Write the e-mail address in full, like anna@example.org.")) from error
        return Address("email", text)
    if not text:
        raise _invalid("to", _("Give your phone number, or your e-mail address."))
    return Address("sms", lookup.read_phone(text, manner.country))


def _send(request: HttpRequest, at: Steps, address: Address, programme: Programme) -> None:
    """Send a code. Says whose it is, so that nobody gives it to somebody else."""
    text = _("{code} is your code for %(programme)s. Give it to nobody.") % {"programme": programme.name}
    subject = _("Your code for %(programme)s") % {"programme": programme.name}
    entry.send(address, at.asker(access.caller_of(request)), subject, text, timezone.now(), programme.name)


def _proceed(request: HttpRequest, programme: Programme, at: Steps) -> HttpResponse:
    """After a proof: the member whose address it is comes in; nobody's is asked who they are."""
    address = at.address
    assert address is not None
    form = "email" if address.kind == "email" else "phone"
    sought = lookup.seek(form, address.to, membership.manner_of_programme(programme))
    member = lookup.find(sought, timezone.now(), membership.among([programme.pk]))
    if member is None:
        return steps.keep(redirect("cabinet:join", programme=programme.code), at, programme.code)
    if member.status != Member.Status.ACTIVE:
        page = {"programme": programme}
        return steps.forget(render(request, "cabinet/blocked.html", page, status=403), programme.code)
    _tell_of_friend(request, programme, at, member)
    return _let_in(request, programme, member, at)


def _let_in(request: HttpRequest, programme: Programme, member: Member, at: Steps) -> HttpResponse:
    answer = redirect("cabinet:home", programme=programme.code)
    if at.invitation:
        answer = redirect("cabinet:invited", programme=programme.code, token=at.invitation)
    return steps.forget(access.let_in(request, answer, member, programme), programme.code)


def _register(request: HttpRequest, programme: Programme, at: Steps, form: asking.Answers) -> Member:
    """Raises ``Conflict`` when they are known by now. A friend's link that is none is no hindrance, and a phone in
    it is none: else anybody could ask here whose phones are known."""
    friend = _friend(at, programme)
    phone, email = (at.to, None) if at.kind == "sms" else (None, at.to)
    newcomer = Newcomer(
        phone=phone,
        email=email,
        first_name=form.cleaned_data["first_name"],
        language=get_language() or "en",
        referral=friend.referral_code if friend else None,
        said=form.said(),
        channel=OWN,
        source=at.source or OWN,
        evidence={
            "address": access.caller_of(request),
            "device": access.name_of(request),
            "programme": programme.code,
            "proved": at.kind,
        },
    )
    manner = membership.manner_of_programme(programme)
    return registration.register(newcomer, programme.pk, timezone.now(), [programme.pk], manner)


def _token(text: str) -> str:
    """The token of an invitation, as its link carries it; empty for what cannot be one."""
    return text if re.fullmatch(r"[-\w]{1,32}", text, re.ASCII) else ""


def _tell_of_friend(request: HttpRequest, programme: Programme, at: Steps, member: Member) -> None:
    """Tell somebody who is a member already why the link that they followed brings nobody anything."""
    friend = _friend(at, programme)
    if friend is not None:
        messages.info(request, referral.explain_to_member(friend, member))


def _friend(at: Steps, programme: Programme) -> Member | None:
    """The friend whose link was followed."""
    found = Member.objects.filter(referral_code=at.friend.upper(), status=Member.Status.ACTIVE)
    here = found.filter(holdings__programme=programme) if at.friend else found.none()
    return here.first()


def _invalid(field: str, detail: str) -> Refusal:
    return Invalid(Fault(field, "invalid", detail))


def in_a_sentence(refusal: Refusal) -> str:
    """A refusal, as one sentence for the field beside which it stands."""
    if isinstance(refusal, TooMany):
        return _wait(refusal.wait.total_seconds())
    return refusal.faults[0].detail if refusal.faults else refusal.detail


def _wait(seconds: float) -> str:
    said: dict[str, Any] = {"seconds": int(seconds) + 1, "minutes": int(seconds) // 60 + 1}
    if seconds < 120:
        return _("A code was sent a moment ago. You can ask for another in %(seconds)s seconds.") % said
    return _("Too many codes were asked for. Try again in %(minutes)s minutes.") % said
