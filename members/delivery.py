"""Handing a text to a member's address: the ground's one way out of the house.

Who carries it is above the ground: ``MESSAGE_SENDER`` names a function with the signature of ``deliver``, which is
``messaging.channels.sending.send`` unless an installation has one of its own.
"""

from __future__ import annotations

from inspect import signature

from django.conf import settings
from django.utils.module_loading import import_string

SMS, EMAIL = "sms", "email"


class Undeliverable(Exception):
    """The text could not be handed over; the message is a sentence in the language of the moment."""


def deliver(kind: str, to: str, text: str, *, subject: str = "", key: str = "", sender: str = "") -> str:
    """Hand a text to an address: ``kind`` is ``sms`` (``to`` a phone in E.164 form) or ``email``.

    ``sender`` is the name that a letter shows as its sender's, the programme's; a function of somebody's own that
    takes none is not asked to. ``key`` is our id of the message and goes along; of two calls with one key and kind, one
    sends. Returns the name of the channel that took it. Waits for the channel, some seconds at most; locks nothing.
    Raises ``Undeliverable``, and ``ValueError`` for a key that cannot travel.
    """
    send = import_string(settings.MESSAGE_SENDER)
    more = {"sender": sender} if sender and "sender" in signature(send).parameters else {}
    return str(send(kind, to, text, subject=subject, key=key, **more))
