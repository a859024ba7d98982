"""Codes of events, channels and sources as people say them, for every door.

The codes themselves stay what they are in the API, in webhooks and in files. A code that nobody put into
words here (an event that another system reports) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from members.event_kinds import KINDS

#: Where people buy and join, how they are reached, and who told of a consent.
CHANNELS: Mapping[str, Any] = {
    "app": _("app"),
    "cabinet": _("cabinet"),
    "call": _("call"),
    "demo": _("demo"),
    "desk": _("service desk"),
    "email": _("e-mail"),
    "file": _("file"),
    "kiosk": _("kiosk"),
    "pos": pgettext_lazy("channel", "shop till"),
    "post": _("letter"),
    "push": _("push message"),
    "sms": _("SMS"),
    "telegram": _("Telegram"),
    "till": _("till page"),
    "viber": _("Viber"),
    "web": _("web shop"),
}


def name_event(kind: str) -> str:
    """A kind of event in words; the kind itself when it has none."""
    known = KINDS.get(kind)
    return str(known.told) if known else kind


def name_channel(code: str) -> str:
    """A channel, or the source of a consent, in words; the code itself when it has none."""
    if code.startswith("api:"):
        return gettext("API, %(partner)s") % {"partner": code.removeprefix("api:")}
    return str(CHANNELS.get(code, code))
