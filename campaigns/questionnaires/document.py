"""The document of a questionnaire: its questions in their order, read, and cut into pages.

A question is asked always, or only where an earlier one was answered in certain ways: one level, so that everybody
can say beforehand who is asked what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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


def _number(value: Any) -> Decimal | None:
    return None if value in (None, "") else bounds.read_number(str(value))
