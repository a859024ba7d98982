"""Consents: given and withdrawn by adding rows; the newest of a channel is the one in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from members.models import Consent, Member

CHANNELS = ("sms", "email", "push", "viber", "telegram", "call", "post")


def record(
    member: Member, given: Mapping[str, bool], at: datetime, source: str, evidence: Mapping[str, Any]
) -> None:
    """Write down what the member said, channel by channel. ``evidence`` says how it is known."""
    Consent.objects.bulk_create(
        Consent(
            member=member, channel=channel, granted=granted, at=at, source=source, evidence=dict(evidence)
        )
        for channel, granted in given.items()
    )


def in_force(member: Member) -> dict[str, bool]:
    """What stands now, by channel; a channel never spoken of is not there."""
    newest = Consent.objects.filter(member=member).order_by("channel", "-at", "-id").distinct("channel")
    return {consent.channel: consent.granted for consent in newest}
