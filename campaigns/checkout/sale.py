"""What a till says of a sale, as plain values, and what must be true of it before anything is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from foundation.refusals import Fault, Invalid
from loyalty.rules.basket import NO_FACTS, SaleFacts
from loyalty.rules.rounding import line_amount, round_money
from members import bounds

#: How far a till's clock may run ahead.
AHEAD = timedelta(minutes=5)


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
        return line_amount(self.quantity, self.price or Decimal(0))

    @property
    def unit_price(self) -> Decimal:
        """The price of one, money."""
        return self.price if self.price is not None else round_money(self.cost / self.quantity)


class Sale(SaleFacts, frozen=True):
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
    #: The code that the member showed, where ``member`` names them by something else: by what a look-up found.
    shown_code: str | None = None
    state: Literal["completed", "held"] = "completed"

    @property
    def facts(self) -> SaleFacts:
        """What the till told beside the rest."""
        told = SaleFacts.__struct_fields__
        return msgspec.convert(self, SaleFacts, from_attributes=True) if told else NO_FACTS

    @property
    def shown(self) -> str | None:
        """The code by which the member proves to be there: what they are named by, or what is told beside it."""
        return self.member.code or self.shown_code if self.member else None

    @property
    def fingerprint_member(self) -> Who | None:
        """The member as the content's hash has them; read in another way, old receipts would be conflicts."""
        return self.member

    @property
    def content_hash(self) -> str:
        """The same for the same content, however its numbers are written. Codes that prove something are no content:
        neither the confirmation's nor what was shown."""
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
            self.fingerprint_member, _plain(self.redeem), self.coupons, self.state, lines,
        )  # fmt: skip
        if self.exchanges:  # older receipts know nothing of them
            content = (*content, self.exchanges)
        if told := self.facts.told:  # nor of facts that came later
            content = (*content, told)
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
    texts = {name: getattr(sale, name) for name in bounds.SALE}
    yield from bounds.text_faults(texts, bounds.SALE)
    if sale.purchased_at.tzinfo is None:
        yield Fault(
            "purchased_at", "offset_required", _("Give the time with its offset: 2026-11-21T12:31:00+03:00.")
        )
    elif not 1970 <= sale.purchased_at.year <= 9000:
        yield Fault("purchased_at", "out_of_range", _("Give a time from 1970 on."))
    elif sale.purchased_at > now + AHEAD:
        yield Fault("purchased_at", "in_the_future", _("The time lies in the future: set the till's clock."))
    if isinstance(sale.redeem, Decimal):
        yield from bounds.number_faults("redeem", sale.redeem, bounds.POINTS)


def _code_faults(sale: Sale) -> Iterator[Fault]:
    for name, codes, most in (
        ("coupons", sale.coupons, bounds.COUPONS),
        ("exchanges", sale.exchanges, bounds.EXCHANGES),
    ):
        if len(codes) > most:
            yield Fault(name, "count", _("At most %(most)s.") % {"most": most})
        for index, code in enumerate(codes):
            if not code or len(code) > bounds.CODE:
                detail = _("Give a code of 1 to %(most)s characters.") % {"most": bounds.CODE}
                yield Fault(f"{name}[{index}]", "length", detail)
            elif "\0" in code:
                yield bounds.nul(f"{name}[{index}]")


def _member_faults(who: Who | None) -> Iterator[Fault]:
    if who is None:
        return
    given = who.given
    if len(given) != 1:
        yield Fault("member", "one_of", _("Give exactly one of phone, card, email, code, id."))
    yield from bounds.text_faults(dict(given), bounds.WHO, "member.")


def _line_faults(sale: Sale) -> Iterator[Fault]:
    if not 1 <= len(sale.lines) <= bounds.LINES:
        yield Fault("lines", "count", _("Give from 1 to %(most)s lines.") % {"most": bounds.LINES})
    seen: set[int] = set()
    sound = True
    for index, line in enumerate(sale.lines):
        if line.position in seen:
            yield Fault(f"lines[{index}].position", "repeated", _("Each line needs a position of its own."))
        seen.add(line.position)
        if not _is_sound(line):
            sound = False
            yield from _faults_of(f"lines[{index}]", line)
    if sound and len(sale.lines) > _SAFE_LINES and sum(line.cost for line in sale.lines) >= bounds.HELD:
        detail = _("All lines together must stay below %(most)s.") % {"most": bounds.spaced(int(bounds.HELD))}
        yield Fault("lines", "too_large", detail)


def _is_sound(line: SaleLine) -> bool:
    """Whether nothing is wrong with a line: the short way, for the many of which nothing is."""
    price, amount, name = line.price, line.amount, line.name
    if not (
        0 < len(line.sku) <= _SKU
        and len(name) <= _NAME
        and len(line.category) <= _CATEGORY
        and len(line.brand) <= _BRAND
        and "\0" not in f"{line.sku}{name}{line.category}{line.brand}"
        and 0 <= line.position < bounds.COUNTED
        and bounds.QUANTITY.holds(line.quantity)
        and (price is None or bounds.MONEY.holds(price))
        and (amount is None or bounds.MONEY.holds(amount))
    ):
        return False
    if amount is None:
        return price is not None and line.quantity * price < _MOST_COST
    return price is not None or line.quantity >= 1 or line.unit_price < bounds.HELD


_SKU, _NAME, _CATEGORY, _BRAND = (bounds.LINE[name] for name in ("sku", "name", "category", "brand"))
#: Less by half a cent than what a line may cost, as it is rounded.
_MOST_COST = bounds.MONEY.below - Decimal("0.005")
#: So many lines of any amount come to less than a receipt can hold.
_SAFE_LINES = int(bounds.HELD) // bounds.MONEY.below - 1


def _faults_of(at: str, line: SaleLine) -> Iterator[Fault]:
    """What is wrong with a line: each value by itself, and then what they come to together."""
    if not 0 <= line.position < bounds.COUNTED:
        yield Fault(f"{at}.position", "out_of_range", _("Give a position from 0 to 2147483647."))
    if not line.sku:
        yield Fault(f"{at}.sku", "length", _("Give a sku of 1 to %(most)s characters.") % {"most": _SKU})
    yield from bounds.text_faults({name: getattr(line, name) for name in bounds.LINE}, bounds.LINE, f"{at}.")
    faults = list(bounds.number_faults(f"{at}.quantity", line.quantity, bounds.QUANTITY))
    for name, number in (("price", line.price), ("amount", line.amount)):
        if number is not None:
            faults += bounds.number_faults(f"{at}.{name}", number, bounds.MONEY)
    if line.price is None and line.amount is None:
        faults.append(Fault(f"{at}.amount", "required", _("Give the line's amount, or its price.")))
    if not faults and line.cost >= bounds.MONEY.below:
        faults.append(_too_much(f"{at}.quantity", _("Quantity × price"), bounds.MONEY.below))
    elif not faults and line.unit_price >= bounds.HELD:
        faults.append(_too_much(f"{at}.quantity", _("Amount ÷ quantity"), int(bounds.HELD)))
    yield from faults


def _too_much(field: str, what: str, most: int) -> Fault:
    told = _("%(what)s must stay below %(most)s.") % {"what": what, "most": bounds.spaced(most)}
    return Fault(field, "too_large", told)


def _plain(number: Decimal | str | None) -> str | None:
    """A number in one form: 5 and 5.00 are the same."""
    return format(number.normalize(), "f") if isinstance(number, Decimal) else number
