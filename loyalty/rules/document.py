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

_MISSING = object()
_PLAIN = re.compile(r"-?\d{1,12}(\.\d{1,6})?\Z")


class DocumentError(ValueError):
    """A document that cannot be used. ``field`` is the path in it, ``problem`` what is wrong and the fix."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Reader:
    """Takes the fields of one JSON object, each checked; ``path`` names the object in messages."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, Mapping):
            raise DocumentError(path, f"{document!r} is not an object; write {{…}}")
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
            raise DocumentError(self.at(name), "is missing; add it")
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
            raise DocumentError(self.at(name), f"{value!r} is not known; use one of {', '.join(known)}")
        return value

    def one_of(self, names: Iterable[str]) -> str:
        """The name of the one field given out of several that exclude each other."""
        given = [name for name in names if self.has(name)]
        if len(given) != 1:
            raise DocumentError(self.path, f"has {len(given)} of {', '.join(names)}; give exactly one")
        return given[0]

    def whole(self, name: str, least: int, most: int, default: object = _MISSING) -> int:
        """A whole number within limits."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise DocumentError(
                self.at(name), f"{value!r} will not do; give a whole number from {least} to {most}"
            )
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
            raise DocumentError(
                self.at(name),
                f"{value!r} will not do; give a number from {least} to {most}, at most {places} places",
            )
        return number

    def day(self, name: str) -> date:
        """A calendar day written YYYY-MM-DD."""
        value = self.take(name)
        try:
            if isinstance(value, str) and len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise DocumentError(self.at(name), f"{value!r} is not a day; write it as YYYY-MM-DD")

    def items(self, name: str, what: str) -> list[Any]:
        """A list of ``what``; missing, null and empty all mean none. The items are not checked."""
        value = self.take(name, None)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise DocumentError(self.at(name), f"{value!r} will not do; give {what}")
        return list(value)

    def codes(self, name: str) -> frozenset[str]:
        """A list of codes."""
        codes = self.items(name, "a list of codes")
        if not all(isinstance(code, str) and code for code in codes):
            raise DocumentError(self.at(name), f"{codes!r} will not do; give a list of codes")
        return frozenset(codes)

    def objects(self, name: str) -> list[Reader]:
        """Readers of a list of objects."""
        items = self.items(name, "a list of objects")
        return [Reader(item, f"{self.at(name)}[{index}]") for index, item in enumerate(items)]

    def finish(self) -> None:
        """Refuse every field that nobody took."""
        unknown = [str(name) for name in self.document if name not in self._taken]
        if unknown:
            known = ", ".join(sorted(self._taken))
            raise DocumentError(self.at(min(unknown)), f"is not known here; known are {known}")
