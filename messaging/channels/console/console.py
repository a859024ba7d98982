"""The console: shows a message instead of sending it. What it shows is no log, and goes nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from django.conf import settings

from messaging.channels.channel import EMAIL, SMS, Channel, Fault, Message


def send(message: Message) -> str:
    """Write the message to the standard output."""
    lines = [f"{message.kind} {message.key} to {message.to}", message.subject, message.text]
    sys.stdout.write("\n".join(filter(None, lines)) + "\n")
    sys.stdout.flush()
    return ""


def _find_faults() -> Iterator[Fault]:
    if not settings.DEMO:
        yield Fault(
            "", "The channel “console” reaches nobody: it is for the demo. Name another.", grave=False
        )


CHANNEL = Channel("console", frozenset({SMS, EMAIL}), send, _find_faults)
