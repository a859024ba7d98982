"""Codes by which a member confirms that points are spent: short, kept hashed, for a few minutes and tries.

A purchase asks ``require`` inside its transaction, which uses the code up: of two purchases with one
code, one wins. A wrong code ends that transaction, so the try is counted after it, by ``note_wrong``.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.refusals import Refused
from members import delivery
from members.models import Code, Member

DIGITS = 6
LIFE = timedelta(minutes=5)
MOST_TRIES = 5
#: A member gets no new code sooner, and no more of them in an hour.
PAUSE = timedelta(seconds=30)
MOST_IN_HOUR = 10


class TooSoon(Exception):
    """Another code was sent a moment ago; ``wait`` says how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Wait {wait.total_seconds():.0f} seconds.")
        self.wait = wait


class WrongCode(Refused):
    """The code is wrong, too old, used, or tried too often. ``note_wrong`` must be told after the rollback."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__("confirmation_invalid", _("The code is wrong or too old: ask for a new one."))
        self.member_id = member_id


class Sent(NamedTuple):
    """A code that is on its way: as an ``sms`` or an ``email``, and until when it can be used."""

    channel: str
    expires_at: datetime


def send(member: Member, now: datetime) -> Sent:
    """Make a new code and send it to the member's phone, or else to their e-mail address; earlier ones end.

    Raises ``TooSoon``, and ``Refused`` with ``code_not_deliverable`` when neither reaches the member.
    """
    _require_pause(member, now)
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    expires_at = now + LIFE
    channel = _deliver(member, code)
    Code.objects.create(
        member=member,
        purpose=Code.Purpose.REDEEM,
        digest=_digest(member.id, code),
        created_at=now,
        expires_at=expires_at,
    )
    return Sent(channel, expires_at)


def require(member_id: UUID, code: str | None, now: datetime) -> None:
    """Use up the member's code. Must run in the transaction of what it confirms.

    Locks the code's row. Raises ``Refused`` with ``confirmation_required`` when none was given, and
    ``WrongCode``.
    """
    if not code:
        detail = _("Spending so many points needs a code: send one to the member and give it.")
        raise Refused("confirmation_required", detail)
    newest = _newest(member_id)
    if newest is None or not _is_right(newest, code, now) or not _use(newest, now):
        raise WrongCode(member_id)


def check(member_id: UUID, code: str, now: datetime) -> bool:
    """Whether the code would be accepted now. Neither uses it up nor counts the try."""
    newest = _newest(member_id)
    return newest is not None and _is_right(newest, code, now)


def note_wrong(member_id: UUID) -> None:
    """Count a wrong try against the member's newest code. To be called outside the refused transaction."""
    newest = _newest(member_id)
    if newest is not None:
        Code.objects.filter(id=newest.id).update(attempts=F("attempts") + 1)


def _deliver(member: Member, code: str) -> str:
    """By text message where the member has a phone and it can be sent; else by e-mail. Returns which."""
    ways = [(kind, to) for kind, to in ((delivery.SMS, member.phone), (delivery.EMAIL, member.email)) if to]
    with override(member.language):
        subject = _("Your code to confirm spending points")
        text = _("Tell the cashier this code if you want to spend your points: %(code)s") % {"code": code}
    why = _("The member has neither a phone nor an e-mail address to send a code to.")
    for kind, to in ways:
        try:
            delivery.deliver(kind, to, text, subject=subject)
        except delivery.Undeliverable as error:
            why = str(error)
        else:
            return kind
    raise Refused("code_not_deliverable", why)


def _newest(member_id: UUID) -> Code | None:
    return Code.objects.filter(member_id=member_id, purpose=Code.Purpose.REDEEM).order_by("-id").first()


def _is_right(kept: Code, code: str, now: datetime) -> bool:
    alive = kept.used_at is None and kept.expires_at >= now and kept.attempts < MOST_TRIES
    return alive and constant_time_compare(kept.digest, _digest(kept.member_id, code))


def _use(kept: Code, now: datetime) -> bool:
    return Code.objects.filter(id=kept.id, used_at=None, attempts__lt=MOST_TRIES).update(used_at=now) == 1


def _require_pause(member: Member, now: datetime) -> None:
    sent = Code.objects.filter(
        member=member, purpose=Code.Purpose.REDEEM, created_at__gt=now - timedelta(hours=1)
    )
    times = sorted(sent.values_list("created_at", flat=True))
    if times and times[-1] + PAUSE > now:
        raise TooSoon(times[-1] + PAUSE - now)
    if len(times) >= MOST_IN_HOUR:
        raise TooSoon(times[-MOST_IN_HOUR] + timedelta(hours=1) - now)


def _digest(member_id: UUID, code: str) -> str:
    """Six digits are soon tried out, so they are hashed with the server's secret and the member's id."""
    return salted_hmac("members.codes.confirmation", f"{member_id}:{code}", algorithm="sha256").hexdigest()
