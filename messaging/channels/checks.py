"""What ``manage.py check`` says of the channels: which variable is wrong, and how to mend it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from messaging.channels.channel import EMAIL, SMS
from messaging.channels.table import CHANNELS

OURS = "messaging.channels.sending.send"
VARIABLES = {SMS: "SMS_CHANNEL", EMAIL: "EMAIL_CHANNEL"}


def require_known() -> None:
    """Stop the start where a setting names a channel that is none, or that cannot carry what it is to carry."""
    for kind, variable in VARIABLES.items():
        name, fitting = (
            getattr(settings, variable),
            [one.name for one in CHANNELS.values() if kind in one.kinds],
        )
        if name and name not in fitting:
            raise ImproperlyConfigured(f"{variable} must be one of {', '.join(fitting)}, not {name!r}.")


def find_faults(app_configs: Any = None, **options: Any) -> list[checks.CheckMessage]:
    """Faults in the settings of the channels in use, and settings that are no more."""
    found: list[checks.CheckMessage] = []
    for kind, variable in VARIABLES.items():
        channel = CHANNELS.get(getattr(settings, variable)) if settings.MESSAGE_SENDER == OURS else None
        for fault in channel.find_faults() if channel else ():
            make = checks.Error if fault.grave else checks.Warning
            found.append(make(f"{fault.variable or variable}: {fault.remedy}", id=f"regulars.{kind}"))
    if settings.CONFIRMATION_SENDER:
        found.append(
            checks.Error(
                "CONFIRMATION_SENDER is no more: remove it, and say in SMS_CHANNEL and EMAIL_CHANNEL what carries "
                "codes, or in MESSAGE_SENDER a function of your own (docs/operating/channels.md).",
                id="regulars.confirmation_sender",
            )
        )
    return found
