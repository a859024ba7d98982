"""What else is known of a member, as rows of a name and a value; nobody has to write JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.refusals import Fault
from members import bounds

#: Empty rows below those that are filled in.
_SPARE = 2
_YES, _NO = gettext_lazy("yes"), gettext_lazy("no")


class Row(NamedTuple):
    """A name and a value as they are typed."""

    name: str
    value: str


def write(value: Any) -> str:
    """A value as somebody reads and types it: a text as it is, unless it would be read as something else."""
    if isinstance(value, bool):
        return str(_YES if value else _NO)
    if isinstance(value, str) and value.strip() == value and read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def read(text: str) -> Any:
    """What a typed value means: a number, yes or no, what is written in brackets or in quotes as JSON, else a text.

    Raises ``ValidationError`` for a text that is deeper than anybody reads, before it is read.
    """
    if bounds.is_deep(text):
        raise ValidationError(bounds.too_deep("attributes").detail)
    said = text.strip()
    if said.casefold() in (_YES.casefold(), _NO.casefold()):
        return said.casefold() == _YES.casefold()
    try:
        value = json.loads(said)
        msgspec.json.encode(value)
        json.dumps(value, allow_nan=False)
    except (ValueError, OverflowError):
        return said  # a text like any other, or a number that no column of JSON holds
    return value


class RowsWidget(forms.Widget):
    """Rows of two fields, and some that are empty."""

    template_name = "backoffice/member/attributes.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """With the rows."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = list(value) if isinstance(value, list) else _rows(value or {})
        context["rows"] = [*rows, *([Row("", "")] * _SPARE)]
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The rows, from the house's own templates: forms look among those of the libraries alone."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row] | None:
        """The rows in which something was typed; None where the page had none of them."""
        if f"{name}-name" not in data:
            return None
        names, values = data.getlist(f"{name}-name"), data.getlist(f"{name}-value")
        values += [""] * (len(names) - len(values))
        pairs = (Row(one.strip(), other) for one, other in zip(names, values, strict=False))
        return [row for row in pairs if row.name or row.value.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the page had no such rows: then the member's stay as they are."""
        return f"{name}-name" not in data


def _rows(known: Mapping[str, Any]) -> list[Row]:
    return [Row(name, write(value)) for name, value in known.items()]


class AttributesField(forms.Field):
    """What else is known of a member: an object whose names and values are typed in rows."""

    widget = RowsWidget

    def prepare_value(self, value: Any) -> Any:
        """The rows that the page shows: as typed, or as stored."""
        return value if isinstance(value, list) else _rows(value or {})

    def to_python(self, value: Sequence[Row] | None) -> dict[str, Any]:
        """The object. Raises ``ValidationError``, naming every row that will not do."""
        found: dict[str, Any] = {}
        faults: list[str] = []
        for row in value or ():
            if not row.name:
                faults.append(_("“%(value)s” has no name.") % {"value": row.value[:40]})
            elif row.name in found:
                faults.append(_("“%(name)s” is there twice.") % {"name": row.name[:40]})
            else:
                try:
                    found[row.name] = read(row.value)
                except ValidationError as error:
                    faults += [f"{row.name[:40]}: {told}" for told in error.messages]
        faults += [fault.detail for fault in _faults(found)]
        if faults:
            raise ValidationError(faults)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else stands there now."""
        if data is None:
            return False
        try:
            return bool(self.to_python(data) != (initial or {}))
        except ValidationError:
            return True


def _faults(found: Mapping[str, Any]) -> list[Fault]:
    nul = [bounds.nul("attributes")] if "\0" in "".join(_texts(found)) else []
    return nul or list(bounds.data_faults("attributes", found))


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, the names among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _texts(one)
