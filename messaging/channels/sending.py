"""Sending: hands a text to the channel that the settings name for its kind. ``members.delivery`` leads here."""

from __future__ import annotations

import re

import structlog
import uuid_utils
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from members.delivery import Undeliverable
from messaging.channels import deliveries
from messaging.channels.channel import EMAIL, SMS, Message, NotTaken, Unclear
from messaging.channels.table import CHANNELS
from messaging.models import Delivery

Status = Delivery.Status
log = structlog.get_logger(__name__)
#: What our ids may look like: they travel in headers and addresses of other systems.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def send(kind: str, to: str, text: str, *, subject: str = "", key: str = "", sender: str = "") -> str:
    """Send a text by the channel for its kind; returns the channel's name. See ``members.delivery.deliver``."""
    name = name_channel(kind)
    if not name:
        raise Undeliverable(
            _("Text messages are not set up here.") if kind == SMS else _("E-mail is not set up here.")
        )
    if key and not _KEY.fullmatch(key):
        raise ValueError("A message's key is up to 64 letters, digits, dots, dashes and underscores.")
    message = Message(kind, to, text, subject, key or str(uuid_utils.uuid7()), sender)
    if not deliveries.claim(message, name, timezone.now()):
        return _tell_earlier(message)
    try:
        gateway_id = CHANNELS[name].send(message)
    except NotTaken as error:
        status = Status.UNCLEAR if isinstance(error, Unclear) else Status.FAILED
        deliveries.note(message, status, error.words, "", timezone.now())
        log.warning("message_not_sent", channel=name, kind=kind, key=message.key, why=error.words)
        raise Undeliverable(error.told) from error
    deliveries.note(message, Status.SENT, "", gateway_id, timezone.now())
    return name


def _tell_earlier(message: Message) -> str:
    """What an earlier call with the same key came to; nothing is sent."""
    earlier = deliveries.find(message)
    if earlier.status == Status.UNCLEAR:
        raise Undeliverable(_("It is not known whether this message was sent; it is not sent twice."))
    if earlier.status == Status.FAILED:  # in another process, a moment ago
        raise Undeliverable(_("The message could not be sent; try again later."))
    return earlier.channel


def name_channel(kind: str) -> str:
    """The channel that carries messages of a kind, empty where there is none."""
    return {SMS: settings.SMS_CHANNEL, EMAIL: settings.EMAIL_CHANNEL}[kind]
