"""E-mail through Django's ``EMAIL_BACKEND``: SMTP, or a provider's API by a backend of django-anymail.

Our id goes along as ``X-Message-Key`` and in ``Message-ID``; where the backend tells the provider's id, that is
what is kept.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from messaging.channels.channel import EMAIL, Channel, Fault, Message, NotTaken, Unclear

#: What is raised before a letter is handed over, or when it is refused.
_SURELY_NOT = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
    ConnectionRefusedError,
    socket.gaierror,
)
#: What django-anymail calls recipients that a provider does not write to.
_REFUSED = frozenset({"invalid", "rejected", "failed"})


def send(message: Message) -> str:
    """Hand the letter over; returns the provider's id of it, or the letter's own."""
    own_id = f"<{message.key}@{_domain()}>"
    letter = EmailMessage(
        " ".join(message.subject.split()),
        message.text,
        _name_sender(message.sender),
        to=[message.to],
        headers={"Message-ID": own_id, "X-Message-Key": message.key},
    )
    told = _("The e-mail could not be sent; try again later.")
    try:
        taken = letter.send()
    except _SURELY_NOT as error:
        raise NotTaken(_describe(error), told) from error
    except Exception as error:  # a backend may be anybody's, and raise whatever it likes
        raise Unclear(_describe(error), told) from error
    status: Any = getattr(letter, "anymail_status", None)
    said = getattr(status, "status", None)
    if not taken or (isinstance(said, set) and said and said <= _REFUSED):
        raise NotTaken("the backend sent nothing", told)
    known = getattr(status, "message_id", None)
    return known if isinstance(known, str) and known else own_id


def _name_sender(name: str) -> str | None:
    """The address that letters come from, under the name of who writes; None: as the settings have it."""
    plain = " ".join(name.split())
    return formataddr((plain, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])) if plain else None


def _describe(error: Exception) -> str:
    """What went wrong, without the server's words: they may repeat the address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if isinstance(code, int) else type(error).__name__


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _find_faults() -> Iterator[Fault]:
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        yield Fault(
            "EMAIL_USE_SSL",
            "A server has either EMAIL_USE_TLS (port 587) or EMAIL_USE_SSL (port 465): set one.",
        )
        return
    try:
        get_connection()
    except (ImportError, ImproperlyConfigured) as error:
        yield Fault("EMAIL_BACKEND", f"It cannot be used: {' '.join(str(error).split())}")


CHANNEL = Channel("smtp", frozenset({EMAIL}), send, _find_faults)
