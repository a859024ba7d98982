"""Which consents somebody is asked for, which of them are still to be answered, and the answers.

A question is answered once, with yes or no; it is asked anew when a later text says so and the answer was yes, and for
taking part also when it was no: without that consent there is nothing else to be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Fault, Invalid
from members import consent_texts, consents, presence
from members.consents import Said
from members.models import Consent, ConsentText, Device, Member, Purpose

#: How long it holds that nothing is left to be asked, if no text is written meanwhile: partners come, too.
SETTLED = timedelta(days=1)

#: What nobody can take part without.
NEEDED = Purpose.PROCESSING

Key = tuple[str, str, str]


class Question(NamedTuple):
    """A consent that can be given: the purpose, with the channel or the party that it is about, and its text."""

    purpose: str
    channel: str
    party: str
    text: ConsentText

    @property
    def key(self) -> Key:
        """By which its answers are known."""
        return self.purpose, self.channel, self.party

    @property
    def field(self) -> str:
        """Its name in a form."""
        return "_".join(filter(None, ("agree", *self.key)))

    @property
    def required(self) -> bool:
        """Whether nobody can take part without it."""
        return self.purpose == NEEDED

    def answer(self, *, granted: bool) -> Said:
        """What is said to it, by who saw this text."""
        return Said(self.purpose, granted, self.channel, self.party, self.text)


def of(circle: str, language: str, channels: Iterable[str], parties: Iterable[str]) -> list[Question]:
    """What is asked in a programme, in a language: of news by each of ``channels``, of sharing with those of
    ``parties`` for whom somebody wrote a text."""
    plain = {purpose: consent_texts.current(circle, purpose, language) for purpose in consent_texts.PLAIN}
    asked = [Question(Purpose.PROCESSING, "", "", plain[Purpose.PROCESSING])]
    asked += [Question(Purpose.MARKETING, channel, "", plain[Purpose.MARKETING]) for channel in channels]
    asked.append(Question(Purpose.PROFILING, "", "", plain[Purpose.PROFILING]))
    for party in parties:
        text = consent_texts.find(circle, Purpose.SHARING, language, party)
        if text is not None:
            asked.append(Question(Purpose.SHARING, "", party, text))
    return asked


def ways_of(member: Member) -> list[str]:
    """The channels by which the member can be reached now."""
    return [channel for channel, address in (("sms", member.phone), ("email", member.email)) if address]


def find_open(member: Member, asked: Sequence[Question]) -> list[Question]:
    """Those that the member is to answer now."""
    said = said_by(member)
    again = list(
        ConsentText.objects.filter(ask_again=True, circle__in={question.text.circle for question in asked})
    )
    return [question for question in asked if _is_open(question, said, again)]


def said_by(member: Member) -> dict[Key, Consent]:
    """The newest answer of the member to each question."""
    return {(row.purpose, row.channel, row.party): row for row in consents.newest(member)}


def _is_open(question: Question, said: Mapping[Key, Consent], again: Sequence[ConsentText]) -> bool:
    answer = said.get(question.key)
    if (
        answer is None
    ):  # of one channel more nobody is asked who spoke of others: it is on the page of consents
        return question.purpose != Purpose.MARKETING or not any(key[0] == Purpose.MARKETING for key in said)
    if not answer.granted:
        return question.required
    return any(_is_of(text, question.text) and _is_later(text, answer) for text in again)


def _is_of(text: ConsentText, shown: ConsentText) -> bool:
    """Whether both are versions of one text."""
    return (text.circle, text.purpose, text.party, text.language) == (
        shown.circle, shown.purpose, shown.party, shown.language
    )  # fmt: skip


def _is_later(text: ConsentText, answer: Consent) -> bool:
    seen = answer.text
    if seen is not None and _is_of(text, seen):
        return text.version > seen.version
    return text.since > answer.at


def answer(
    member: Member, said: Sequence[Said], now: datetime, source: str, evidence: Mapping[str, Any]
) -> int:
    """Write down what is new in what the member said. Returns how many answers that were: who says the same again, or
    twice at once, says it once. Locks the member's consents until its transaction ends. Raises ``Gone``."""
    with transaction.atomic():
        prepared.run(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(value)s::text, 0))",
            {"value": f"consents {member.pk}"},
        )
        presence.require(member.pk)
        before = said_by(member)
        news = [one for one in said if _is_new(one, before.get((one.purpose, one.channel, one.party)))]
        consents.write(member, news, now, source, evidence)
    return len(news)


def _is_new(said: Said, before: Consent | None) -> bool:
    shown = said.text.pk if said.text else None
    return before is None or (before.granted, before.text_id) != (said.granted, shown)


def require_seen(question: Question, text_id: str) -> None:
    """Refuse an answer to another wording than the one that holds now: what was shown is what is agreed to.

    Raises ``Invalid``.
    """
    if text_id != str(question.text.pk):
        detail = _("The wording has changed since you opened this page. Please read it again.")
        raise Invalid(Fault(question.field, "changed", detail))


def is_settled(device: Device, now: datetime) -> bool:
    """Whether it was found on this device a while ago that nothing is to be asked, and no text was written since."""
    since = device.settled_at
    return since is not None and since >= now - SETTLED and not getattr(device, "outdated", True)


def settle(device: Device, now: datetime) -> None:
    """Remember that nothing is to be asked."""
    Device.objects.filter(pk=device.pk).update(settled_at=now)
