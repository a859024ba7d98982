"""The document of a questionnaire: its questions in their order, read, judged, and cut into pages.

A question is asked always, or only where an earlier one was answered in certain ways: one level, so that everybody
can say beforehand who is asked what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from foundation.refusals import Fault
from members import bounds

#: The number of the document's form; what is stored says its own.
FORM = 1
QUESTIONS, OPTIONS = 60, 30
#: The most characters of each text.
TEXTS = {"text": 300, "help": 500, "least_text": 40, "most_text": 40, "attribute": 64}
OPTION = 120
SCALE = (0, 10)
#: Kinds with answers to choose from: others can be asked depending on them.
CHOSEN = ("one", "many", "scale")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Option:
    """An answer to choose."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked. ``after`` is the key of the question on which it depends, asked where one of
    ``answers`` was chosen there. ``attribute`` is as what the answer is kept of the member; empty: as nothing.
    ``least`` and ``most`` bound a scale or a number."""

    key: str
    kind: str
    text: str
    help: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    least_text: str = ""
    most_text: str = ""
    attribute: str = ""
    after: str = ""
    answers: tuple[str, ...] = ()
    new_page: bool = False

    @property
    def steps(self) -> list[str]:
        """The numbers of a scale."""
        least, most = int(self.least or 0), int(self.most or 0)
        return [str(number) for number in range(least, most + 1)] if self.kind == "scale" else []

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, as (key, text); nothing for other kinds."""
        if self.kind == "scale":
            return [(step, step) for step in self.steps]
        return [(option.key, option.text) for option in self.options]


def read(document: Mapping[str, Any]) -> list[Question]:
    """The questions of a stored document, of a draft with gaps too."""
    return [
        Question(
            key=str(one.get("key", "")),
            kind=str(one.get("kind", "text")),
            text=str(one.get("text", "")),
            help=str(one.get("help", "")),
            required=bool(one.get("required")),
            options=tuple(Option(str(each["key"]), str(each["text"])) for each in one.get("options", ())),
            least=_number(one.get("least")),
            most=_number(one.get("most")),
            least_text=str(one.get("least_text", "")),
            most_text=str(one.get("most_text", "")),
            attribute=str(one.get("attribute", "")),
            after=str(one.get("after", "")),
            answers=tuple(map(str, one.get("answers", ()))),
            new_page=bool(one.get("new_page")),
        )
        for one in document.get("questions", ())
    ]


def pages(questions: Sequence[Question]) -> list[list[Question]]:
    """The questions page by page: a new one where the builder wants it, and before a question that depends on one of
    the same page, so that no page has to change while it is read."""
    found: list[list[Question]] = []
    for question in questions:
        here = {one.key for one in found[-1]} if found else set()
        if not found or question.new_page or question.after in here:
            found.append([])
        found[-1].append(question)
    return found


def is_asked(question: Question, answers: Mapping[str, Any]) -> bool:
    """Whether the question is asked of somebody with these answers."""
    if not question.after:
        return True
    given = answers.get(question.after)
    chosen = {str(one) for one in (given if isinstance(given, list) else [given]) if one is not None}
    return not chosen.isdisjoint(question.answers)


def asked(questions: Iterable[Question], answers: Mapping[str, Any]) -> list[Question]:
    """Those that are asked of somebody with these answers."""
    return [question for question in questions if is_asked(question, answers)]


def faults(questions: Sequence[Question]) -> Iterator[Fault]:
    """What must be mended before it is asked; the field is a question's key, or empty for the whole."""
    from campaigns.questionnaires.kinds import KINDS

    if not questions:
        yield Fault("", "empty", _("Add a question: there is none yet."))
    if len(questions) > QUESTIONS:
        yield Fault("", "too_many", _("At most %(most)s questions.") % {"most": QUESTIONS})
    before: dict[str, Question] = {}
    attributes: set[str] = set()
    for question in questions:
        wrong = list(_faults_of(question, before))
        if question.kind not in KINDS:
            wrong.append(_("Choose what kind of question it is."))
        if question.attribute and question.attribute in attributes:
            told = _("Another question is kept as “%(name)s” already.") % {"name": question.attribute}
            wrong.append(told)
        attributes.add(question.attribute)
        before[question.key] = question
        yield from (Fault(question.key, "invalid", text) for text in wrong)


def _faults_of(question: Question, before: Mapping[str, Question]) -> Iterator[str]:
    if not question.text.strip():
        yield _("Write what is asked.")
    for name, most in TEXTS.items():
        yield from (fault.detail for fault in bounds.text_fault(name, getattr(question, name), most))
    if question.kind in ("one", "many"):
        yield from _faults_of_options(question.options)
    if question.kind in ("scale", "number"):
        yield from _faults_of_bounds(question)
    if question.attribute and not _ATTRIBUTE.fullmatch(question.attribute):
        yield _("The name of an attribute is made of Latin letters, digits and _, and begins with a letter.")
    if question.after:
        yield from _faults_of_branch(question, before.get(question.after))


def _faults_of_options(options: Sequence[Option]) -> Iterator[str]:
    texts = [option.text.strip().casefold() for option in options]
    if len([text for text in texts if text]) < 2:
        yield _("Give at least two answers to choose from.")
    elif "" in texts:
        yield _("An answer is empty: write it or take it away.")
    elif len(set(texts)) < len(texts):
        yield _("Two answers are the same.")
    if len(options) > OPTIONS:
        yield _("At most %(most)s answers.") % {"most": OPTIONS}
    for option in options:
        yield from (fault.detail for fault in bounds.text_fault("option", option.text, OPTION))


def _faults_of_bounds(question: Question) -> Iterator[str]:
    least, most = question.least, question.most
    if question.kind == "scale":
        if least is None or most is None or least % 1 or most % 1 or least < SCALE[0] or most > SCALE[1]:
            yield _("A scale goes from %(least)s or more to %(most)s or less, in whole numbers.") % {
                "least": SCALE[0],
                "most": SCALE[1],
            }
            return
    if least is not None and most is not None and least >= most:
        yield _("The least must be below the most.")


def _faults_of_branch(question: Question, earlier: Question | None) -> Iterator[str]:
    if earlier is None:
        yield _("It depends on a question that does not come before it: move it below that one.")
    elif earlier.kind not in CHOSEN:
        yield _("It depends on a question that has no answers to choose from.")
    elif earlier.after:
        yield _("It depends on a question that itself depends on another: only one step is possible.")
    elif not set(question.answers) & {key for key, _text in earlier.choices}:
        yield _("Choose the answers after which it is asked.")


def _number(value: Any) -> Decimal | None:
    return None if value in (None, "") else bounds.read_number(str(value))
