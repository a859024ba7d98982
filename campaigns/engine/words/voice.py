"""Who tells a definition in sentences: the words are marked here, the language is the reader's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

#: The fields of a condition or effect. They may be unfinished: whatever is missing is told as a gap.
Fields = Mapping[str, Any]


class Voice(Protocol):
    """What a word needs to be told: translations, the names of things, and numbers with their units."""

    def gettext(self, text: str) -> str:
        """A text in the reader's language. Its gaps are filled in by whoever asked."""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The same for one thing or ``n`` of them."""

    def gap(self, kind: str) -> str:
        """That something of this kind is still missing: ``‹choose the tier›``."""

    def name(self, kind: str, code: object) -> str:
        """The name of one thing."""

    def named(self, kind: str, codes: Sequence[str] | None, last: str = "or") -> str:
        """The names of several things, any of which will do; or all of which (``and``)."""

    def goods(self, fields: Fields) -> str:
        """Goods of any kind, any of which will do; empty when none are named."""

    def listed(self, items: Iterable[str], last: str = "and") -> str:
        """``a, b or c``."""

    def bounds(self, fields: Fields, say: Callable[[object], str] | None = None) -> str:
        """``at least 5 and less than 10``, of ``at_least``, ``below`` and ``at_most``."""

    def period(self, value: object) -> str:
        """The period in which something is counted."""

    def number(self, value: object) -> str:
        """A number as the reader's language writes it."""

    def count(self, value: object) -> int:
        """The number that decides about singular and plural."""

    def money(self, value: object) -> str:
        """An amount of money."""

    def points(self, value: object) -> str:
        """``50 points``."""

    def pieces(self, value: object) -> str:
        """``3 pieces``."""

    def days(self, value: object) -> str:
        """``3 days``."""

    def percent(self, value: object) -> str:
        """``5%``."""
