"""The forms in which consents are asked for: each a question of its own, none answered beforehand.

Who joins is asked with their name; who was enrolled elsewhere, or agreed to a text that has changed since, is asked at
the next visit, before anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.refusals import Invalid
from loyalty.models import Programme
from loyalty.shops import membership
from members import consents
from members import questions as house
from members.consents import Said
from members.questions import Question

if TYPE_CHECKING:
    from cabinet.access import Visit


def questions(programme: Programme, channels: Iterable[str]) -> list[Question]:
    """What somebody who can be reached by these channels is asked, in the language of the page."""
    return house.of(programme.code, get_language() or "en", channels, membership.partners_of(programme))


def find_open(visit: Visit) -> list[Question]:
    """What the member is still to answer."""
    return house.find_open(visit.member, questions(visit.programme, house.ways_of(visit.member)))


def is_due(visit: Visit, now: datetime) -> bool:
    """Whether the member is to answer something before anything else. Asks no more of the database for who answered."""
    if house.is_settled(visit.device, now):
        return False
    if find_open(visit):
        return True
    house.settle(visit.device, now)
    return False


def has_refused(visit: Visit) -> bool:
    """Whether the member said no to what nobody can take part without."""
    said = house.said_by(visit.member)
    return any(
        not row.granted for (purpose, _channel, _party), row in said.items() if purpose == house.NEEDED
    )


def name(question: Question, partners: dict[str, str]) -> str:
    """What a question is about, with the partner's name."""
    return consents.name(question.purpose, question.channel, partners.get(question.party, question.party))


class Ticks(forms.Form):
    """A tick for each question. A tick carries which wording stood beside it; another one is asked again."""

    def __init__(self, *args: Any, questions: Sequence[Question], needs: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            tick = forms.BooleanField(
                label=question.text.text,
                required=needs and question.required,
                error_messages={"required": _("Without this consent we may not keep your points.")},
                widget=forms.CheckboxInput(attrs={"value": question.text.pk}),
            )
            tick.needed = question.required  # type: ignore[attr-defined]
            self.fields[question.field] = tick

    def clean(self) -> dict[str, Any]:
        """Look whether each tick was set beside the wording that holds."""
        for question in self.questions:
            ticked = str(self.data.get(question.field, ""))
            try:
                if ticked.isdecimal():
                    house.require_seen(question, ticked)
            except Invalid as refusal:
                self.data = {name: value for name, value in self.data.items() if name != question.field}
                self.add_error(question.field, refusal.faults[0].detail)
        return self.cleaned_data

    def consents(self) -> list[BoundField]:
        """The ticks, in order."""
        return [self[question.field] for question in self.questions]

    def said(self) -> list[Said]:
        """What was answered, with the text that was shown."""
        return [question.answer(granted=self.cleaned_data[question.field]) for question in self.questions]


class Answers(Ticks):
    """A first name, and the ticks."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=80,
        error_messages={"required": _("Tell us your first name, so that we know how to greet you.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
