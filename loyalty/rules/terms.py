"""What points may be spent on: the terms of a lot, and the goods and hours they speak of.

A lot's terms are a JSON document, read by :func:`parse_terms` (JSON Schema: :data:`TERMS_SCHEMA`). Every
field narrows: all that are given must hold. Inside a field, any of the listed codes will do; the places
of ``partners``, ``stores`` and ``groups``, and the goods of ``products``, ``sets``, ``categories`` and
``brands``, are one list each, so a lot for partner A and store B is good in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from loyalty.rules.basket import Line, Place
from loyalty.rules.document import DocumentError, Reader, unfit

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
_DAY = 24 * 60


class Product(Protocol):
    """What goods are told by: a line of a basket, or one of a past receipt."""

    @property
    def sku(self) -> str: ...
    @property
    def brand(self) -> str: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def sets(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Goods:
    """Products chosen by SKU, product set, category (with everything below it) or brand: any will do."""

    products: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()

    def match(self, line: Product) -> bool:
        """Whether a line is of these goods."""
        return (
            line.sku in self.products
            or (line.brand != "" and line.brand in self.brands)
            or not self.sets.isdisjoint(line.sets)
            or not self.categories.isdisjoint(line.categories)
        )


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a day in minutes after midnight, without the end; it crosses midnight if it ends earlier."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Need:
    """Goods that the receipt must hold, at least ``at_least`` of them in quantity."""

    goods: Goods
    at_least: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What the points of a lot may pay for.

    ``max_share`` is in percent of the receipt after discounts; lots with the same terms share it.
    ``min_amount`` is in money after discounts. Weekdays (1 is Monday, 7 Sunday) and hours are the store's
    own; the part of a window after midnight belongs to the day it began.
    """

    max_share: Decimal | None = None
    partners: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[Window, ...] = ()
    goods: Goods | None = None
    contains: tuple[Need, ...] = ()
    min_lines: int = 0
    min_amount: Decimal = Decimal(0)

    @property
    def strictness(self) -> int:
        """How many kinds of restriction there are."""
        place = bool(self.partners or self.stores or self.groups)
        given = (self.max_share, self.weekdays, self.hours, self.goods, self.contains, self.min_lines)
        return place + bool(self.min_amount) + sum(map(bool, given))


def refuse(
    terms: Terms, lines: Sequence[Line], total: Decimal, place: Place, in_store: datetime
) -> tuple[str, dict[str, str]] | None:
    """Why points with these terms cannot be spent on this receipt: a code and its arguments, or None."""
    if (terms.partners or terms.stores or terms.groups) and not (
        place.partner in terms.partners
        or place.store in terms.stores
        or not terms.groups.isdisjoint(place.groups)
    ):
        return "place", {"store": place.store}
    if not is_open(terms.weekdays, (), in_store) and not terms.hours:
        return "weekdays", {"weekdays": " ".join(map(str, sorted(terms.weekdays)))}
    if terms.hours and not is_open(terms.weekdays, terms.hours, in_store):
        return "hours", {"hours": " ".join(f"{_clock(w.start)}-{_clock(w.end)}" for w in terms.hours)}
    if len(lines) < terms.min_lines:
        return "min_lines", {"least": str(terms.min_lines)}
    if total < terms.min_amount:
        return "min_amount", {"least": str(terms.min_amount)}
    for index, need in enumerate(terms.contains):
        if sum((line.quantity for line in lines if need.goods.match(line)), Decimal(0)) < need.at_least:
            return "contains", {"index": str(index), "least": str(need.at_least)}
    if terms.goods is not None and not any(terms.goods.match(line) for line in lines):
        return "goods", {}
    return None


def is_open(weekdays: frozenset[int], hours: Sequence[Window], at: datetime) -> bool:
    """Whether a local moment lies in the hours of one of the weekdays; nothing given means always."""
    day = at.isoweekday()
    today = not weekdays or day in weekdays
    if not hours:
        return today
    yesterday = not weekdays or (day - 1 or 7) in weekdays
    minute = at.hour * 60 + at.minute
    for window in hours:
        if window.start < window.end:
            if today and window.start <= minute < window.end:
                return True
        elif (today and minute >= window.start) or (yesterday and minute < window.end):
            return True
    return False


def read_terms(document: Mapping[str, object] | None) -> Terms | None:
    """The terms of a lot as stored; None when there are none. Remembers what it has read."""
    return _remembered(json.dumps(document, sort_keys=True, default=str)) if document else None


