"""Leaving a programme, and taking it back: the use cases of the cabinet and of the desk."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from loyalty.models import Programme
from members import delivery
from members.erasure import departures
from members.models import Departure, Member
from members.timeline import events

log = structlog.get_logger(__name__)


def ask(member: Member, programme: Programme, now: datetime) -> Departure:
    """Let a member leave a programme when its days are over. Said twice, it is said once.

    They are told at their address, as somebody else may have said it.
    """
    with transaction.atomic():
        departure, is_new = departures.ask(member, programme.code, programme.leaving_days, now)
        if is_new:
            events.record("member.leaving", member.pk, now, programme=programme.code)
    if is_new:
        _tell(member, programme, departure)
    return departure


def take_back(member: Member, programme: Programme, now: datetime) -> bool:
    """Let a member stay who was leaving. False when there is nothing to take back."""
    with transaction.atomic():
        back = departures.take_back(member, programme.code, now)
        if back:
            events.record("member.stayed", member.pk, now, programme=programme.code)
    return back


def _tell(member: Member, programme: Programme, departure: Departure) -> None:
    ways = ((delivery.SMS, member.phone), (delivery.EMAIL, member.email))
    kind, to = next(((kind, to) for kind, to in ways if to), ("", ""))
    if not to:
        return
    with override(member.language):
        said = {"name": programme.name, "day": date_format(departure.due_at, "DATE_FORMAT")}
        subject = _("You leave %(name)s") % said
        text = _("You leave %(name)s on %(day)s. Until then you can take it back on your page.") % said
    try:
        delivery.deliver(kind, to, text, subject=subject, key=f"leaving-{departure.pk}")
    except delivery.Undeliverable:
        log.info("leaving_not_told", departure=str(departure.pk))
