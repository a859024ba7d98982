"""The shape of a document: every field known, every value of its kind; what is not is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from campaigns.programme_file import layout
from campaigns.programme_file.problems import FileProblem

#: Documents inside the document, whose own parsers say what is wrong with them.
_SAID_BETTER = (("programme", "expiry"), ("programme", "spending"))

_KINDS = {
    "object": "{…}",
    "array": "[…]",
    "string": "text",
    "integer": "42",
    "number": "4.20",
    "boolean": "true / false",
    "null": "null",
}


def check(document: Any) -> Iterator[FileProblem]:
    """What is wrong with the shape, each place with how to mend it."""
    validator = Draft202012Validator(layout.schema(complete=False))
    for error in validator.iter_errors(document):
        if tuple(error.absolute_path)[:2] not in _SAID_BETTER or error.validator == "type":
            yield from _describe(error)


def _describe(error: ValidationError) -> Iterator[FileProblem]:
    path, rule = tuple(error.absolute_path), error.validator
    value: Any = error.instance
    schema: Any = error.schema
    wanted: Any = error.validator_value
    match rule:
        case "additionalProperties":
            known = ", ".join(schema["properties"])
            for name in sorted(set(value) - set(schema["properties"])):
                yield FileProblem(
                    (*path, name), _("is not known here; known are %(known)s") % {"known": known}
                )
        case "required":
            for name in sorted(set(wanted) - set(value)):
                yield FileProblem((*path, name), _("is missing; add it"))
        case "const":
            message = _("is %(value)r; this Regulars reads version %(known)s")
            yield FileProblem(path, message % {"value": value, "known": wanted})
        case "enum":
            choices = ", ".join(str(choice) for choice in wanted)
            yield FileProblem(
                path, _("%(value)s is not known; use one of %(choices)s") % _shown(value, choices=choices)
            )
        case "pattern":
            yield _misspelt(error)
        case "uniqueItems":
            yield FileProblem(path, _("names the same thing twice; keep one"))
        case "type":
            yield FileProblem(
                path, _("%(value)s will not do; write %(kinds)s") % _shown(value, kinds=_kinds(schema))
            )
        case "minLength":
            yield FileProblem(path, _("is empty; write something"))
        case "maxLength":
            yield FileProblem(path, _("is longer than %(most)s characters") % {"most": wanted})
        case "minimum":
            yield FileProblem(
                path,
                _("%(value)s is too small; %(least)s is the least") % _shown(value, least=wanted),
            )
        case _:
            yield FileProblem(path, _("%(value)s will not do") % _shown(value))


def _misspelt(error: ValidationError) -> FileProblem:
    """A value, or the name of an entry, that does not look as it should."""
    path, schema = tuple(error.absolute_path), error.schema
    if not isinstance(schema, dict) or "type" not in schema:
        return FileProblem(
            (*path, str(error.instance)), _("is no code: use up to some dozen letters, digits, - and _")
        )
    number = "12.50" if "number" in schema["type"] else "code-1"
    example = "2026-12-31" if schema.get("format") == "date" else number
    return FileProblem(
        path, _("%(value)s will not do; write it like %(example)s") % _shown(error.instance, example=example)
    )


def _kinds(schema: Any) -> str:
    kinds = schema.get("type", [])
    return " / ".join(_KINDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _shown(value: Any, **words: Any) -> dict[str, Any]:
    text = repr(value)
    return {"value": text if len(text) <= 60 else f"{text[:59]}…"} | words
