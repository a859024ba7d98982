"""Which lines a campaign looks at: every ``what_for`` of a rulebook, matched against a basket in one pass.

Campaigns with the same goods share one scope. Each code (a product, brand, category, set) knows the
scopes that name it as bits of one number, so that a line finds all its scopes by a few look-ups,
however many campaigns there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from campaigns.engine.document import GOODS
from loyalty.rules.basket import Line

#: The scope of the receipt as a whole: every line.
RECEIPT = 0
NOTHING: Mapping[str, Any] = MappingProxyType({})

_Bits = dict[str, int]
#: What scopes know of a line: sku, brand, categories, sets.
_Product = tuple[str, str, tuple[str, ...], frozenset[str]]


class Scopes:
    """The scopes of a rulebook; number 0 is the receipt."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {(): RECEIPT}
        self._open = 1
        self._included: dict[str, _Bits] = {kind: {} for kind in GOODS}
        self._excluded: dict[str, _Bits] = {kind: {} for kind in GOODS}
        self._known: dict[_Product, tuple[int, ...]] = {}

    def add(self, goods: Mapping[str, Any], but: Mapping[str, Any] = NOTHING) -> int:
        """The number of the scope of the goods that these fields name, but of no others."""
        included = _goods(goods)
        excluded = _goods(but)
        key = (included, excluded) if included or excluded else ()
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self._numbers)
        bit = 1 << number
        if not included:
            self._open |= bit
        for table, chosen in ((self._included, included), (self._excluded, excluded)):
            for kind, codes in chosen:
                for code in codes:
                    table[kind][code] = table[kind].get(code, 0) | bit
        return number

    def match(self, lines: Iterable[Line]) -> list[list[int]]:
        """For every scope, the indices of the lines in it, ascending."""
        found: list[list[int]] = [[] for _ in self._numbers]
        known = self._known
        for index, line in enumerate(lines):
            product = (line.sku, line.brand, line.categories, line.sets)
            numbers = known.get(product)
            if numbers is None:
                numbers = self._find(product)
            for number in numbers:
                found[number].append(index)
        return found

    def of(self, line: Line) -> tuple[int, ...]:
        """The numbers of the scopes that hold a line."""
        product = (line.sku, line.brand, line.categories, line.sets)
        return self._known.get(product) or self._find(product)

    def forget(self) -> None:
        """Remember no products: the next basket finds its scopes anew."""
        self._known = {}

    def _find(self, product: _Product) -> tuple[int, ...]:
        """The scopes that hold a product; the last few thousand products are remembered."""
        bits = (self._open | _bits(self._included, product)) & ~_bits(self._excluded, product)
        found = []
        while bits:
            lowest = bits & -bits
            found.append(lowest.bit_length() - 1)
            bits ^= lowest
        numbers = tuple(found)
        if len(self._known) >= 4096:
            self.forget()
        self._known[product] = numbers
        return numbers


def _goods(chosen: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((kind, tuple(sorted(chosen[kind]))) for kind in GOODS if kind in chosen)


def _bits(table: dict[str, _Bits], product: _Product) -> int:
    sku, brand, categories, sets = product
    bits = table["products"].get(sku, 0) | table["brands"].get(brand, 0)
    for code in categories:
        bits |= table["categories"].get(code, 0)
    for code in sets:
        bits |= table["sets"].get(code, 0)
    return bits
