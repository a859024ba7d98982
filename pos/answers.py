"""Answers of the API, field by field: what the OpenAPI document promises and the tests hold every answer to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Number = Annotated[str, Meta(pattern=r"^-?\d+(\.\d{1,2})?$", examples=["199.90"])]
Money = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2}$", examples=["199.90"])]
Quantity = Annotated[str, Meta(pattern=r"^\d+(\.\d{1,3})?$", examples=["1.5"])]
Moment = Annotated[datetime, Meta(tz=True, examples=["2026-11-21T09:31:00Z"])]
ReceiptStatus = Literal["quote", "held", "completed", "partially_returned", "returned", "cancelled"]


class CardAnswer(Struct):
    """A card of the member."""

    number: str
    kind: str


class NextTier(Struct):
    """The tier above: ``needs`` is what is still to be counted for it: money, points or visits."""

    code: str
    name: str
    needs: Money


class TierAnswer(Struct):
    """The member's step of the ladder; null below the lowest one.

    ``counts`` is what moves members on the ladder: money ``spent``, ``points`` or ``visits``; ``counted`` is how
    much of it counts now, and ``until`` how long the tier is kept without more of it, null: for good.
    """

    code: str | None
    name: str | None
    benefits: list[str]
    until: Moment | None
    counts: Literal["spent", "points", "visits"]
    counted: Money
    next: NextTier | None


class Expiring(Struct):
    """Points that can be spent until then."""

    points: Number
    at: Moment


class DailyLimit(Struct):
    """How many points the holder may spend in a day of the programme, and how many are left of them today."""

    points: Number
    left: Number


class AccountAnswer(Struct):
    """The member's account in one of the partner's programmes. ``owed`` are points that went back and had been
    spent: they are repaid from the next ones. ``daily_limit`` is null for who may spend whatever there is."""

    programme: str
    spendable: Number
    pending: Number
    role: Literal["owner", "holder"]
    may_redeem: bool
    expiring: list[Expiring]
    owed: Number = "0.00"
    daily_limit: DailyLimit | None = None


class MemberAnswer(Struct):
    """A member, within the programmes of the caller's partner."""

    id: UUID
    status: Literal["active", "blocked"]
    first_name: str
    last_name: str
    phone: str | None
    cards: list[CardAnswer]
    tier: TierAnswer | None
    accounts: list[AccountAnswer]


class Because(Struct):
    """Why points were given, or money was taken off: which revision of which campaign, how much, by which rule."""

    campaign: str
    revision: int
    points: Number
    discount: Money
    code: str
    text: str


class Movement(Struct):
    """A movement of points, signed as the member sees it."""

    id: UUID
    at: Moment
    kind: str
    points: Number
    balance_after: Number | None
    programme: str
    purchase: UUID | None
    reason: str
    because: list[Because]


class StatementAnswer(Struct):
    """A page of movements, newest first; ``next`` is the cursor of the following page."""

    results: list[Movement]
    next: str | None


class CodeAnswer(Struct):
    """A confirmation code is on its way."""

    channel: str
    expires_at: Moment


class Redeemed(Struct):
    """Points spent, and the money they paid."""

    points: Number
    amount: Money


class Limit(Struct):
    """A limit on spending, and the most it allows."""

    code: str
    max: Number
    text: str


class Redeemable(Struct):
    """The most points that can be spent on this basket, and each limit that bound it."""

    max: Number
    limits: list[Limit]


class LotAnswer(Struct):
    """Points that a campaign gives, and when they can be spent."""

    points: Number
    active_from: Moment | None
    expires_at: Moment | None
    campaign: str


class Earned(Struct):
    """Points that are earned; ``pending`` of them become active later."""

    points: Number
    pending: Number
    lots: list[LotAnswer]


class LineAnswer(Struct):
    """What becomes of a line; position null is what was earned for the receipt as a whole.

    ``returnable`` is how many of it can still come back; it is there when the purchase is read again.
    """

    position: int | None
    amount: Money
    discount: Money
    redeemed: Money
    to_pay: Money
    earned: Number
    because: list[Because]
    returnable: Quantity | None = None


class Declined(Struct):
    """A campaign or coupon that did not apply, and why."""

    campaign: str
    code: str
    text: str


class Coupons(Struct):
    """Coupons that were used, and those that were given."""

    used: list[str]
    issued: list[str]


class Exchanged(Struct):
    """Points that a campaign took for money off; both are part of ``redeemed``."""

    campaign: str
    points: Number
    amount: Money


class Exchangeable(Struct):
    """An exchange of points for money off that may be asked for: send ``code`` among ``exchanges``."""

    code: str
    campaign: str
    text: str


class Extra(Struct):
    """A coupon of the series ``code`` that is issued (``coupon`` is its own code), or a badge."""

    campaign: str
    kind: Literal["coupon", "badge"]
    code: str
    coupon: str | None


class Progress(Struct):
    """How far the member is towards a goal."""

    campaign: str
    value: str
    goal: str


class Messages(Struct):
    """What to tell the cashier, and what to print on the receipt."""

    cashier: list[str]
    receipt: list[str]


class Balance(Struct):
    """The account after this."""

    programme: str
    spendable: Number
    pending: Number


class ReturnedAnswer(Struct):
    """A return that was made of the purchase."""

    id: UUID
    return_number: str | None
    returned_at: Moment
    refund: Money
    restored: Number
    revoked: Number
    owed: Number


class PurchaseAnswer(Struct):
    """A quote or a purchase, with the reason for every point. ``returns`` is there when it is read again.

    ``owed`` are points that were earned by it, went back with a return, had been spent, and are not repaid yet.
    ``confirmation_needed`` is there in a quote: whether a purchase that spends so many points needs a code that is
    sent to the member.
    """

    id: UUID | None
    status: ReceiptStatus
    receipt_number: str | None
    store: str
    purchased_at: Moment
    total: Money
    discount: Money
    redeemed: Redeemed
    to_pay: Money
    redeemable: Redeemable
    earned: Earned
    lines: list[LineAnswer]
    declined: list[Declined]
    coupons: Coupons
    exchanged: list[Exchanged]
    exchangeable: list[Exchangeable]
    extras: list[Extra]
    progress: list[Progress]
    messages: Messages
    balance: Balance | None
    owed: Number = "0.00"
    returns: list[ReturnedAnswer] = []
    confirmation_needed: bool | None = None


class ReturnAnswer(Struct):
    """What a return gives back: money, points that were spent, points that were earned, and what is owed."""

    id: UUID
    purchase: UUID
    return_number: str | None
    refund: Money
    restored: Number
    revoked: Number
    owed: Number
    balance: Balance | None
    status: ReceiptStatus


class FaultAnswer(Struct):
    """One thing that is wrong with the input, and how to mend it."""

    field: str
    code: str
    detail: str


class Problem(Struct):
    """An error (RFC 9457). ``code`` is stable and meant for programs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FaultAnswer]


class EventAnswer(Struct):
    """The event, and the points that campaigns gave for it, each with its reason."""

    id: UUID
    earned: list[Because]
