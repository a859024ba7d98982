"""Columns of a table as fields of a document: written, read back, checked, and told in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext as _

Entry = dict[str, Any]

_NUMBER = r"^-?\d{1,18}(\.\d{1,6})?$"


@dataclass(frozen=True)
class Column:
    """A column of a model, and how its value stands in a document."""

    field: Any

    @property
    def name(self) -> str:
        """The field's name in model and document."""
        return str(self.field.name)

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.field.verbose_name)

    @cached_property
    def default(self) -> Any:
        """What a new entry that says nothing has; ``None`` also where something must be said."""
        if self.field.has_default():
            return self.write(self.field.get_default())
        return "" if self.field.empty_strings_allowed and not self.field.null and self.field.blank else None

    @property
    def needed(self) -> bool:
        """Whether a new entry must say it."""
        return not (self.field.has_default() or self.field.null or self.field.blank)

    def write(self, value: Any) -> Any:
        """The column's value as it stands in a document: decimals as plain text, days as ISO."""
        if value is None:
            return None
        if isinstance(self.field, models.DecimalField):
            return plain_decimal(value)
        if isinstance(value, str):
            return str(value)  # a choice's member is a text too, but not a plain one
        return value.isoformat() if isinstance(value, date) else value

    def canonical(self, value: Any) -> Any:
        """A value that the schema accepted, in its one form."""
        return (
            plain_decimal(value)
            if isinstance(self.field, models.DecimalField) and value is not None
            else value
        )

    def read(self, value: Any) -> Any:
        """The column's value of a document's. Raises ``ValidationError`` when the model refuses it."""
        if value is None and self.field.null:
            return None
        if isinstance(self.field, models.JSONField):
            return value
        return self.field.clean(value, None)

    def schema(self) -> Entry:
        """The JSON Schema of the value."""
        schema = self._kind()
        if self.field.null:
            schema = {**schema, "type": [*_list(schema["type"]), "null"]} if "type" in schema else schema
        return {"title": self.label, **schema}

    def _kind(self) -> Entry:
        field = self.field
        if isinstance(field, models.JSONField):
            return {}
        if isinstance(field, ArrayField):
            return {"type": "array", "items": {"type": "integer"}}
        if isinstance(field, models.BooleanField):
            return {"type": "boolean"}
        if isinstance(field, models.DecimalField):
            return {"type": ["string", "number"], "pattern": _NUMBER}
        if isinstance(field, models.IntegerField):
            return {"type": "integer"}
        if isinstance(field, models.DateField):
            return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
        schema: Entry = {"type": "string"}
        if field.choices:
            blank = [""] if field.blank else []
            return schema | {"enum": [*blank, *(value for value, _label in field.flatchoices)]}
        if not field.blank:
            schema["minLength"] = 1
        return schema | ({"maxLength": field.max_length} if field.max_length else {})

    def say(self, value: Any) -> str:
        """A document's value in words."""
        if value is None or value == "":
            return "–"
        if isinstance(self.field, ArrayField):
            return ", ".join(map(str, value)) or "–"
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if self.field.choices:
            return str(dict(self.field.flatchoices).get(value, value))
        if isinstance(self.field, models.DateField):
            return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
        if isinstance(self.field, models.DecimalField):
            return str(value).replace(".", get_format("DECIMAL_SEPARATOR"))
        return shorten(value)


class Columns:
    """Some columns of a model, in the order in which a document has them."""

    def __init__(self, model: type[models.Model], *names: str) -> None:
        self.model, self.names = model, names

    @cached_property
    def all(self) -> tuple[Column, ...]:
        """The columns."""
        return tuple(Column(self.model._meta.get_field(name)) for name in self.names)

    def schema(self) -> dict[str, Entry]:
        """The JSON Schemas of the fields by their names."""
        return {column.name: column.schema() for column in self.all}

    def write(self, row: models.Model) -> Entry:
        """A row as an entry."""
        return {column.name: column.write(getattr(row, column.name)) for column in self.all}

    def fill(self, entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> Entry:
        """An entry with what it leaves out: as it is now, or as a new one begins."""
        filled = {}
        for column in self.all:
            if column.name in entry:
                filled[column.name] = column.canonical(entry[column.name])
            else:
                filled[column.name] = before[column.name] if before is not None else column.default
        return filled

    def check(self, entry: Mapping[str, Any], new: bool) -> Iterator[tuple[str, str]]:
        """The fields of a filled entry that the model refuses, each with the reason."""
        for column in self.all:
            value = entry[column.name]
            if new and column.needed and value in (None, ""):
                yield column.name, _("is missing; add it")
                continue
            try:
                column.read(value)
            except ValidationError as error:
                yield column.name, " ".join(error.messages)

    def put(self, row: Any, entry: Mapping[str, Any]) -> None:
        """Set the row's columns to what an entry says. Does not save it."""
        for column in self.all:
            setattr(row, column.name, column.read(entry[column.name]))

    def differences(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
        """What changed, a sentence each: ``return window, days: 14 → 30``."""
        for column in self.all:
            old, new = before[column.name], after[column.name]
            if old != new:
                yield change(column.label, column.say(old), column.say(new))


def change(label: str, before: str, after: str) -> str:
    """``percent 5 → 7``, whatever it is that changed."""
    return _("%(what)s: %(before)s → %(after)s") % {"what": label, "before": before, "after": after}


def shorten(value: Any, most: int = 120) -> str:
    """A text for a line of differences."""
    text = " ⏎ ".join(str(value).splitlines()) if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def plain_decimal(value: Any) -> str:
    """A decimal number without superfluous zeros and without an exponent."""
    number = Decimal(str(value))
    return format(number.normalize() if number else Decimal(0), "f")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
