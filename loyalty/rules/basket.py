"""A basket: what a shopper brings to the till, as plain frozen values.

Everything that judges a purchase (spending limits, terms of lots, campaigns) reads these
values and nothing else, so it can be run on a live till, on history and in a test alike.
Money is ``Decimal`` in the programme's currency, points are ``Decimal``, quantities have up
to three places. All moments are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

MAX: Literal["max"] = "max"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a receipt. ``amount`` is its cost after the shop's own discounts, before loyalty."""

    position: int
    sku: str
    quantity: Decimal
    amount: Decimal
    price: Decimal = Decimal(0)
    name: str = ""
    brand: str = ""
    #: Codes of the product's category and all its ancestors, the root first.
    categories: tuple[str, ...] = ()
    #: Codes of the product sets that hold the product.
    sets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a basket is sold: codes of the partner, the store, its groups, the till; the channel."""

    partner: str
    store: str
    groups: frozenset[str] = frozenset()
    till: str = ""
    channel: str = "pos"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a basket is judged: the instant, as the store's clocks and as the programme's clocks show it.

    Hours and weekdays of a campaign are read from ``in_store``; periods of limits, expiry and
    "per day" rules from ``in_programme``. Both are aware and are the same instant.
    """

    in_store: datetime
    in_programme: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What was already spent on each line, by position, as (points, money): what a return re-evaluates with."""

    by_line: Mapping[int, tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon that was shown and may be used: its code and the series it belongs to."""

    code: str
    series: str


class SaleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What else a till may tell of a sale, for conditions to ask about: a text each, empty where it told nothing.

    A fact is declared here: the sale has it by this, the basket carries it, the receipt keeps it for returns and
    backtests, the sample lets it be tried. Its bounds are in ``members.bounds``, and the API's body reads its null.
    """

    @property
    def told(self) -> dict[str, str]:
        """The facts that were told, by their names."""
        return {name: text for name, text in msgspec.structs.asdict(self).items() if text}


NO_FACTS = SaleFacts()


def read_facts(told: Mapping[str, str]) -> SaleFacts:
    """Facts by their names, as they were told or kept; of one that nobody knows any more nothing is read."""
    return msgspec.convert(dict(told), SaleFacts) if told else NO_FACTS


@dataclass(frozen=True, slots=True)
class Basket:
    """What is on the counter. ``redeem`` is points to spend, ``"max"``, or what was already settled.

    ``coupons`` are those that may be used; ``exchanges`` the codes of campaigns that are asked to give
    money off for points. ``stood`` says of lines that remain of a purchase where they stand among the others, if
    that is not their position: where equal pieces stood that came back.
    """

    place: Place
    lines: tuple[Line, ...]
    redeem: Decimal | Literal["max"] | Settled = Decimal(0)
    cashier: str = ""
    coupons: tuple[Coupon, ...] = ()
    exchanges: tuple[str, ...] = ()
    stood: Mapping[int, int] = field(default_factory=dict, hash=False)
    facts: SaleFacts = NO_FACTS

    @property
    def total(self) -> Decimal:
        """What the basket costs before loyalty."""
        return sum((line.amount for line in self.lines), Decimal(0))


class Allowance(NamedTuple):
    """What a holder may spend in a day of the programme, and has spent in it; points."""

    most: Decimal
    spent: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What may still be spent; nothing where the limit was lowered since."""
        return max(self.most - self.spent, Decimal(0))


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a shopper can spend: the lots of the account, and what was already spent today.

    ``lots`` holds every lot with points left, whether spendable at this moment or not; whoever
    reads it decides by the lot's own dates. ``spent_today`` is in points, in the programme's day.
    ``may_redeem`` is the holder's right to spend from the account, ``allowance`` how far it goes in a day; None: as
    far as the points do.
    """

    lots: tuple[WalletLot, ...] = ()
    spent_today: Decimal = Decimal(0)
    may_redeem: bool = True
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class WalletLot:
    """A batch of points with common terms: spendable from ``active_from`` through ``expires_at`` inclusive.

    ``terms`` is the JSON document of what the lot may be spent on (``loyalty.rules.redemption``), or None
    for no restriction.
    """

    id: str
    remaining: Decimal
    active_from: datetime | None = None
    expires_at: datetime | None = None
    terms: Mapping[str, object] | None = field(default=None, hash=False)
    earned_at: datetime | None = None
