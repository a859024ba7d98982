"""The bounds of every number, text, depth and size that comes in: what the books can hold, in one place.

Whoever takes a value from outside (the API, files, the till page, forms) asks here, and the OpenAPI document
is drawn from the same tables, so that what one door takes no other door refuses. Numbers are plain decimals:
digits, and a point with digits after it; nothing else that Python would also understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext as _

from foundation.refusals import Fault

_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(4))


class Range(NamedTuple):
    """What a number may be: zero or more, less than ``below``, with at most so many ``places``."""

    below: int
    places: int
    example: str
    above_zero: bool = False

    def holds(self, number: Decimal) -> bool:
        """Whether a number is within: the short way, for the many that are. ``number_faults`` says what is wrong."""
        if not number.is_finite() or not 0 <= number < self.below:
            return False
        return number % _UNITS[self.places] == 0 and (number > 0 or not self.above_zero)

    @property
    def pattern(self) -> str:
        """The same as a regular expression, for the OpenAPI document."""
        return rf"^\d{{1,{len(str(self.below)) - 1}}}(\.\d{{1,{self.places}}})?$"


MONEY = Range(10**10, 2, "199.90")
POINTS = Range(10**10, 2, "120")
QUANTITY = Range(10**9, 3, "2", above_zero=True)
#: What a column of money or points holds: sums of a receipt, balances, what a member spent in all.
HELD = Decimal(10) ** 12
#: What a common counter holds.
HELD_IN_COMMON = Decimal(10) ** 14
#: What counts uses, stamps and visits, and where a line stands.
COUNTED = 2**31

LINES, COUPONS, EXCHANGES, PURCHASES, ROWS_BACK = 1000, 20, 20, 500, 1000
#: How deep and how long (in bytes, as JSON) the free data of an event may be.
DATA_DEPTH, DATA_BYTES = 8, 16_384
#: How deep stored data may be to be shown as it is; older data may be deeper.
SHOWN_DEPTH = 80

#: The most characters of each text, by the shape it is in.
SALE = {
    "store": 32,
    "till": 32,
    "cashier": 64,
    "receipt_number": 64,
    "confirmation_code": 32,
    "shown_code": 64,
}
LINE = {"sku": 64, "name": 200, "category": 64, "brand": 120}
WHO = {"phone": 32, "card": 32, "email": 254, "code": 64, "id": 36}
MEMBER = {
    "phone": 32, "card": 32, "email": 254, "first_name": 80, "middle_name": 80, "last_name": 80,
    "language": 8, "referral": 32, "cashier": 64,
}  # fmt: skip
RETURN = {"return_number": 64}
EVENT = {"type": 64, "key": 500}
CODE = 64

_PLAIN = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_OPENING = re.compile(r"[\[{]")


def read_number(text: str) -> Decimal | None:
    """The number that a text of digits says; None for any other spelling (``1e2``, ``1_0``, `` 5 ``)."""
    if not _PLAIN.fullmatch(text):
        return None
    number = Decimal(text)
    return number if number else abs(number)


def not_plain(field: str, example: str) -> Fault:
    """The fault of a number that is spelt in another way."""
    told = _("Give a plain decimal number, in digits with a point: %(example)s.") % {"example": example}
    return Fault(field, "not_a_number", told)


def number_faults(field: str, number: Decimal, span: Range) -> Iterator[Fault]:
    """The fault of a number outside its span."""
    if span.holds(number):
        return
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        yield not_plain(field, span.example)
    elif number < 0 or (span.above_zero and not number):
        yield Fault(
            field,
            "too_small",
            _("Give a number above zero.") if span.above_zero else _("Give zero or more."),
        )
    elif number >= span.below:
        yield Fault(field, "too_large", _("Give a number below %(most)s.") % {"most": spaced(span.below)})
    else:
        yield Fault(
            field, "too_many_places", _("At most %(places)s decimal places.") % {"places": span.places}
        )


def text_faults(values: Mapping[str, str | None], most: Mapping[str, int], at: str = "") -> Iterator[Fault]:
    """The faults of texts that are too long, or that no text of the database can hold."""
    for name, value in values.items():
        if value:
            yield from text_fault(f"{at}{name}", value, most[name])


def text_fault(field: str, value: str, most: int) -> Iterator[Fault]:
    """The fault of one text."""
    if len(value) > most:
        yield Fault(field, "too_long", _("At most %(most)s characters.") % {"most": most})
    elif "\0" in value:
        yield nul(field)


def nul(field: str) -> Fault:
    """The fault of a text with the character U+0000, which PostgreSQL keeps nowhere."""
    return Fault(field, "invalid", _("The character U+0000 is not allowed."))


def data_faults(field: str, data: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of free data: too deep, or too long."""
    if depth_of(data, DATA_DEPTH) > DATA_DEPTH:
        yield too_deep(field)
    elif len(msgspec.json.encode(data)) > DATA_BYTES:
        yield Fault(field, "too_long", _("At most %(most)s bytes of JSON.") % {"most": spaced(DATA_BYTES)})


def too_deep(field: str) -> Fault:
    """The fault of data with more levels than anybody reads."""
    return Fault(
        field, "too_deep", _("At most %(most)s levels, one inside the other.") % {"most": DATA_DEPTH}
    )


def depth_of(value: Any, enough: int) -> int:
    """How many levels of objects and lists a value has, itself included; counts no further than ``enough`` + 1."""
    level, depth = [value], 0
    while depth <= enough:
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            break
        depth += 1
        level = [
            item for holder in level for item in (holder.values() if isinstance(holder, dict) else holder)
        ]
    return depth


def is_deep(text: str) -> bool:
    """Whether a JSON text has more levels than a page can show. Counts brackets first: hardly a text has so many."""
    return len(_OPENING.findall(text)) > SHOWN_DEPTH and _deepest(text) > SHOWN_DEPTH


def _deepest(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def spaced(number: int) -> str:
    """A large whole number as people read it."""
    return f"{number:,}".replace(",", " ")
