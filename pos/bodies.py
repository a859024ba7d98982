"""Bodies of requests: read, checked and turned into plain values in one step (see ``docs/performance.md``).

A shape is a msgspec struct with the contract's names; a fault is told with the field's place, such as
``lines[2].quantity``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType

from campaigns.checkout.return_request import LineBack
from campaigns.checkout.sale import Sale, SaleLine, Who
from foundation.refusals import Fault, Invalid
from members import bounds
from members.lookup import phones
from pos.problems import TooLarge

T = TypeVar("T")
MOST_BYTES = 1_000_000
MOST_BYTES_IN_BATCH = 20_000_000
#: A number that is not spelt plainly: the sign that a body needs a second look. One quick search.
_MISSPELT = re.compile(
    rb'"(?:quantity|price|amount|redeem)"\s*:\s*+'
    rb'(?!"-?[0-9]{1,40}(?:\.[0-9]{1,40})?"|-?[0-9]{1,40}(?:\.[0-9]{1,40})?[\s,}\]]|null|"max")'
)
#: The other sign: an escaped ASCII character, U+0000 or a letter of a number's name.
_ESCAPED = b"\\u00"
_NUMBERS = frozenset({"quantity", "price", "amount", "redeem"})
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_TIME = "2026-11-21T12:31:00+03:00"
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


class LineBody(SaleLine, frozen=True):
    """A line of a sale; ``null`` is as good as leaving a field out."""

    name: str | None = ""  # type: ignore[assignment]
    category: str | None = ""  # type: ignore[assignment]
    brand: str | None = ""  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.name is None or self.category is None or self.brand is None:
            _drop_nulls(self, "name", "category", "brand")


class SaleBody(Sale, frozen=True):
    """A quote or purchase. ``redeem`` is points as a string or number, or ``"max"``."""

    lines: tuple[LineBody, ...]
    receipt_number: str | None = ""  # type: ignore[assignment]
    till: str | None = ""  # type: ignore[assignment]
    cashier: str | None = ""  # type: ignore[assignment]
    redeem: str | int | float | None = "0"  # type: ignore[assignment]
    coupons: tuple[str, ...] | None = ()  # type: ignore[assignment]
    exchanges: tuple[str, ...] | None = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "redeem", _read_redeem(self.redeem))
        _drop_nulls(self, "receipt_number", "till", "cashier")
        for name in ("coupons", "exchanges"):
            if getattr(self, name) is None:
                msgspec.structs.force_setattr(self, name, ())

    @property
    def fingerprint_member(self) -> Who | None:
        """The member with the phone in one spelling, however it is written."""
        if self.member is None or self.member.phone is None:
            return self.member
        phone = phones.spell(self.member.phone, settings.PHONENUMBER_DEFAULT_REGION or "")
        return msgspec.structs.replace(self.member, phone=phone or self.member.phone)


class Batch(msgspec.Struct, frozen=True):
    """Purchases of a till that was offline; each is read on its own."""

    purchases: list[msgspec.Raw]


class MemberBody(msgspec.Struct, frozen=True):
    """Who joins: at least one of phone and card."""

    phone: str | None = None
    card: str | None = None
    email: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    birthday: date | None = None
    gender: Literal["", "female", "male"] | None = None
    language: str | None = None
    referral: str | None = None
    consents: dict[str, bool] | None = None
    cashier: str | None = None


class ReturnBody(msgspec.Struct, frozen=True):
    """What comes back."""

    return_number: str
    returned_at: datetime
    lines: tuple[LineBack, ...] | Literal["all"]


class EventBody(msgspec.Struct, frozen=True):
    """Something a member did that campaigns may reward."""

    type: str
    key: str
    member: Who
    occurred_at: datetime
    data: dict[str, Any] = {}


class JoinBody(msgspec.Struct, frozen=True):
    """The programme that a member joins, and what they consent to with it."""

    programme: str
    consents: dict[str, bool] | None = None


class Written(str):
    """A JSON number with a point or an exponent, as it was written."""

    __slots__ = ()


class Nothing(msgspec.Struct, frozen=True):
    """An empty body, or an empty object."""


def load(request: HttpRequest, most: int = MOST_BYTES) -> bytes:
    """The body's bytes. Raises ``TooLarge``, ``UnsupportedMediaType``."""
    size = _content_length(request)
    if size > most:
        raise TooLarge(most)
    raw = request.read() if size else b""
    if raw and request.content_type != "application/json":
        raise UnsupportedMediaType(request.content_type or "", _("Send application/json."))
    return raw


