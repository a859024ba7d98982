"""Codes by which a member approves what they do by themselves: bound to that one thing, kept hashed, used once.

Unlike a code that is told at a till (``members.codes.confirmation``), such a one is typed where it was asked for, by
whoever is logged in there: so tries are counted before they are looked at, and no number of threads gets one more.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Refused, TooMany
from members import delivery
from members.models import Code, Member

DIGITS = 6
LIFE = timedelta(minutes=10)
MOST_TRIES = 5
#: A member gets no further code sooner, and no more of them in an hour.
PAUSE = timedelta(seconds=30)
MOST_IN_HOUR = 10
#: Of what was typed, so much is looked at.
MOST_TYPED = 32


def send(member: Member, matter: str, subject: str, text: str, now: datetime) -> str:
    """Send the member a code for ``matter``, by text message or else by e-mail; earlier ones end. Returns which.

    ``subject`` and ``text`` are in the member's language; ``{code}`` in the text is where it goes. Raises ``TooMany``,
    and ``Refused`` with ``code_not_deliverable``. In a transaction of its own it locks out others of the same member.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction.atomic():
        lock(member.id)
        _require_room(member, now)
        row = Code.objects.create(
            member=member,
            purpose=Code.Purpose.APPROVE,
            digest=_digest(member.id, matter, code),
            created_at=now,
            expires_at=now + LIFE,
        )
    return _deliver(member, subject, text.replace("{code}", code), f"approve-{row.pk}")


def prove(member_id: UUID, matter: str, code: str, now: datetime) -> None:
    """Use up the member's newest code, if it is for ``matter``. Raises ``Refused``: ``code_wrong``, ``code_over``.

    To be called outside a transaction: a try counts whatever follows.
    """
    row = Code.objects.filter(member_id=member_id, purpose=Code.Purpose.APPROVE).order_by("-id").first()
    if row is None or row.used_at is not None or row.expires_at < now:
        raise Refused("code_over", _("This code is over: ask for a new one."))
    alive = Code.objects.filter(id=row.id, used_at=None)
    if alive.filter(attempts__lt=MOST_TRIES).update(attempts=F("attempts") + 1) == 0:
        raise Refused("code_over", _("This code was tried too often: ask for a new one."))
    given = "".join(letter for letter in code[:MOST_TYPED] if letter.isdigit())
    if not constant_time_compare(row.digest, _digest(member_id, matter, given)):
        raise Refused("code_wrong", _("This is not the code that we sent. Look at the newest message."))
    if alive.update(used_at=now) == 0:
        raise Refused("code_over", _("This code is over: ask for a new one."))


def lock(member_id: UUID) -> None:
    """Let nobody else begin something of this member's that is approved by a code, until the transaction ends."""
    prepared.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(value)s::text, 0))",
        {"value": f"approve:{member_id}"},
    )


def _require_room(member: Member, now: datetime) -> None:
    sent = Code.objects.filter(
        member=member, purpose=Code.Purpose.APPROVE, created_at__gt=now - timedelta(hours=1)
    )
    times = sorted(sent.values_list("created_at", flat=True))
    waits = [times[-1] + PAUSE - now] if times else []
    if len(times) >= MOST_IN_HOUR:
        waits.append(times[-MOST_IN_HOUR] + timedelta(hours=1) - now)
    wait = max(waits, default=timedelta(0))
    if wait > timedelta(0):
        raise TooMany(wait, _say(int(wait.total_seconds())))


def _say(seconds: int) -> str:
    """How long to wait, as at the way in."""
    said = {"seconds": seconds + 1, "minutes": seconds // 60 + 1}
    if seconds < 120:
        return _("A code was sent a moment ago. You can ask for another in %(seconds)s seconds.") % said
    return _("Too many codes were asked for. Try again in %(minutes)s minutes.") % said


def _deliver(member: Member, subject: str, text: str, key: str) -> str:
    why = _("We have neither a phone nor an e-mail address of yours to send a code to.")
    for kind, to in ((delivery.SMS, member.phone), (delivery.EMAIL, member.email)):
        if to:
            try:
                delivery.deliver(kind, to, text, subject=subject, key=key)
            except delivery.Undeliverable as error:
                why = str(error)
            else:
                return kind
    raise Refused("code_not_deliverable", why)


def _digest(member_id: UUID, matter: str, code: str) -> str:
    """Six digits are soon tried out, so they are hashed with the server's secret, the member's id and the matter."""
    told = f"{member_id}:{matter}:{code}"
    return salted_hmac("members.codes.approval", told, algorithm="sha256").hexdigest()
