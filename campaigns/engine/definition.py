"""A campaign's definition: checked, brought into one form, and frozen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from campaigns.engine.document import Document
from campaigns.engine.problem import Problem, ordered
from campaigns.engine.questions import Questions, read
from campaigns.engine.schema import SCHEMA
from campaigns.engine.soundness import check, check_lots
from campaigns.engine.vocabulary import words


class DefinitionError(ValueError):
    """A document that is no definition; ``problems`` names every place and its fix."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that :func:`parse` accepted. ``document`` is its one form: numbers are plain strings.

    The document is not to be changed by anyone.
    """

    document: Document = field(hash=False)

    @property
    def questions(self) -> Questions:
        """Its answers as typed values, read anew each time: whoever needs them often keeps them."""
        return read(self.document)


def parse(document: object) -> Definition:
    """Check a document and freeze it. Raises :class:`DefinitionError` naming each wrong field and the fix.

    Remembers what it has read: to check takes milliseconds, and a document is asked about several times in a row, by
    whoever tells it, publishes it and builds a rulebook of it.
    """
    try:
        text = json.dumps(document)
    except (TypeError, ValueError, RecursionError):
        return _read(document)
    return _remembered(text)


@lru_cache(maxsize=2048)
def _remembered(text: str) -> Definition:
    return _read(json.loads(text))


def _read(document: object) -> Definition:
    problems = [problem for error in _VALIDATOR.iter_errors(document) for problem in _describe(error)]
    if isinstance(document, dict):
        problems += check_lots(document.get("lots"))
    if problems or not isinstance(document, dict):
        raise DefinitionError(ordered(problems))
    return freeze(document)


def freeze(document: Document) -> Definition:
    """Freeze a document that fits the schema. Raises :class:`DefinitionError` for what contradicts itself."""
    plain = _plain(document)
    if problems := check(plain):
        raise DefinitionError(ordered(problems))
    return Definition(_complete(plain))


#: Fields that hold decimal numbers, wherever they stand as a JSON number.
_DECIMALS = frozenset(
    {
        "amount", "at_least", "at_most", "below", "by", "from", "money", "of_at_least", "per", "percent",
        "pieces", "points", "price", "up_to",
    }
)  # fmt: skip
#: Conditions and effects whose numbers are whole ones.
_WHOLE = frozenset(word.name for word in words() if word.whole)


def _plain(value: Any, key: str = "", whole: bool = False) -> Any:
    """A copy in which every decimal number is a string in plain notation."""
    if isinstance(value, dict):
        whole = (value.get("condition") or value.get("effect")) in _WHOLE
        return {name: _plain(item, name, whole) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if key in _DECIMALS and not whole and isinstance(value, int | float) and not isinstance(value, bool):
        return format(Decimal(str(value)), "f")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from the rest: only members have tiers and cards."""
    whom = document.get("whom", {})
    if "who" not in whom:
        document["whom"] = {"who": "members" if whom else "everyone"} | whom
    return document


# Numbers may be strings: the schema's bounds and patterns are read for both forms.


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _bound(holds: Any) -> Any:
    def judge(_: Any, limit: Any, value: object, __: Any) -> Iterator[ValidationError]:
        number = _number(value)
        if number is not None and not holds(number, limit):
            yield ValidationError(f"{value!r} is out of bounds")

    return judge


def _pattern(validator: Any, pattern: str, value: object, schema: Any) -> Iterator[ValidationError]:
    text = value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = _number(value)
        text = str(value) if number is None else format(number, "f")
    yield from Draft202012Validator.VALIDATORS["pattern"](validator, pattern, text, schema)


_VALIDATOR = validators.extend(
    Draft202012Validator,
    {
        "minimum": _bound(lambda number, limit: number >= limit),
        "maximum": _bound(lambda number, limit: number <= limit),
        "exclusiveMinimum": _bound(lambda number, limit: number > limit),
        "pattern": _pattern,
    },
)(SCHEMA)


def path_of(steps: Iterable[str | int]) -> str:
    """``what[0].percent`` of ``["what", 0, "percent"]``."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _describe(error: ValidationError) -> Iterator[Problem]:
    """What a schema error means to the person who wrote the document."""
    steps = list(error.absolute_path)
    rule: Any = error.validator
    value: Any = error.instance
    schema: Any = error.schema
    wanted: Any = error.validator_value
    if steps[:1] == ["lots"] and rule == "anyOf":
        return  # check_lots says it better
    path = path_of(steps)
    shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
    known = ", ".join(schema.get("properties", {})) if isinstance(schema, dict) else ""
    known = f"condition, {known}" if known == "all, any, none" else known
    if rule == "additionalProperties":
        for name in sorted(set(value) - set(schema["properties"])):
            yield Problem(path_of([*steps, name]), "unknown_field", {"known": known})
    elif rule == "required":
        for name in sorted(set(wanted) - set(value)):
            yield Problem(path_of([*steps, name]), "missing")
    elif rule in ("minProperties", "maxProperties"):
        yield Problem(path, "one_of", {"count": str(len(value)), "names": known})
    elif rule == "enum":
        choices = ", ".join(str(choice) for choice in wanted)
        code = "blank_choice" if value == "" else "unknown_choice"
        yield Problem(path, code, {"value": shown, "choices": choices})
    elif rule in ("minItems", "maxItems") and not value:
        yield Problem(path, "empty_list")
    elif rule == "maxItems":
        yield Problem(path, "too_many", {"count": str(len(value)), "most": str(wanted)})
    elif rule == "uniqueItems":
        yield Problem(path, "twice")
    else:
        yield Problem(path, "blank" if value == "" else "unfit", {"value": shown, **want(schema)})


_BOUNDS = {
    "minItems": "least", "minLength": "least", "minimum": "least",
    "maxItems": "most", "maxLength": "most", "maximum": "most",
}  # fmt: skip
#: What is wanted by a schema that does not say it: by its type, and whether it bounds the value.
_BY_TYPE: Mapping[tuple[str, bool, bool], str] = {
    ("object", False, False): "object",
    ("array", False, True): "list_to",
    ("array", True, True): "list_within",
    ("string", True, True): "text_within",
    ("string/null", True, True): "text_or_null",
    ("integer", True, True): "whole_within",
}


def want(schema: Any) -> dict[str, str]:
    """What a field should hold: ``wanted``, a key of ``problem_sentences.WANTED``, and what its text is filled with."""
    if "wanted" in schema:
        return {"wanted": schema["wanted"]}
    kinds = schema.get("type", "")
    kind = kinds if isinstance(kinds, str) else "/".join(kinds)
    bounds = {_BOUNDS[rule]: str(schema[rule]) for rule in _BOUNDS if rule in schema}
    wanted = _BY_TYPE.get((kind, "least" in bounds, "most" in bounds), "something")
    return {"wanted": wanted, **bounds}