def decode(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """What the body says, in the decoder's shape. Raises ``Invalid`` naming the field and the fix."""
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Invalid(_fault_of(str(error))) from None
    except (ValueError, RecursionError) as error:
        raise Invalid(Fault("", "not_json", _("The body is not JSON: %(why)s") % {"why": error})) from None
    if decoder is not batch and (
        _ESCAPED in raw or _MISSPELT.search(raw)
    ):  # its purchases are read one by one
        faults = tuple(_spelling_faults(_as_written.decode(raw)))
        if faults:
            raise Invalid(*faults)
    return value


def require_who(who: Who, field: str = "member") -> tuple[str, str]:
    """The one form by which a member is named, and its value. Raises ``Invalid``."""
    given = who.given
    if len(given) != 1:
        raise Invalid(Fault(field, "one_of", _("Give exactly one of phone, card, email, code, id.")))
    faults = tuple(bounds.text_faults(dict(given), bounds.WHO, f"{field}." if field else ""))
    if faults:
        raise Invalid(*faults)
    return given[0]


def require_offset(field: str, moment: datetime) -> Iterator[Fault]:
    """The fault of a time without an offset, or out of all bounds."""
    if moment.tzinfo is None:
        detail = _("Give the time with its offset: 2026-11-21T12:31:00+03:00.")
        yield Fault(field, "offset_required", detail)
    elif not 1970 <= moment.year <= 9000:
        yield Fault(field, "out_of_range", _("Give a time from 1970 on."))


def _drop_nulls(struct: msgspec.Struct, *names: str) -> None:
    for name in names:
        if getattr(struct, name) is None:
            msgspec.structs.force_setattr(struct, name, "")


def _read_redeem(given: Any) -> Decimal | str:
    if given == "max" or isinstance(given, Decimal):
        return given
    if given is None:
        return Decimal(0)
    try:
        return Decimal(str(given))  # how it is spelt is looked at with the other numbers
    except InvalidOperation:
        raise ValueError("redeem") from None


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _fault_of(message: str) -> Fault:
    """The fault in msgspec's words, with the place in ours."""
    found = _PLACE.search(message)
    path = found["path"].lstrip(".") if found else ""
    text = message[: found.start()] if found else message
    missing = _MISSING.search(text)
    if missing:
        return Fault(f"{path}.{missing['name']}".lstrip("."), "required", _("This field is required."))
    if text == "redeem":
        return _misspelt(f"{path}.redeem".lstrip("."), "invalid")
    if "decimal" in text:
        return _misspelt(path, "invalid")
    if "datetime" in text:
        detail = _("Give the time with seconds and its offset: %(example)s.") % {"example": _TIME}
        return Fault(path, "invalid", detail)
    if "date" in text:
        return Fault(path, "invalid", _("Give the day like %(example)s.") % {"example": "1990-05-17"})
    if text.startswith("Expected"):
        return Fault(path, "invalid_type", text.replace("`", ""))
    return Fault(path, "invalid", text.replace("`", ""))


def _misspelt(path: str, code: str) -> Fault:
    """The fault of a number that is not a plain decimal, with an example of one that would do there."""
    name = path.rpartition(".")[2]
    if name == "redeem":
        return Fault(path, code, _("Give points as a plain decimal number, like 120, or “max”."))
    span = bounds.QUANTITY if name == "quantity" else bounds.MONEY
    return bounds.not_plain(path, f'"{span.example}"')._replace(code=code)


def _spelling_faults(body: Any) -> Iterator[Fault]:
    """Numbers that are not spelt plainly, and texts with U+0000, wherever they are. An event's data is its own."""
    waiting: list[tuple[Any, str]] = [(body, "")]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            yield bounds.nul(path)
        elif isinstance(value, dict):
            for key, item in value.items():
                if "\0" in key:
                    yield bounds.nul(path)
                    continue
                place = f"{path}.{key}".lstrip(".")
                numeric = key in _NUMBERS and (not path.startswith("data") or place == "data.amount")
                if numeric and isinstance(item, str | int | float) and not _is_plain(key, item):
                    yield _misspelt(place, "not_a_number")
                waiting.append((item, place))
        elif isinstance(value, list):
            waiting += ((item, f"{path}[{index}]") for index, item in enumerate(value))


def _is_plain(name: str, value: Any) -> bool:
    return (name == "redeem" and value == "max") or bounds.read_number(str(value)) is not None


_as_written: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Written)
sale: msgspec.json.Decoder[SaleBody] = msgspec.json.Decoder(SaleBody)
batch: msgspec.json.Decoder[Batch] = msgspec.json.Decoder(Batch)
who: msgspec.json.Decoder[Who] = msgspec.json.Decoder(Who)
member: msgspec.json.Decoder[MemberBody] = msgspec.json.Decoder(MemberBody)
give_back: msgspec.json.Decoder[ReturnBody] = msgspec.json.Decoder(ReturnBody)
event: msgspec.json.Decoder[EventBody] = msgspec.json.Decoder(EventBody)
join: msgspec.json.Decoder[JoinBody] = msgspec.json.Decoder(JoinBody)
nothing: msgspec.json.Decoder[Nothing] = msgspec.json.Decoder(Nothing)
