"""The basket on the till's screen: kept in the session, so that a reload loses nothing.

Every change is made under a lock of the session, and counts ``version`` up: answers that come out of
order are recognised, and two tabs or two quick scans never lose a line.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection, transaction
from django.http import HttpRequest

from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.models import Product
from members import bounds

KEY = "till_basket"
#: Letters and digits that nobody confuses when they read a receipt number aloud.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
#: How many scans a till remembers as counted: many more than one page or two send without an answer.
MOST_HEARD = 300
_PLACES = {"quantity": bounds.QUANTITY.places, "price": bounds.MONEY.places, "points": bounds.POINTS.places}
_BLANKS = str.maketrans("", "", " \u00a0\u202f")
#: Nobody types more at a counter: a barcode in the wrong field is caught at once.
MOST = {"quantity": Decimal(10) ** 7, "price": Decimal(10) ** 7, "points": Decimal(10) ** 9}


class BasketLine(msgspec.Struct):
    """Goods in the basket. ``price`` is of one, money; None while the cashier has yet to give it."""

    position: int
    sku: str
    name: str
    quantity: Decimal
    price: Decimal | None = None

    @property
    def cost(self) -> Decimal:
        """What the line costs before loyalty, money; nothing while it has no price."""
        return SaleLine(self.position, self.sku, self.quantity, self.price or Decimal(0)).cost


class Basket(msgspec.Struct):
    """What is about to be sold, and to whom.

    ``shown`` is the text by which the customer was found, ``redeem`` the points to spend, a number or ``max``.
    ``coupons`` are the codes that were shown,
    ``exchanges`` the campaigns asked to give money off for points. ``number`` is the receipt's, made once:
    paying twice is then one sale told twice. ``sold_at`` is when it was first paid, until an answer came.

    ``id`` is another one for every customer: a scan that waited for the network says which basket it was
    made for. ``heard`` are the keys of the scans that were counted, the newest last; a scan whose answer was
    lost comes again with its key and is not counted again.
    """

    id: str = ""
    heard: list[str] = []
    number: str = ""
    version: int = 0
    lines: list[BasketLine] = []
    member: str | None = None
    shown: str = ""
    redeem: str = "0"
    coupons: list[str] = []
    exchanges: list[str] = []
    sold_at: datetime | None = None

    def add(self, product: Product, quantity: Decimal = Decimal(1)) -> BasketLine:
        """Put goods in: more of a line that is there, or a new line."""
        for line in self.lines:
            if line.sku == product.sku:
                line.quantity += quantity
                return line
        position = max((line.position for line in self.lines), default=0) + 1
        line = BasketLine(position, product.sku, product.name or product.sku, quantity, product.price)
        self.lines.append(line)
        return line

    def find(self, position: int) -> BasketLine | None:
        """The line at that position."""
        return next((line for line in self.lines if line.position == position), None)

    def remove(self, position: int) -> None:
        """Take a line out."""
        self.lines = [line for line in self.lines if line.position != position]

    def empty(self) -> None:
        """Begin anew, for the next customer. What was heard stays: its repeats may still be on their way."""
        self.id = _make_id()
        self.number, self.lines = "", []
        self.let_go()
        self.redeem, self.sold_at = "0", None
        self.coupons, self.exchanges = [], []

    def welcome(self, member: object, shown: str) -> None:
        """The customer is that member, found by what they showed: a code of the moment proves later that they were
        there."""
        self.member, self.shown = str(member), shown[: bounds.WHO["code"]]

    def let_go(self) -> None:
        """Go on without a customer."""
        self.member, self.shown = None, ""

    def is_for(self, tag: str) -> bool:
        """Whether what was scanned for the basket ``tag`` belongs in this one; without a tag it always does."""
        return tag in ("", self.id)

    def hear(self, key: str) -> bool:
        """Note that the scan of that key counts now. False when it was counted before; no key is never known."""
        if key and key in self.heard:
            return False
        if key:
            self.heard = [*self.heard[1 - MOST_HEARD :], key]
        return True

    @property
    def wish(self) -> Decimal | Literal["max"]:
        """The points to spend, as the checkout takes them: none without a member."""
        if not self.member:
            return Decimal(0)
        return "max" if self.redeem == "max" else Decimal(self.redeem)

    @property
    def total(self) -> Decimal:
        """What the lines cost before loyalty, money; lines without a price count nothing."""
        return sum((line.cost for line in self.lines), Decimal(0))

    @property
    def unpriced(self) -> list[BasketLine]:
        """Lines whose price has yet to be given."""
        return [line for line in self.lines if line.price is None]

    def sale(self, store: str, till: str, cashier: str, at: datetime, **more: object) -> Sale:
        """The basket as the checkout takes it. Lines without a price are left out."""
        lines = tuple(
            SaleLine(line.position, line.sku, line.quantity, line.price, name=line.name)
            for line in self.lines
            if line.price is not None
        )
        return Sale(
            store=store,
            till=till,
            cashier=cashier[:64],
            purchased_at=at,
            lines=lines,
            receipt_number=self.number,
            member=Who(id=self.member) if self.member else None,
            shown_code=self.shown or None,
            redeem=self.wish,
            coupons=tuple(self.coupons),
            exchanges=tuple(self.exchanges) if self.member else (),
            **more,  # type: ignore[arg-type]
        )


def read(session: SessionBase) -> Basket:
    """The session's basket, for looking at."""
    kept = session.get(KEY)
    return msgspec.convert(kept, Basket, strict=False) if kept else Basket()


def begin(session: SessionBase) -> None:
    """Give a session its first basket, so that the first scan says which one it is for."""
    if KEY not in session:
        session[KEY] = msgspec.to_builtins(Basket(id=_make_id()))


@contextmanager
def changed(request: HttpRequest) -> Iterator[Basket]:
    """The session's basket, for changing: locked, and kept when the block ends without an error."""
    key = request.session.session_key or ""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"till:{key}"])
        request.session = type(request.session)(key)
        basket = read(request.session)
        basket.id = basket.id or _make_id()
        yield basket
        basket.version += 1
        request.session[KEY] = msgspec.to_builtins(basket)
        request.session.save()
        request.session.modified = False


def _make_id() -> str:
    return secrets.token_urlsafe(6)


def make_number(till: str, today: datetime) -> str:
    """A receipt number that no other till makes: its code, the day, five letters of 28 million."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(5))
    return f"{till}-{today:%y%m%d}-{tail}"


def read_number(text: str, kind: Literal["quantity", "price", "points"]) -> Decimal | None:
    """A quantity, price or points as a cashier types them: digits, a comma or a point; None for anything else."""
    number = bounds.read_number(text.strip().translate(_BLANKS).replace(",", "."))
    if number is None or not 0 <= number < MOST[kind]:
        return None
    plain = round(number, _PLACES[kind])
    return plain.normalize() + 0 if number == plain else None
