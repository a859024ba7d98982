"""The kinds of question: how an answer is read as somebody typed it, how it is told, and as what it is kept.

An answer is stored as JSON: the key of an option (one), their keys (many), a whole number (scale), a text (text), a
day as 2026-05-31 (date), a decimal number as a text (number), the id of a photo (photo).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.questionnaires.document import Question
from members import bounds

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: The most characters of a written answer, and of a number.
TEXT, NUMBER = 2000, 32
#: What a written answer may be as an attribute: campaigns compare it whole.
ATTRIBUTE_TEXT = 200
_YEARS = (1900, 2200)
_BLANKS = str.maketrans("", "", " \u00a0\u202f\u2009'’")


class Unreadable(Exception):
    """What was typed is no answer to the question; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question. ``read`` makes an answer of what a form sent, None of nothing, or raises ``Unreadable``;
    ``tell`` is the answer in words; ``keep`` what campaigns compare as an attribute of the member, None for what
    cannot be one."""

    name: str
    label: StrOrPromise
    read: Callable[[Question, Sequence[str]], Any]
    tell: Callable[[Question, Any], str]
    keep: Callable[[Question, Any], Any] | None = None


def _first(sent: Sequence[str]) -> str:
    return sent[0].strip() if sent else ""


def _read_one(question: Question, sent: Sequence[str]) -> str | None:
    said = _first(sent)
    if said and said not in dict(question.choices):
        raise Unreadable(_("Choose one of the answers."))
    return said or None


def _read_many(question: Question, sent: Sequence[str]) -> list[str] | None:
    known = dict(question.choices)
    if any(one not in known for one in sent if one):
        raise Unreadable(_("Choose from the answers."))
    return [key for key in known if key in sent] or None


def _read_scale(question: Question, sent: Sequence[str]) -> int | None:
    said = _read_one(question, sent)
    return int(said) if said is not None else None


def _read_text(_question: Question, sent: Sequence[str]) -> str | None:
    said = (sent[0] if sent else "").replace("\r\n", "\n").strip()
    for fault in bounds.text_fault("", said, TEXT):
        raise Unreadable(fault.detail)
    return said or None


def _read_date(_question: Question, sent: Sequence[str]) -> str | None:
    said = _first(sent)
    if not said:
        return None
    try:
        day = date.fromisoformat(said) if len(said) == 10 else None
    except ValueError:
        day = _written_day(said)
    if day is None or not _YEARS[0] <= day.year <= _YEARS[1]:
        raise Unreadable(
            _("Give a day, as %(example)s.")
            % {"example": formats.date_format(date(2026, 5, 31), "SHORT_DATE_FORMAT")}
        )
    return day.isoformat()


def _written_day(said: str) -> date | None:
    """A day as people type it where the browser has no field for days."""
    try:
        day, month, year = (int(part) for part in said.replace("/", ".").split("."))
        return date(year, month, day)
    except ValueError:
        return None


def _read_number(question: Question, sent: Sequence[str]) -> str | None:
    said = _first(sent).translate(_BLANKS).replace(",", ".")
    if not said:
        return None
    number = bounds.read_number(said) if len(said) <= NUMBER else None
    if number is None:
        raise Unreadable(_("Give a number in digits, as 12 or 12.5."))
    if question.least is not None and number < question.least:
        raise Unreadable(_("At least %(least)s.") % {"least": _plain(question.least)})
    if question.most is not None and number > question.most:
        raise Unreadable(_("At most %(most)s.") % {"most": _plain(question.most)})
    return format(number, "f")


def _read_photo(_question: Question, sent: Sequence[str]) -> str | None:
    return _first(sent) or None  # the id that ``answering`` puts here once the picture is kept


def _tell_chosen(question: Question, answer: Any) -> str:
    known = dict(question.choices)
    return ", ".join(
        known.get(str(one), str(one)) for one in (answer if isinstance(answer, list) else [answer])
    )


def _tell_date(_question: Question, answer: Any) -> str:
    return formats.date_format(date.fromisoformat(str(answer)), "DATE_FORMAT")


def _tell_number(_question: Question, answer: Any) -> str:
    return str(formats.localize(Decimal(str(answer)), use_l10n=True))


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _keep_number(_question: Question, answer: Any) -> int | float:
    number = Decimal(str(answer))
    return int(number) if number == number.to_integral_value() else float(number)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("one", gettext_lazy("One of several answers"), _read_one, _tell_chosen, _tell_chosen),
        Kind(
            "many", gettext_lazy("Several of several answers"), _read_many, _tell_chosen,
            lambda question, answer: [dict(question.choices).get(key, key) for key in answer],
        ),
        Kind(
            "scale", gettext_lazy("A scale"), _read_scale, lambda _q, answer: str(answer),
            lambda _q, answer: answer,
        ),
        Kind(
            "text", gettext_lazy("A text"), _read_text, lambda _q, answer: str(answer),
            lambda _q, answer: answer[:ATTRIBUTE_TEXT],
        ),
        Kind("date", gettext_lazy("A day"), _read_date, _tell_date, lambda _q, answer: answer),
        Kind("number", gettext_lazy("A number"), _read_number, _tell_number, _keep_number),
        Kind("photo", gettext_lazy("A photo"), _read_photo, lambda _q, _answer: _("a photo")),
    )
}  # fmt: skip
