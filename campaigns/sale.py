"""What a till says of a sale, as plain values, and what must be true of it before anything is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from loyalty.rounding import round_money
from members.refusals import Fault, Invalid

#: How far a till's clock may run ahead.
AHEAD = timedelta(minutes=5)
MOST_LINES = 1000
MOST_CODES = 20
_MOST = Decimal(10) ** 10


class Who(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a member is known: exactly one of these."""

    phone: str | None = None
    card: str | None = None
    email: str | None = None
    code: str | None = None
    id: str | None = None

    @property
    def given(self) -> list[tuple[str, str]]:
        """The forms that are given, with their values."""
        forms = (("phone", self.phone), ("card", self.card), ("email", self.email), ("code", self.code))
        return [(name, value) for name, value in (*forms, ("id", self.id)) if value is not None]


class SaleLine(msgspec.Struct, frozen=True):
    """A line as the till has it. Amount is what it costs before loyalty; price × quantity when left out."""

    position: int
    sku: str
    quantity: Decimal
    price: Decimal | None = None
    amount: Decimal | None = None
    name: str = ""
    category: str = ""
    brand: str = ""

    @property
    def cost(self) -> Decimal:
        """What the line costs before loyalty, money."""
        if self.amount is not None:
            return self.amount
        return round_money(self.quantity * (self.price or Decimal(0)))

    @property
    def unit_price(self) -> Decimal:
        """The price of one, money."""
        return self.price if self.price is not None else round_money(self.cost / self.quantity)


class Sale(msgspec.Struct, frozen=True):
    """A basket to quote or a purchase to make, field by field as in the contract."""

    store: str
    purchased_at: datetime
    lines: tuple[SaleLine, ...]
    receipt_number: str = ""
    till: str = ""
    cashier: str = ""
    channel: Literal["pos", "web", "app", "kiosk", "desk"] = "pos"
    member: Who | None = None
    redeem: Decimal | Literal["max"] = Decimal(0)
    coupons: tuple[str, ...] = ()
    #: Codes of campaigns that are asked to give money off for points.
    exchanges: tuple[str, ...] = ()
    confirmation_code: str | None = None
    state: Literal["completed", "held"] = "completed"

    @property
    def content_hash(self) -> str:
        """The same for the same content, however its numbers are written. The confirmation code is not content."""
        lines = [
            (
                n.position,
                n.sku,
                _plain(n.quantity),
                _plain(n.price),
                _plain(n.amount),
                n.name,
                n.category,
                n.brand,
            )
            for n in self.lines
        ]
        content: tuple[Any, ...] = (
            self.store, self.purchased_at.timestamp(), self.receipt_number, self.till, self.cashier, self.channel,
            self.member, _plain(self.redeem), self.coupons, self.state, lines,
        )  # fmt: skip
        if self.exchanges:  # older receipts know nothing of them
            content = (*content, self.exchanges)
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def check(sale: Sale, now: datetime, *, quote: bool = False) -> None:
    """Refuse what is malformed. Raises ``Invalid`` with every fault found."""
    faults = [
        *_header_faults(sale, now, quote), *_member_faults(sale.member), *_code_faults(sale), *_line_faults(sale)
    ]  # fmt: skip
    if faults:
        raise Invalid(*faults)


def _header_faults(sale: Sale, now: datetime, quote: bool) -> Iterator[Fault]:
    if not quote and not sale.receipt_number:
        yield Fault("receipt_number", "required", _("Give the receipt's number, unique within its store."))
    if len(sale.receipt_number) > 64:
        yield Fault("receipt_number", "too_long", _("At most 64 characters."))
    if len(sale.cashier) > 64:
        yield Fault("cashier", "too_long", _("At most 64 characters."))
    if sale.purchased_at.tzinfo is None:
        yield Fault(
            "purchased_at", "offset_required", _("Give the time with its offset: 2026-11-21T12:31:00+03:00.")
        )
    elif sale.purchased_at > now + AHEAD:
        yield Fault("purchased_at", "in_the_future", _("The time lies in the future: set the till's clock."))
    if isinstance(sale.redeem, Decimal):
        yield from _number_faults("redeem", sale.redeem, 2)


def _code_faults(sale: Sale) -> Iterator[Fault]:
    for name, codes in (("coupons", sale.coupons), ("exchanges", sale.exchanges)):
        if len(codes) > MOST_CODES:
            yield Fault(name, "count", _("At most %(most)s.") % {"most": MOST_CODES})
        for index, code in enumerate(codes):
            if not code or len(code) > 64:
                yield Fault(f"{name}[{index}]", "length", _("Give a code of 1 to 64 characters."))


def _member_faults(who: Who | None) -> Iterator[Fault]:
    if who is not None and len(who.given) != 1:
        yield Fault("member", "one_of", _("Give exactly one of phone, card, email, code, id."))


def _line_faults(sale: Sale) -> Iterator[Fault]:
    if not 1 <= len(sale.lines) <= MOST_LINES:
        yield Fault("lines", "count", _("Give from 1 to %(most)s lines.") % {"most": MOST_LINES})
    seen: set[int] = set()
    for index, line in enumerate(sale.lines):
        at = f"lines[{index}]"
        if line.position in seen:
            yield Fault(f"{at}.position", "repeated", _("Each line needs a position of its own."))
        seen.add(line.position)
        if not 0 <= line.position < 2**31:
            yield Fault(f"{at}.position", "out_of_range", _("Give a position from 0 to 2147483647."))
        if not line.sku or len(line.sku) > 64:
            yield Fault(f"{at}.sku", "length", _("Give a sku of 1 to 64 characters."))
        for name, text, most in (
            ("name", line.name, 200),
            ("category", line.category, 64),
            ("brand", line.brand, 120),
        ):
            if len(text) > most:
                yield Fault(f"{at}.{name}", "too_long", _("At most %(most)s characters.") % {"most": most})
        yield from _number_faults(f"{at}.quantity", line.quantity, 3, above_zero=True)
        if line.price is None and line.amount is None:
            yield Fault(f"{at}.amount", "required", _("Give the line's amount, or its price."))
        for name, number in (("price", line.price), ("amount", line.amount)):
            if number is not None:
                yield from _number_faults(f"{at}.{name}", number, 2)


def _number_faults(field: str, number: Decimal, places: int, *, above_zero: bool = False) -> Iterator[Fault]:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        yield Fault(field, "not_a_number", _("Give a plain decimal number."))
    elif number < 0 or (above_zero and number == 0):
        yield Fault(
            field, "too_small", _("Give a number above zero.") if above_zero else _("Give zero or more.")
        )
    elif number >= _MOST:
        yield Fault(field, "too_large", _("Give a number below 10 000 000 000."))
    elif -exponent > places and number != round(number, places):
        yield Fault(field, "too_many_places", _("At most %(places)s decimal places.") % {"places": places})


def _plain(number: Decimal | str | None) -> str | None:
    """A number in one form: 5 and 5.00 are the same."""
    return format(number.normalize(), "f") if isinstance(number, Decimal) else number
