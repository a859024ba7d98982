"""A member registered in the back office: the phone in one form, and an account in every active programme."""

from __future__ import annotations

import secrets
from datetime import datetime

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from loyalty import ledger
from loyalty.models import Programme
from members import events
from members.models import Member

#: No letters that are read as others.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def read_phone(text: str) -> str | None:
    """The phone in E.164 form; None for an empty text. Raises ``ValidationError``."""
    text = text.strip()
    if not text:
        return None
    try:
        number = phonenumbers.parse(text if text.startswith("+") else f"+{text}")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(_("“%(text)s” is no phone number: write it as +79161234545."), params={"text": text})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def prepare(member: Member, now: datetime) -> None:
    """Give a new member what every member has."""
    member.channel = "desk"
    member.joined_at = now
    member.referral_code = "".join(secrets.choice(_ALPHABET) for _place in range(8))


def open_accounts(member: Member) -> None:
    """Open the member's account in every active programme. Must run in a transaction."""
    for programme in Programme.objects.filter(active=True):
        ledger.open_account(member, programme)


def record(member: Member, now: datetime) -> None:
    """Write the registration down in the timeline. Must run in the member's transaction."""
    events.record("member.registered", member.pk, now, channel="desk")
