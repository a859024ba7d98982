"""Consents: given and withdrawn by adding rows; the newest of a purpose and channel is the one in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from members.models import Consent, ConsentText, Member, Purpose
from members.wording import name_channel

CHANNELS = ("sms", "email", "push", "viber", "telegram", "call", "post")


class Said(NamedTuple):
    """What somebody said to one question: the purpose, with the channel or the party that it is about."""

    purpose: str
    granted: bool
    channel: str = ""
    party: str = ""
    #: What they were shown when they said it.
    text: ConsentText | None = None


def record(
    member: Member, given: Mapping[str, bool], at: datetime, source: str, evidence: Mapping[str, Any]
) -> None:
    """Write down what the member said of news and offers, channel by channel."""
    answers = [Said(Purpose.MARKETING, granted, channel) for channel, granted in given.items()]
    write(member, answers, at, source, evidence)


def write(
    member: Member, answers: Iterable[Said], at: datetime, source: str, evidence: Mapping[str, Any]
) -> None:
    """Write down what the member said. ``evidence`` says how it is known: who was told, from which address."""
    Consent.objects.bulk_create(
        Consent(
            member=member,
            purpose=said.purpose,
            party=said.party,
            channel=said.channel,
            text=said.text,
            granted=said.granted,
            at=at,
            source=source,
            evidence=dict(evidence),
        )
        for said in answers
    )


def name(purpose: str, channel: str = "", party: str = "") -> str:
    """What a consent is to, in words: the purpose, and the channel or the party that it is about."""
    about = name_channel(channel) if channel else party
    label = str(Purpose(purpose).label)
    return f"{label}: {about}" if about else label


def in_force(member: Member) -> dict[str, bool]:
    """What stands now of news and offers, by channel; a channel never spoken of is not there."""
    return {
        consent.channel: consent.granted for consent in newest(member) if consent.purpose == Purpose.MARKETING
    }


def stands(member: Member, purpose: str) -> bool:
    """Whether the member agrees to a purpose now, whatever the channel or the party."""
    said = [row.granted for row in newest(member) if row.purpose == purpose]
    return any(said)


def newest(member: Member) -> list[Consent]:
    """What was said last to each question, with the text that was shown."""
    keys = ("purpose", "party", "channel")
    rows = Consent.objects.filter(member=member).select_related("text")
    return list(rows.order_by(*keys, "-at", "-id").distinct(*keys))


def everything(member: Member, most: int = 200) -> list[Consent]:
    """Everything that the member said, the newest first, with the texts that were shown."""
    rows = Consent.objects.filter(member=member).select_related("text")
    return list(rows.order_by("-at", "-id")[:most])
