"""What came of a questionnaire: how often each answer was chosen, averages, what was written, and all of it in rows.

Counted are finished answers to one version: other questions are other results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Avg, Count, DecimalField, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from campaigns.models import AnswerSheet, QuestionnaireVersion
from campaigns.questionnaires import document
from campaigns.questionnaires.document import Question
from campaigns.questionnaires.kinds import KINDS

#: So many written answers are shown of each question, the newest ones.
WRITTEN = 30


@dataclass(frozen=True, slots=True)
class Filter:
    """Which answers are looked at: finished within a time, by members or by people unknown, from a source, and by
    those who chose ``option`` in answer to ``question``."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    source: str = ""
    question: str = ""
    option: str = ""


class Chosen(NamedTuple):
    """How often an answer was chosen; ``percent`` of those who answered the question."""

    key: str
    text: str
    times: int
    percent: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a question. ``average``, ``least`` and ``most`` are of scales and numbers."""

    question: Question
    answered: int
    chosen: tuple[Chosen, ...] = ()
    average: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    written: tuple[AnswerSheet, ...] = ()


def sheets(version: QuestionnaireVersion, only: Filter) -> QuerySet[AnswerSheet]:
    """The finished answers to a version that the filter lets through, the newest first."""
    found = AnswerSheet.objects.filter(version=version, finished_at__isnull=False)
    if only.since is not None:
        found = found.filter(finished_at__gte=only.since)
    if only.until is not None:
        found = found.filter(finished_at__lt=only.until)
    if only.who:
        found = found.filter(member__isnull=only.who == "unknown")
    if only.source:
        found = found.filter(source=only.source)
    asked = {question.key: question for question in document.read(version.document)}
    if only.question in asked and only.option:
        found = found.filter(_chose(asked[only.question], only.option))
    return found.order_by("-finished_at", "-id")


def count(version: QuestionnaireVersion, only: Filter) -> list[Result]:
    """What came of each question: a statement for each, and one more for what was written."""
    found = sheets(version, only)
    return [_count(found, question) for question in document.read(version.document)]


def _count(found: QuerySet[AnswerSheet], question: Question) -> Result:
    has = Q(answers__has_key=question.key)
    wanted: dict[str, Any] = {"answered": Count("id", filter=has)}
    wanted |= {
        f"chose_{index}": Count("id", filter=_chose(question, key))
        for index, (key, _text) in enumerate(question.choices)
    }
    if question.kind in ("scale", "number"):
        number = Cast(
            KeyTextTransform(question.key, "answers"), DecimalField(max_digits=40, decimal_places=10)
        )
        wanted |= {"average": Avg(number), "least": Min(number), "most": Max(number)}
    numbers = found.order_by().aggregate(**wanted)
    answered = numbers["answered"]
    return Result(
        question,
        answered,
        tuple(
            Chosen(key, text, numbers[f"chose_{index}"], _percent(numbers[f"chose_{index}"], answered))
            for index, (key, text) in enumerate(question.choices)
        ),
        average=numbers.get("average"),
        least=numbers.get("least"),
        most=numbers.get("most"),
        written=_written(found, question, has),
    )


def _written(found: QuerySet[AnswerSheet], question: Question, has: Q) -> tuple[AnswerSheet, ...]:
    if question.kind not in ("text", "date", "photo"):
        return ()
    return tuple(found.filter(has).select_related("member")[:WRITTEN])


def _chose(question: Question, key: str) -> Q:
    """Those who chose an answer."""
    value: Any = [key] if question.kind == "many" else key
    if question.kind == "scale":
        value = int(key) if key.isdecimal() and len(key) < 4 else -1
    return Q(answers__contains={question.key: value})


def _percent(part: int, whole: int) -> int:
    return (100 * part + whole // 2) // whole if whole else 0


def rows(version: QuestionnaireVersion, only: Filter) -> Iterator[tuple[AnswerSheet, list[str]]]:
    """Every answer sheet with its answers in words, in the order of the questions; empty where nothing was said.

    Numbers are digits with a point and days as 2026-05-31, for whoever goes on reckoning with them.
    """
    questions = document.read(version.document)
    for sheet in sheets(version, only).select_related("member").iterator(chunk_size=500):
        yield sheet, [plain(question, sheet.answers) for question in questions]


def plain(question: Question, answers: Mapping[str, Any]) -> str:
    """An answer for a table."""
    answer = answers.get(question.key)
    if answer is None:
        return ""
    if question.kind in ("one", "many"):
        return KINDS[question.kind].tell(question, answer)
    return str(answer)
