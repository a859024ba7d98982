"""Which lines a campaign looks at: every ``what_for`` of a rulebook, matched against a basket in one pass.

Campaigns with the same goods share one scope. Each code (a product, brand, category, set) knows the
scopes that name it as bits of one number, so that a line finds all its scopes by a few look-ups,
however many campaigns there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from loyalty.basket import Line

#: The scope of the receipt as a whole: every line.
RECEIPT = 0

_KINDS = ("products", "brands", "categories", "sets")
_Bits = dict[str, int]


class Scopes:
    """The scopes of a rulebook; number 0 is the receipt."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {(): RECEIPT}
        self._open = 1
        self._included: dict[str, _Bits] = {kind: {} for kind in _KINDS}
        self._excluded: dict[str, _Bits] = {kind: {} for kind in _KINDS}
        self._lists: dict[int, tuple[int, ...]] = {}

    def add(self, what_for: Mapping[str, Any]) -> int:
        """The number of the scope that a ``what_for`` describes."""
        included = _goods(what_for)
        excluded = _goods(what_for.get("except", {}))
        key = (included, excluded) if included or excluded else ()
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self._numbers)
        bit = 1 << number
        if not included:
            self._open |= bit
        for table, goods in ((self._included, included), (self._excluded, excluded)):
            for kind, codes in goods:
                for code in codes:
                    table[kind][code] = table[kind].get(code, 0) | bit
        return number

    def match(self, lines: Iterable[Line]) -> list[list[int]]:
        """For every scope, the indices of the lines in it, ascending."""
        found: list[list[int]] = [[] for _ in self._numbers]
        lists = self._lists
        for index, line in enumerate(lines):
            bits = self._open | _bits(self._included, line)
            if taken := _bits(self._excluded, line):
                bits &= ~taken
            numbers = lists.get(bits)
            if numbers is None:
                numbers = self._list(bits)
            for number in numbers:
                found[number].append(index)
        return found

    def _list(self, bits: int) -> tuple[int, ...]:
        """The numbers of the bits that are set; remembered, for products of one kind share theirs."""
        if len(self._lists) > 10_000:
            self._lists = {}
        numbers = tuple(number for number in range(bits.bit_length()) if bits >> number & 1)
        self._lists[bits] = numbers
        return numbers


def _goods(chosen: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((kind, tuple(sorted(chosen[kind]))) for kind in _KINDS if kind in chosen)


def _bits(table: dict[str, _Bits], line: Line) -> int:
    bits = table["products"].get(line.sku, 0)
    if brands := table["brands"]:
        bits |= brands.get(line.brand, 0)
    if categories := table["categories"]:
        for code in line.categories:
            bits |= categories.get(code, 0)
    if sets := table["sets"]:
        for code in line.sets:
            bits |= sets.get(code, 0)
    return bits
