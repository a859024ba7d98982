"""Members at the till: found, registered, read, and sent codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from campaigns.checkout import story
from campaigns.occasions import registration
from foundation.refusals import Fault, Invalid, Refused
from loyalty.models import Programme
from members import bounds, consents
from members.codes import confirmation
from members.lookup import lookup
from members.registration import Newcomer
from pos import bodies, guard, profiles, schema, statement
from pos.bodies import JoinBody, MemberBody
from pos.endpoint import Endpoint, reply
from pos.guard import Kind
from pos.idempotency import Done, once
from pos.keys import Client


class Lookup(Endpoint):
    """Find a member."""

    @schema.LOOKUP
    def post(self, request: Request) -> HttpResponse:
        """The member known by a phone, card, e-mail, code or id."""
        raw = bodies.load(self.plain_request)
        wanted = bodies.decode(raw, bodies.who)
        form, value = bodies.require_who(wanted, "")
        with guard.watching(self.client, self.address, form, value, timezone.now()):
            return once(self.plain_request, self.client, raw, lambda: Done(self._find(form, value), 200))

    def _find(self, form: str, value: str) -> dict[str, Any]:
        now = timezone.now()
        return profiles.tell(profiles.find(form, value, self.client, now), self.client, now)


class Members(Endpoint):
    """Register a member."""

    @schema.REGISTER
    def post(self, request: Request) -> HttpResponse:
        """Express registration at the till: the person, a card, an account, the welcome bonus."""
        raw = bodies.load(self.plain_request)
        given = bodies.decode(raw, bodies.member)
        newcomer = self._check(given)
        guessers, now = guard.of_client(self.client, self.address), timezone.now()
        if newcomer.referral:
            guard.require_free(Kind.MEMBER, guessers, now, self.client)
        try:
            answer = once(self.plain_request, self.client, raw, lambda: self._register(newcomer))
        except Refused as refusal:
            if refusal.code == "referral_not_found":
                guard.note(Kind.MEMBER, guessers, [newcomer.referral or ""], now)
            raise
        said = {"phone": newcomer.phone, "card": newcomer.card, "email": newcomer.email}
        manner = self.client.manner
        guard.forgive(
            guessers, (lookup.spelling(form, value, manner) for form, value in said.items() if value)
        )
        return answer

    def _check(self, given: MemberBody) -> Newcomer:
        faults = list(_faults(given, timezone.localdate()))
        if faults:
            raise Invalid(*faults)
        client = self.client
        return Newcomer(
            phone=lookup.read_phone(given.phone, client.manner.country) if given.phone else None,
            card=given.card or None,
            email=given.email or None,
            first_name=given.first_name or "",
            middle_name=given.middle_name or "",
            last_name=given.last_name or "",
            birthday=given.birthday,
            gender=given.gender or "",
            language=given.language or settings.LANGUAGE_CODE,
            referral=given.referral or None,
            consents=given.consents or {},
            channel="pos",
            source=f"api:{client.partner}",
            evidence=_evidence(client),
            cashier=given.cashier or "",
            partner=client.partner,
        )

    def _register(self, newcomer: Newcomer) -> Done:
        now = timezone.now()
        profiles.require_programme(self.client)
        here, manner = self.client.programmes, self.client.manner
        member = registration.register(newcomer, here[0], now, here, manner)
        return Done(profiles.tell(member, self.client, now), 201)


class Member(Endpoint):
    """One member."""

    @schema.MEMBER
    def get(self, request: Request, member_id: str) -> HttpResponse:
        """The member of that id."""
        now = timezone.now()
        member = profiles.find("id", member_id, self.client, now)
        return reply(profiles.tell(member, self.client, now))


class Programmes(Endpoint):
    """The programmes that a member takes part in."""

    @schema.JOIN
    def post(self, request: Request, member_id: str) -> HttpResponse:
        """Let a member join another of the partner's programmes, on their word. Joining twice is joining once."""
        raw = bodies.load(self.plain_request)
        given = bodies.decode(raw, bodies.join)
        faults = tuple(_consent_faults(given.consents))
        if faults:
            raise Invalid(*faults)
        return once(self.plain_request, self.client, raw, lambda: self._join(member_id, given))

    def _join(self, member_id: str, given: JoinBody) -> Done:
        now = timezone.now()
        member = profiles.find("id", member_id, self.client, now)
        programme = Programme.objects.filter(id__in=self.client.programmes, code=given.programme).first()
        if programme is None:
            detail = _("This partner takes part in no programme “%(code)s”.") % {"code": given.programme}
            raise Refused("no_programme", detail)
        by = _evidence(self.client) | {"channel": "pos", "source": f"api:{self.client.partner}"}
        new = registration.join(member, programme.pk, now, by, given.consents or {})
        return Done(profiles.tell(member, self.client, now), 201 if new else 200)


class Transfers(Endpoint):
    """A member's statement."""

    @schema.TRANSFERS
    def get(self, request: Request, member_id: str) -> HttpResponse:
        """The movements of the member's points, newest first, with the reason for each."""
        member = profiles.find("id", member_id, self.client, timezone.now())
        return reply(statement.page(member, self.client, self.plain_request.GET.get("cursor", "")))


class ConfirmationCodes(Endpoint):
    """Codes by which a member confirms that points are spent."""

    @schema.SEND_CODE
    def post(self, request: Request, member_id: str) -> HttpResponse:
        """Send the member a code."""
        raw = bodies.load(self.plain_request)
        bodies.decode(raw or b"{}", bodies.nothing)
        return once(self.plain_request, self.client, raw, lambda: self._send(member_id))

    def _send(self, member_id: str) -> Done:
        now = timezone.now()
        member = profiles.find("id", member_id, self.client, now)
        if member.status != "active":
            raise Refused("member_blocked", _("The member is blocked."))
        try:
            sent = confirmation.send(member, now)
        except confirmation.TooSoon as error:
            raise Throttled(error.wait.total_seconds(), _("A code was sent a moment ago.")) from error
        return Done({"channel": sent.channel, "expires_at": story.moment(sent.expires_at)}, 202)


def _faults(given: MemberBody, today: date) -> Iterator[Fault]:
    if not given.phone and not given.card:
        yield Fault("phone", "required", _("Give a phone, a card, or both."))
    yield from bounds.text_faults({name: getattr(given, name) for name in bounds.MEMBER}, bounds.MEMBER)
    if given.email:
        try:
            validate_email(given.email)
        except ValidationError:
            yield Fault("email", "not_an_email", _("Give an e-mail address, like anna@example.org."))
    if given.birthday is not None and not 1900 <= given.birthday.year <= today.year:
        yield Fault("birthday", "out_of_range", _("Give the day of birth, like 1990-05-17."))
    if given.language and given.language not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        yield Fault("language", "unknown", _("Use one of %(known)s.") % {"known": known})
    yield from _consent_faults(given.consents)


def _evidence(client: Client) -> dict[str, str | None]:
    """How it is known what a member said: who called."""
    return {"partner": client.partner, "store": client.store, "till": client.till, "key": client.name}


def _consent_faults(given: Mapping[str, bool] | None) -> Iterator[Fault]:
    for channel in given or {}:
        if channel not in consents.CHANNELS:
            known = ", ".join(consents.CHANNELS)
            yield Fault(f"consents.{channel}", "unknown", _("Use one of %(known)s.") % {"known": known})
