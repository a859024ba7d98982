"""Events that shop systems report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from campaigns.checkout.sale import AHEAD
from campaigns.occasions import occasions
from foundation.refusals import Fault, Invalid, Missing, Refused
from members import bounds
from pos import bodies, guard, idempotency, profiles, schema
from pos.bodies import EventBody
from pos.endpoint import Endpoint
from pos.idempotency import Done


class Events(Endpoint):
    """Something a member did that campaigns may reward."""

    @schema.EVENT
    def post(self, request: Request) -> HttpResponse:
        """Report an event. The same type and key again is answered as the first time."""
        raw = bodies.load(self.plain_request)
        given = bodies.decode(raw, bodies.event)
        now = timezone.now()
        faults = list(_faults(given, now))
        if faults:
            raise Invalid(*faults)
        form, value = bodies.require_who(given.member)
        content = idempotency.content_hash(self.plain_request.path, raw)
        with guard.watching(self.client, self.address, form, value, now):
            done = idempotency.keyed(
                self.client, _key(given), content, lambda: self._report(given, form, value, now)
            )
        return idempotency.answer(done)

    def _report(self, given: EventBody, form: str, value: str, now: datetime) -> Done:
        profiles.require_programme(self.client)
        occasions.require_known(given.type, self.client.programmes)
        try:
            member = profiles.find(form, value, self.client, now, "member.")
        except Missing as missing:
            raise Refused(missing.code, missing.detail, missing.faults) from missing
        occasion = occasions.report(
            member, given.type, given.occurred_at, given.data, now, self.client.programmes
        )
        return Done({"id": str(occasion.id), "earned": occasion.earned}, 201)


def _faults(given: EventBody, now: datetime) -> Iterator[Fault]:
    for name, text in (("type", given.type), ("key", given.key)):
        most = bounds.EVENT[name]
        if not 0 < len(text) <= most:
            yield Fault(name, "length", _("Give from 1 to %(most)s characters.") % {"most": most})
        elif "\0" in text:
            yield bounds.nul(name)
    yield from _data_faults(given.data)
    wrong_time = list(bodies.require_offset("occurred_at", given.occurred_at))
    yield from wrong_time
    if not wrong_time and given.occurred_at > now + AHEAD:
        yield Fault("occurred_at", "in_the_future", _("The time lies in the future: set the clock."))


def _data_faults(data: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with the free data: too deep, too long, or an amount that is no money."""
    yield from bounds.data_faults("data", data)
    amount = data.get("amount")
    if amount is None:
        return
    number = bounds.read_number(str(amount)) if isinstance(amount, str | int | float) else None
    if number is None or isinstance(amount, bool):
        yield bounds.not_plain("data.amount", f'"{bounds.MONEY.example}"')
    elif number >= bounds.MONEY.below:
        yield from bounds.number_faults("data.amount", number, bounds.MONEY)


def _key(given: EventBody) -> str:
    """A key that no ``Idempotency-Key`` header can be: headers hold no control characters."""
    return "event\x1f" + hashlib.sha256(f"{given.type}\x1f{given.key}".encode()).hexdigest()
