"""Cells of the tables that go in and out as files: each read in the forms that people type, in English and Russian,
and written in one neutral form that every language reads back.

What cannot be read for certain is refused with an example; the row and the column are said by whoever asks.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.widgets import Widget

from members.tables import harmless, plain

YES = {"1", "true", "yes", "y", "on", "+", "да", "д", "истина", "вкл", "x", "х"}
NO = {"0", "false", "no", "n", "off", "-", "нет", "н", "ложь", "выкл"}
#: Blanks that people and spreadsheets put between thousands: ordinary, no-break, narrow, thin.
BLANKS = str.maketrans("", "", " \u00a0\u202f\u2009'’")


class TextCell(Widget):  # type: ignore[misc]
    """A text; an empty cell is none where the record may have none."""

    def __init__(self, *, empty: str | None = "") -> None:
        super().__init__()
        self.empty = empty

    def clean(self, value: Any, row: Any = None, **options: Any) -> str | None:
        """The text. A number that a spreadsheet made of one loses its ".0"."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return plain(value) or self.empty

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        """The text, harmless."""
        return harmless("" if value is None else str(value))


class BooleanCell(Widget):  # type: ignore[misc]
    """Yes or no, in the words of either language."""

    def __init__(self, *, default: bool = False) -> None:
        super().__init__()
        self.default = default

    def clean(self, value: Any, row: Any = None, **options: Any) -> bool:
        """Read yes or no; an empty cell is what a new record has."""
        text = plain(value).lower()
        if not text:
            return self.default
        if text in YES or text in NO:
            return text in YES
        raise ValueError(_("“%(value)s” is neither yes nor no: write yes or no.") % {"value": value})

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        """Yes or no."""
        return "yes" if value else "no"


class NumberCell(Widget):  # type: ignore[misc]
    """A number with a decimal point or comma, thousands apart or not."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Decimal | None:
        """Read a number; an empty cell is none."""
        return read_number(value)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        """Digits with a point, in every language."""
        return "" if value is None else format(value, "f")


class DateCell(Widget):  # type: ignore[misc]
    """A day."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> date | None:
        """Read a day; an empty cell is none."""
        return read_date(value)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        """The day as ISO 8601 has it."""
        return value.isoformat() if value else ""


class ChoiceCell(TextCell):
    """One of a few values, by its code or by its name in any language."""

    def __init__(self, choices: Any, languages: Any) -> None:
        super().__init__()
        self.names: dict[str, str] = {}
        for language in languages:
            with override(language):
                self.names |= {str(label).lower(): code for code, label in choices}
        self.names |= {str(code).lower(): code for code, _label in choices}
        self.codes = [str(code) for code, _label in choices if code]

    def clean(self, value: Any, row: Any = None, **options: Any) -> str:
        """The code of what is named."""
        text = plain(value)
        if not text:
            return ""
        if text.lower() not in self.names:
            known = ", ".join(self.codes)
            raise ValueError(_("“%(value)s” is none of: %(known)s.") % {"value": value, "known": known})
        return self.names[text.lower()]


def read_number(value: Any) -> Decimal | None:
    """A number as people type it: "0.59", "0,59", "1 234,50", "1,234.50", "1.234,50". None for an empty cell.

    Raises ``ValueError`` for anything else.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    text = plain(value).translate(BLANKS)
    if not text:
        return None
    try:
        if not re.fullmatch(r"[+-]?[0-9.,]+", text):
            raise InvalidOperation
        return Decimal(_with_point(text))
    except InvalidOperation:
        raise ValueError(_("“%(value)s” is no number: write it like 1234.50.") % {"value": value}) from None


def _with_point(text: str) -> str:
    """The same number with a decimal point alone. The sign that comes last is the decimal one, the other parts
    thousands; one that comes more than once parts thousands too."""
    last = max(".", ",", key=text.rfind)
    other = "," if last == "." else "."
    whole, _sign, rest = text.rpartition(last)
    if last not in text:
        return text
    if text.count(last) > 1:
        return _joined(text, last)
    return f"{_joined(whole, other) if other in whole else whole}.{rest}"


def _joined(text: str, sign: str) -> str:
    """A number whose thousands are parted. Raises ``InvalidOperation`` where the groups are not of three."""
    first, *groups = text.lstrip("+-").split(sign)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
        raise InvalidOperation
    return text.replace(sign, "")


def read_date(value: Any) -> date | None:
    """A day as ISO 8601 or as dd.mm.yyyy; None for an empty cell.

    Raises ``ValueError`` for anything else: 03/04/1990 is the third of April to some and the fourth of March to others.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", plain(value))
    if not text:
        return None
    if "/" in text:
        detail = _("“%(value)s” can be two days: write 1990-04-03, or 03.04.1990 for the third of April.")
        raise ValueError(detail % {"value": value})
    for form, shape in (("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"), ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}")):
        if re.fullmatch(shape, text, re.ASCII):
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                raise ValueError(_("There is no such day: %(value)s.") % {"value": value}) from None
    raise ValueError(_("“%(value)s” is no day: write it like 1990-04-03.") % {"value": value})


def cell_of(field: models.Field[Any, Any], languages: Any) -> Widget:
    """The cell for a field of a model."""
    if isinstance(field, models.BooleanField):
        return BooleanCell(default=bool(field.get_default()))
    if isinstance(field, models.DecimalField | models.IntegerField):
        return NumberCell()
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return DateCell()
    if field.choices:
        return ChoiceCell(field.flatchoices, languages)
    return TextCell(empty=None if field.null else "")