@lru_cache(maxsize=1024)
def _remembered(text: str) -> Terms | None:
    return parse_terms(json.loads(text))


def parse_terms(document: object, path: str = "terms") -> Terms | None:
    """The terms that a JSON document means; None or an empty object means no restriction.

    Raises :class:`~loyalty.rules.document.DocumentError`, which names the field below ``path`` and the fix.
    """
    if document is None or document == {}:
        return None
    read = Reader(document, path)
    terms = Terms(
        max_share=read.number("max_share", "0.01", "100", 2) if read.has("max_share") else None,
        partners=read.codes("partners"),
        stores=read.codes("stores"),
        groups=read.codes("groups"),
        weekdays=_take_weekdays(read),
        hours=_take_hours(read),
        goods=take_goods(read),
        contains=tuple(_take_need(item) for item in read.objects("contains")),
        min_lines=read.whole("min_lines", 0, 1_000, 0),
        min_amount=read.number("min_amount", "0", "999999999", 2, "0"),
    )
    read.finish()
    return terms if terms != Terms() else None


def parse_goods(document: object, path: str = "goods") -> Goods | None:
    """Goods that a JSON document names; None when it names none. Raises ``DocumentError``."""
    if document is None:
        return None
    read = Reader(document, path)
    goods = take_goods(read)
    read.finish()
    return goods


def take_goods(read: Reader) -> Goods | None:
    """The goods named by fields of a larger object; None when it names none."""
    goods = Goods(read.codes("products"), read.codes("sets"), read.codes("categories"), read.codes("brands"))
    return goods if goods != Goods() else None


def _take_need(read: Reader) -> Need:
    goods = take_goods(read)
    if goods is None:
        raise DocumentError(read.path, "no_goods")
    need = Need(goods, read.number("at_least", "0.001", "999999", 3, "1"))
    read.finish()
    return need


def _take_weekdays(read: Reader) -> frozenset[int]:
    days = read.items("weekdays", "weekdays")
    if not all(type(day) is int and 1 <= day <= 7 for day in days):
        raise unfit(read.at("weekdays"), days, "weekday_numbers")
    return frozenset(days)


def _take_hours(read: Reader) -> tuple[Window, ...]:
    windows = []
    for index, pair in enumerate(read.items("hours", "hours")):
        path = f"{read.at('hours')}[{index}]"
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise unfit(path, pair, "pair")
        window = Window(_minutes(pair[0], path), _minutes(pair[1], path))
        if window.start in (window.end, _DAY):
            raise DocumentError(path, "never_opens_all_day")
        windows.append(window)
    return tuple(windows)


def _minutes(value: object, path: str) -> int:
    if value == "24:00":
        return _DAY
    found = _CLOCK.match(value) if isinstance(value, str) else None
    if not found:
        raise DocumentError(path, "blank_time" if value == "" else "not_time", value=repr(value))
    return int(found[1]) * 60 + int(found[2])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_CODES: dict[str, object] = {"type": "array", "items": {"type": "string", "minLength": 1}}
_TIME: dict[str, object] = {"type": "string", "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"}


def decimal_schema(**bounds: int | float) -> dict[str, object]:
    """A decimal as this project writes it: a string, or a plain number."""
    return {"anyOf": [{"type": "string", "pattern": r"^\d{1,12}(\.\d{1,6})?$"}, {"type": "number", **bounds}]}


_GOODS: dict[str, object] = dict.fromkeys(Goods.__dataclass_fields__, _CODES)

#: JSON Schema (2020-12) of goods.
GOODS_SCHEMA: dict[str, object] = {"type": "object", "properties": _GOODS, "additionalProperties": False}

#: JSON Schema of a lot's terms, for use inside larger documents.
TERMS_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "max_share": decimal_schema(exclusiveMinimum=0, maximum=100),
        "partners": _CODES,
        "stores": _CODES,
        "groups": _CODES,
        "weekdays": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}},
        "hours": {
            "type": "array",
            "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": _TIME},
        },
        **_GOODS,
        "contains": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {**_GOODS, "at_least": decimal_schema(exclusiveMinimum=0)},
                "additionalProperties": False,
            },
        },
        "min_lines": {"type": "integer", "minimum": 0, "maximum": 1000},
        "min_amount": decimal_schema(minimum=0),
    },
    "additionalProperties": False,
}
