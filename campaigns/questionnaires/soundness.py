"""What must be mended in a questionnaire before anybody is asked, told to who builds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from campaigns.questionnaires.document import (
    CHOSEN,
    OPTION,
    OPTIONS,
    QUESTIONS,
    SCALE,
    TEXTS,
    Option,
    Question,
)
from campaigns.questionnaires.kinds import KINDS
from foundation.refusals import Fault
from members import bounds

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def faults(questions: Sequence[Question]) -> Iterator[Fault]:
    """What must be mended before it is asked; the field is a question's key, or empty for the whole."""
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
    if question.kind == "scale" and not all(_is_step(end) for end in (least, most)):
        yield _("A scale goes from %(least)s or more to %(most)s or less, in whole numbers.") % {
            "least": SCALE[0],
            "most": SCALE[1],
        }
    elif least is not None and most is not None and least >= most:
        yield _("The least must be below the most.")


def _is_step(number: Decimal | None) -> bool:
    return number is not None and number % 1 == 0 and SCALE[0] <= number <= SCALE[1]


def _faults_of_branch(question: Question, earlier: Question | None) -> Iterator[str]:
    if earlier is None:
        yield _("It depends on a question that does not come before it: move it below that one.")
    elif earlier.kind not in CHOSEN:
        yield _("It depends on a question that has no answers to choose from.")
    elif earlier.after:
        yield _("It depends on a question that itself depends on another: only one step is possible.")
    elif not set(question.answers) & {key for key, _text in earlier.choices}:
        yield _("Choose the answers after which it is asked.")
