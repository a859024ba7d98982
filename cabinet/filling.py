"""A questionnaire on the screen: its pages, what was typed on one, and the way on. The same for a member and for
somebody unknown on the page of a form; nothing here knows who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict

from campaigns.models import AnswerSheet, QuestionnaireVersion
from campaigns.questionnaires import answering, document
from campaigns.questionnaires.answering import Sent
from campaigns.questionnaires.document import Question
from campaigns.questionnaires.kinds import KINDS
from foundation import photos
from foundation.refusals import Fault


@dataclass(frozen=True, slots=True)
class Course:
    """The pages on which something is asked of somebody with these answers, and where they are."""

    pages: list[list[Question]]
    answers: Mapping[str, Any]
    at: int

    @property
    def page(self) -> list[Question]:
        """The questions of this page."""
        return document.asked(self.pages[self.at], self.answers) if self.pages else []

    @property
    def key(self) -> str:
        """By which the page is known: its first question's key."""
        return self.pages[self.at][0].key if self.pages else ""

    @property
    def last(self) -> bool:
        """Whether nothing comes after this page."""
        return self.at >= len(self.pages) - 1

    def beside(self, by: int) -> str:
        """The key of the page after this one, or before it (``by`` −1)."""
        at = min(max(self.at + by, 0), len(self.pages) - 1)
        return self.pages[at][0].key if self.pages else ""

    def holds(self, key: str) -> bool:
        """Whether this is the page with that question."""
        return bool(self.pages) and key in {question.key for question in self.pages[self.at]}


def course(version: QuestionnaireVersion, answers: Mapping[str, Any], wanted: str | None) -> Course:
    """The pages of a version; ``wanted`` is the key of a question on the page to be on, else the first with a gap."""
    questions = document.read(version.document)
    found = [page for page in document.pages(questions) if document.asked(page, answers)]
    keys = [{question.key for question in page} for page in found]
    at = next((index for index, page in enumerate(keys) if wanted in page), None)
    if at is None:
        at = next((index for index, page in enumerate(keys) if not page & set(answers)), 0)
        gaps = {fault.field for fault in answering.unanswered(questions, answers)}
        at = next((index for index, page in enumerate(keys) if page & gaps), at)
    return Course(found, answers, at)


def sent(request: HttpRequest, page: Sequence[Question]) -> Sent:
    """What the form sent for the questions of a page. Of a file that is too large no more is read than shows it."""
    texts = {question.key: request.POST.getlist(question.key) for question in page}
    files = {
        question.key: request.FILES[question.key].read(photos.MOST_BYTES + 1)  # type: ignore[union-attr]
        for question in page
        if question.kind == "photo" and question.key in request.FILES
    }
    return Sent(texts, files)


def keep(
    request: HttpRequest, sheet: AnswerSheet, here: Course, now: datetime, *, leave: bool = False
) -> list[Fault]:
    """Keep what was sent for a page; what is wrong. Raises as ``answering.keep``."""
    return answering.keep(sheet.id, here.page, sent(request, here.page), now, leave=leave)


def fields(
    here: Course, typed: QueryDict | None = None, faults: Sequence[Fault] = ()
) -> list[dict[str, Any]]:
    """The questions of a page as its template draws them: with what was typed just now, or answered before."""
    wrong = {fault.field: fault.detail for fault in faults}
    return [
        {
            "question": question,
            "fault": wrong.get(question.key, ""),
            "values": _values(question, here.answers, typed),
            "photo": here.answers.get(question.key) if question.kind == "photo" else None,
            "types": photos.TYPES,
        }
        for question in here.page
    ]


def told(sheet: AnswerSheet) -> list[dict[str, Any]]:
    """Questions and answers, in words, as they were given."""
    return [
        {
            "question": question,
            "answer": KINDS[question.kind].tell(question, sheet.answers[question.key]),
            "photo": sheet.answers[question.key] if question.kind == "photo" else None,
        }
        for question in document.read(sheet.version.document)
        if question.key in sheet.answers
    ]


def _values(question: Question, answers: Mapping[str, Any], typed: QueryDict | None) -> list[str]:
    if typed is not None:
        return typed.getlist(question.key)
    answer = answers.get(question.key)
    return [str(one) for one in (answer if isinstance(answer, list) else [answer]) if one is not None]
