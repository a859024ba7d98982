"""Reading rules out of JSON documents: what is wrong is said with the field, and what would be right.

Expiry policies, terms of lots and spending rules are kept as JSON. A :class:`Reader` takes the fields
of one object; whatever is not taken in the end is refused, so a misspelt field is never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from loyalty.rules.sentences import write

_MISSING = object()
_PLAIN = re.compile(r"-?\d{1,12}(\.\d{1,6})?\Z")


class DocumentError(ValueError):
    """A document that cannot be used. ``field`` is the path in it, ``code`` what is wrong, ``words`` what is filled in.

    The words of a value are as Python writes it. Sentences are in ``loyalty.rules.sentences``.
    """

    def __init__(self, field: str, code: str, **words: str) -> None:
        self.field = field
        self.code = code
        self.words = words
        super().__init__(f"{field}: {self.problem}")

    @property
    def problem(self) -> str:
        """What is wrong and the fix, in English."""
        return write(self.code, self.words)


class Reader:
    """Takes the fields of one JSON object, each checked; ``path`` names the object in messages."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, Mapping):
            raise DocumentError(path, "not_object", value=repr(document))
        self.document = document
        self.path = path
        self._taken: set[str] = set()

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str, default: object = _MISSING) -> object:
        """The field's raw value; a missing one is refused unless it has a default."""
        self._taken.add(name)
        value = self.document.get(name, default)
        if value is _MISSING:
            raise DocumentError(self.at(name), "missing")
        return value

    def has(self, name: str) -> bool:
        """Whether the field is given and is not null."""
        self._taken.add(name)
        return self.document.get(name) is not None

    def choice(self, name: str, choices: Iterable[str], default: object = _MISSING) -> str:
        """One of some words."""
        value = self.take(name, default)
        known = tuple(choices)
        if not isinstance(value, str) or value not in known:
            code = "blank_choice" if value == "" else "unknown_choice"
            raise DocumentError(self.at(name), code, value=repr(value), choices=", ".join(known))
        return value

    def one_of(self, names: Iterable[str]) -> str:
        """The name of the one field given out of several that exclude each other."""
        given = [name for name in names if self.has(name)]
        if len(given) != 1:
            raise DocumentError(self.path, "one_of", count=str(len(given)), names=", ".join(names))
        return given[0]

    def whole(self, name: str, least: int, most: int, default: object = _MISSING) -> int:
        """A whole number within limits."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._unfit(name, value, "whole_within", least=str(least), most=str(most))
        return value

    def number(self, name: str, least: str, most: str, places: int, default: object = _MISSING) -> Decimal:
        """A decimal number, written as a string or a number, within limits and with at most ``places``."""
        value = self.take(name, default)
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
                raise InvalidOperation
            text = str(value)
            number = Decimal(text) if _PLAIN.match(text) else Decimal("NaN")
            ok = Decimal(least) <= number <= Decimal(most) and number == round(number, places)
        except InvalidOperation:
            ok = False
        if not ok:
            raise self._unfit(name, value, "number_within", least=least, most=most, places=str(places))
        return number

    def day(self, name: str) -> date:
        """A calendar day written YYYY-MM-DD."""
        value = self.take(name)
        try:
            if isinstance(value, str) and len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise DocumentError(self.at(name), "not_day", value=repr(value))

    def items(self, name: str, wanted: str) -> list[Any]:
        """A list, ``wanted`` for what it says; missing, null and empty all mean none. The items are not checked."""
        value = self.take(name, None)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self._unfit(name, value, wanted)
        return list(value)

    def codes(self, name: str) -> frozenset[str]:
        """A list of codes."""
        codes = self.items(name, "codes")
        if not all(isinstance(code, str) and code for code in codes):
            raise self._unfit(name, codes, "codes")
        return frozenset(codes)

    def objects(self, name: str) -> list[Reader]:
        """Readers of a list of objects."""
        items = self.items(name, "objects")
        return [Reader(item, f"{self.at(name)}[{index}]") for index, item in enumerate(items)]

    def finish(self) -> None:
        """Refuse every field that nobody took."""
        unknown = [str(name) for name in self.document if name not in self._taken]
        if unknown:
            known = ", ".join(sorted(self._taken))
            raise DocumentError(self.at(min(unknown)), "unknown_field", known=known)

    def _unfit(self, name: str, value: object, wanted: str, **limits: str) -> DocumentError:
        return unfit(self.at(name), value, wanted, **limits)


def unfit(path: str, value: object, wanted: str, **limits: str) -> DocumentError:
    """That a value will not do where something is ``wanted``, a key of ``sentences.WANTED`` with its ``limits``."""
    code = "blank" if value == "" else "unfit"
    return DocumentError(path, code, value=repr(value), wanted=wanted, **limits)
