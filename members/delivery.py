"""Senders of confirmation codes: functions of (member, code, until when) that return the channel's name.

``CONFIRMATION_SENDER`` names the one in use; an installation with an SMS gateway names its own. A
sender never logs the code, and raises ``Undeliverable`` when it cannot reach the member.
"""

from __future__ import annotations

import json
import os
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from members.lookup import phones
from members.models import Member


class Undeliverable(Exception):
    """No channel reaches the member."""


def by_email(member: Member, code: str, expires_at: datetime) -> str:
    """Send the code to the member's e-mail address, through Django's ``EMAIL_BACKEND``."""
    if not member.email:
        raise Undeliverable(_("The member has no e-mail address to send a code to."))
    with override(member.language):
        subject = _("Your code to confirm spending points")
        text = _("Tell the cashier this code if you want to spend your points: %(code)s") % {"code": code}
    try:
        send_mail(subject, text, None, [member.email])
    except OSError as error:  # smtplib's errors are OSErrors
        raise Undeliverable(_("The e-mail could not be sent; try again later.")) from error
    return "email"


def to_file(member: Member, code: str, expires_at: datetime) -> str:
    """For demonstrations and training: add the code to ``var/outbox/confirmation-codes.jsonl``."""
    place = settings.VAR / "outbox"
    place.mkdir(parents=True, exist_ok=True)
    line = {
        "member": str(member.id),
        "phone": phones.mask(member.phone) if member.phone else None,
        "code": code,
        "expires_at": expires_at.isoformat(),
    }
    handle = os.open(place / "confirmation-codes.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return "file"
