"""The form of somebody who joins: a name, and each consent as a question of its own, none answered beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from loyalty.models import Programme
from members import consent_texts
from members.consents import Said
from members.models import ConsentText, Purpose


@dataclass(frozen=True, slots=True)
class Question:
    """A consent that is asked for: without some of them nobody can take part."""

    purpose: str
    text: ConsentText
    required: bool

    @property
    def field(self) -> str:
        """Its name in the form."""
        return f"agree_{self.purpose}"


def questions(programme: Programme, language: str) -> list[Question]:
    """What somebody who joins is asked, in their language."""
    return [
        Question(
            purpose, consent_texts.current(programme.code, purpose, language), purpose == Purpose.PROCESSING
        )
        for purpose in (Purpose.PROCESSING, Purpose.MARKETING, Purpose.PROFILING)
    ]


class Answers(forms.Form):
    """A first name and a tick for each question."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=80,
        error_messages={"required": _("Tell us your first name, so that we know how to greet you.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[question.field] = forms.BooleanField(
                label=question.text.text,
                required=question.required,
                error_messages={"required": _("Without this consent we may not keep your points.")},
            )

    def consents(self) -> list[BoundField]:
        """The ticks, in order."""
        return [self[question.field] for question in self.questions]

    def said(self, kind: str) -> list[Said]:
        """What was answered, with the text that was shown. News and offers are agreed to for the channel ``kind``, by
        which somebody proved who they are."""
        return [
            Said(
                question.purpose,
                self.cleaned_data[question.field],
                channel=kind if question.purpose == Purpose.MARKETING else "",
                text=question.text,
            )
            for question in self.questions
        ]
