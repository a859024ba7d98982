"""A questionnaire on the screen: its pages, what was typed on one, and the way on. The same for a member and for
somebody unknown on the page of a form; nothing here knows who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, QueryDict

from campaigns.models import AnswerSheet, Questionnaire, QuestionnaireVersion
from campaigns.questionnaires import answering, document, states
from campaigns.questionnaires.answering import Sent
from campaigns.questionnaires.document import Question
from campaigns.questionnaires.kinds import KINDS
from foundation import photos
from foundation.refusals import Fault, Invalid


@dataclass(frozen=True, slots=True)
class Course:
    """The pages on which something is asked of somebody with these answers, and where they are. ``open``: what is
    answered on this page decides whether more is asked."""

    pages: list[list[Question]]
    answers: Mapping[str, Any]
    at: int
    open: bool = False

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

    @property
    def ends(self) -> bool:
        """Whether this page is the last one, whatever is answered on it."""
        return self.last and not self.open

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
    here = keys[at] if keys else set()
    return Course(found, answers, at, any(question.after in here for question in questions))


class Taken(NamedTuple):
    """What became of a page that was sent: ``faults`` on it, or where to go on: the key of a page, or ``done``."""

    here: Course
    faults: Sequence[Fault] = ()
    page: str = ""
    done: bool = False


def take(request: HttpRequest, sheet: AnswerSheet, now: datetime) -> Taken:
    """Keep what was sent for a page, and say where to go on: the page after it or, with ``go=back``, before it.

    After the last one the answers are finished. Raises as ``answering.keep`` and ``answering.finish``.
    """
    wanted, go = request.POST.get("page", ""), request.POST.get("go", "next")
    here = course(sheet.version, sheet.answers, wanted)
    if not here.holds(wanted):  # other answers were given in another tab meanwhile
        return Taken(here, page=here.key)
    faults = answering.keep(
        sheet.id, here.page, _sent(request, here.page), now, leave=go in ("back", "later")
    )
    if faults:
        return Taken(here, faults)
    sheet.refresh_from_db()
    after = course(sheet.version, sheet.answers, here.key)
    if go == "back" or not after.last:
        return Taken(here, page=after.beside(-1 if go == "back" else 1))
    if go == "later":
        return Taken(here, page=here.key)
    try:
        answering.finish(sheet.id, now)
    except Invalid as invalid:
        return Taken(here, page=invalid.faults[0].field)
    return Taken(here, done=True)


def _sent(request: HttpRequest, page: Sequence[Question]) -> Sent:
    """What the form sent for the questions of a page. Of a file that is too large no more is read than shows it."""
    texts = {question.key: request.POST.getlist(question.key) for question in page}
    files = {
        question.key: request.FILES[question.key].read(photos.MOST_BYTES + 1)  # type: ignore[union-attr]
        for question in page
        if question.kind == "photo" and question.key in request.FILES
    }
    return Sent(texts, files)


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


def drawn(asked: Questionnaire, sheet: AnswerSheet | None, wanted: str | None) -> dict[str, Any]:
    """What ``cabinet/partials/asked.html`` needs to draw a page of a questionnaire, begun or not."""
    here = course(sheet.version if sheet else states.newest(asked), sheet.answers if sheet else {}, wanted)
    return {"questionnaire": asked, "course": here, "fields": fields(here)}


def mended(asked: Questionnaire, taken: Taken, typed: QueryDict) -> dict[str, Any]:
    """The same of a page on which something was wrong, with what was typed."""
    drawn = {"questionnaire": asked, "course": taken.here, "faults": taken.faults}
    return drawn | {"fields": fields(taken.here, typed, taken.faults)}


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
