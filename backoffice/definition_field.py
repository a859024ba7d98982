"""The field in which a campaign's definition is written as JSON: every mistake is named with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.schema import SCHEMA

#: What a new campaign begins with: five percent in points, on members' receipts.
TEMPLATE: Mapping[str, Any] = {
    "whom": {"who": "members"},
    "where": {},
    "when": {},
    "what_for": {"of": "receipt"},
    "what": [{"effect": "points_percent", "percent": "5"}],
    "tell": {"receipt": "Thank you! This purchase brought {points} points."},
    "judge": {"limits": []},
    "stacking": {"mode": "all"},
}


#: Fields that come first, wherever they stand: the database does not keep the order of a document.
_FIRST = (*SCHEMA["properties"], "effect", "condition")


def render(definition: Any) -> str:
    """The definition as people write it, in the order of the seven questions."""
    return json.dumps(_in_order(definition), indent=2, ensure_ascii=False)


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
        return {name: _in_order(value[name]) for name in names}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def problems_of(error: DefinitionError) -> list[str]:
    """Every mistake of a definition, as a line each: where, what, and how to mend it."""
    return [f"{path}: {message}" if path else message for path, message in error.problems]


class DefinitionField(forms.CharField):
    """A definition as text; its value is the parsed document, which the engine accepts."""

    def __init__(self, **options: Any) -> None:
        rows = {"rows": 26, "spellcheck": "false", "class": "regulars-code", "autocomplete": "off"}
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs=rows), strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        """A stored document as text; what was typed stays as it was typed."""
        return value if isinstance(value, str) else render(value)

    def to_python(self, value: Any) -> Any:
        """The document. Raises ``ValidationError`` with the line and column, or with every mistake."""
        text = super().to_python(value) or ""
        if not text.strip():
            raise ValidationError(_("Write the definition: begin with { and end with }."))
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(
                _("This is not JSON at line %(line)s, column %(column)s: %(problem)s."),
                params={"line": error.lineno, "column": error.colno, "problem": error.msg},
            ) from None
        try:
            parse(document)
        except DefinitionError as error:
            raise ValidationError(problems_of(error)) from None
        return document

    def validate(self, value: Any) -> None:
        """An empty document was refused already."""

    def run_validators(self, value: Any) -> None:
        """None of those of a text apply to a document."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the document is another, however it is written."""
        try:
            return bool(json.loads(data or "") != initial)
        except ValueError:
            return True


def differences(before: Any, after: Any) -> list[str]:
    """What changed from one definition to another, a line each: ``what[0].percent: 5 → 7``."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    lines = []
    for path in sorted({*old, *new}):
        if path not in old:
            lines.append(f"{path}: + {new[path]}")
        elif path not in new:
            lines.append(f"{path}: − {old[path]}")
        elif old[path] != new[path]:
            lines.append(f"{path}: {old[path]} → {new[path]}")
    return lines


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value
    elif value not in ({}, []):
        yield path, json.dumps(value, ensure_ascii=False)
