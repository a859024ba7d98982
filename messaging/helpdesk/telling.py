"""Letting members know that they have an answer: that there is one, never what it says.

An answer to somebody's own question is part of the service: it needs no consent to news, but is not sent to whoever
withdrew the consent to being served at all, is blocked or erased. An answer waits in its row until it was told of; each
has a key of its own with the channel, so that two workers send one message.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import override

from members import consents, delivery
from members.models import Member, Purpose
from messaging.models import HelpMessage

Told = HelpMessage.Told
#: An answer that could not be told of for so long is not told of any more: it is there to be read.
LATEST = timedelta(days=1)
AT_ONCE = 100
log = structlog.get_logger(__name__)


def tell_answers(clock: Callable[[], datetime]) -> int:
    """Tell members of answers that wait for it. Returns how many were told. Safe to run twice or in two workers."""
    rows = HelpMessage.objects.filter(told=Told.WAITING).select_related(
        "request__member", "request__programme"
    )
    return sum(_tell(row, clock()) for row in rows.order_by("at")[:AT_ONCE])


def _tell(row: HelpMessage, now: datetime) -> bool:
    member, programme = row.request.member, row.request.programme
    address = _address(member)
    told = Told.NOBODY
    if address is not None:
        with override(member.language):
            said = _("%(programme)s: your question is answered. Read it in your cabinet, under “Help”.")
            text = said % {"programme": programme.name}
            told = _send(*address, text, _("Your question is answered"), row, now)
    if told != Told.WAITING:
        HelpMessage.objects.filter(id=row.id, told=Told.WAITING).update(told=told)
    return told == Told.SENT


def _send(kind: str, to: str, text: str, subject: str, row: HelpMessage, now: datetime) -> HelpMessage.Told:
    try:
        delivery.deliver(
            kind, to, text, subject=subject, key=f"help-{row.id}", sender=row.request.programme.name
        )
    except delivery.Undeliverable as error:
        log.warning("answer_not_told", message=row.id, why=str(error))
        return Told.WAITING if now - row.at < LATEST else Told.FAILED
    return Told.SENT


def _address(member: Member) -> tuple[str, str] | None:
    """Where somebody is told of an answer: by e-mail where there is one, else by text message."""
    refused = any(row.purpose == Purpose.PROCESSING and not row.granted for row in consents.newest(member))
    if member.status != Member.Status.ACTIVE or refused:
        return None
    if member.email:
        return delivery.EMAIL, member.email
    return (delivery.SMS, str(member.phone)) if member.phone else None
