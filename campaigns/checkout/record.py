"""An outcome as it is stored with a receipt or a return, and read back: compact, codes instead of sentences.

Receipts are read for ever. What is stored as a list has its meaning by position, so new fields are added at the end
and have a default; a change of another kind raises ``FORMAT``, and ``load`` learns to read both.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from campaigns.checkout.usage import Key, Used, increments
from campaigns.engine import portions
from campaigns.engine.outcome import Because, LineOutcome, OtherGrant, Outcome
from campaigns.engine.rulebook import Terms
from campaigns.engine.shopper import Shopper, used_of
from loyalty.rules.basket import Basket, Coupon, Settled

#: The format of what is written now. Documents without a number are from before there were any, and read the same.
FORMAT = 1


class Reason(msgspec.Struct, array_like=True, frozen=True, omit_defaults=True):
    """Why points were given, or money taken off, or not; ``points`` is None where none were."""

    campaign_id: int
    revision: int
    points: Decimal | None
    code: str
    args: dict[str, Any]
    discount: Decimal | None = None


class Given(msgspec.Struct, array_like=True, frozen=True):
    """The points of one campaign and the terms of their lot."""

    campaign_id: int
    revision: int
    points: Decimal
    active_from: datetime | None
    expires_at: datetime | None
    terms: dict[str, Any] | None = None
    funder: str | None = None


class LineRecord(msgspec.Struct, array_like=True, frozen=True):
    """What was decided on a line. Money and points as in ``LineOutcome``."""

    position: int
    amount: Decimal
    discount: Decimal
    redeemed_points: Decimal
    redeemed_amount: Decimal
    to_pay: Decimal
    earned: Decimal
    because: tuple[Reason, ...]


class Bound(msgspec.Struct, array_like=True, frozen=True):
    """A limit on spending."""

    code: str
    max: Decimal
    args: dict[str, Any]


class Stage(msgspec.Struct, array_like=True, frozen=True):
    """Progress towards an nth purchase."""

    campaign_id: int
    revision: int
    value: int
    goal: int


class Text(msgspec.Struct, array_like=True, frozen=True):
    """Something a campaign says."""

    campaign_id: int
    revision: int
    text: str
    args: dict[str, Any]


class Counted(msgspec.Struct, array_like=True, frozen=True):
    """What was added to the use of a campaign by everybody, or in the store."""

    campaign_id: int
    key: str
    times: int
    points: Decimal
    money: Decimal


class Exchanged(msgspec.Struct, array_like=True, frozen=True):
    """Points that were exchanged for money off."""

    campaign_id: int
    revision: int
    points: Decimal
    amount: Decimal


class Extra(msgspec.Struct, array_like=True, frozen=True):
    """A coupon of a series, or a badge; ``issued`` is the coupon's own code."""

    campaign_id: int
    revision: int
    kind: str
    code: str
    issued: str = ""


class DueShare(msgspec.Struct, array_like=True, frozen=True):
    """Points for the cashier or the referrer, and the terms of their lot."""

    campaign_id: int
    revision: int
    to: str
    points: Decimal
    active_from: datetime | None
    expires_at: datetime | None
    terms: dict[str, Any] | None = None
    funder: str | None = None


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision. ``uses`` is what it adds to limits and counters, as (campaign, period, times, points).

    ``balance`` is (spendable, pending) once it was booked. ``taken`` is what returns had to take back
    of each lot so far.
    """

    lines: tuple[LineRecord, ...] = ()
    receipt: tuple[Reason, ...] = ()
    grants: tuple[Given, ...] = ()
    declined: tuple[Reason, ...] = ()
    most: Decimal = Decimal(0)
    limits: tuple[Bound, ...] = ()
    progress: tuple[Stage, ...] = ()
    uses: tuple[tuple[int, str, int, Decimal], ...] = ()
    till: tuple[Text, ...] = ()
    print: tuple[Text, ...] = ()
    total: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    to_pay: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)
    balance: tuple[Decimal, Decimal] | None = None
    taken: dict[str, Decimal] = {}
    tallies: tuple[Counted, ...] = ()
    exchanged: tuple[Exchanged, ...] = ()
    extras: tuple[Extra, ...] = ()
    shares: tuple[DueShare, ...] = ()
    #: Codes of the coupons that were used.
    coupons: tuple[str, ...] = ()
    #: The engine's edition that decided; records from before there were several do not say it.
    edition: int = 1
    #: The format of the document, see ``FORMAT``.
    v: int = 0

    @property
    def increments(self) -> dict[Key, Used]:
        """What the decision added to limits and counters."""
        return {(campaign, period): Used(times, points) for campaign, period, times, points in self.uses}

    @property
    def counted(self) -> dict[tuple[int, str], tuple[int, Decimal, Decimal]]:
        """What the decision added to common counters."""
        return {(one.campaign_id, one.key): (one.times, one.points, one.money) for one in self.tallies}


NOTHING = Record()


def pack(outcome: Outcome) -> Record:
    """The record of an outcome."""
    return Record(
        lines=tuple(_line(line) for line in outcome.lines),
        receipt=tuple(map(_given, outcome.receipt_because)),
        grants=tuple(
            Given(
                grant.campaign_id,
                grant.revision,
                grant.points,
                grant.active_from,
                grant.expires_at,
                dict(grant.terms) if grant.terms else None,
                grant.funder,
            )
            for grant in outcome.grants
        ),
        declined=tuple(
            Reason(d.campaign_id, d.revision, None, d.code, dict(d.args)) for d in outcome.declined
        ),
        most=outcome.redemption.max,
        limits=tuple(Bound(limit.code, limit.max, dict(limit.args)) for limit in outcome.redemption.limits),
        progress=tuple(Stage(p.campaign_id, p.revision, p.value, p.goal) for p in outcome.progress),
        uses=tuple((*key, *used) for key, used in increments(outcome).items()),
        till=tuple(Text(m.campaign_id, m.revision, m.text, dict(m.args)) for m in outcome.till_messages),
        print=tuple(Text(m.campaign_id, m.revision, m.text, dict(m.args)) for m in outcome.receipt_messages),
        total=outcome.total,
        discount=outcome.discount,
        to_pay=outcome.to_pay,
        earned=outcome.earned,
        tallies=tuple(
            Counted(t.campaign_id, t.key, times=t.times, points=t.points, money=t.money)
            for t in outcome.tallies
        ),
        exchanged=tuple(
            Exchanged(e.campaign_id, e.revision, points=e.points, amount=e.amount) for e in outcome.exchanged
        ),
        extras=tuple(Extra(e.campaign_id, e.revision, kind=e.kind, code=e.code) for e in outcome.extras),
        shares=tuple(map(_share, outcome.others)),
        coupons=outcome.coupons,
        edition=outcome.edition,
        v=FORMAT,
    )


def _line(line: LineOutcome) -> LineRecord:
    return LineRecord(
        position=line.position,
        amount=line.amount,
        discount=line.discount,
        redeemed_points=line.redeemed_points,
        redeemed_amount=line.redeemed_amount,
        to_pay=line.to_pay,
        earned=line.earned,
        because=tuple(map(_given, line.because)),
    )


def _given(why: Because) -> Reason:
    return Reason(why.campaign_id, why.revision, why.points, why.code, dict(why.args), why.discount or None)


def _share(other: OtherGrant) -> DueShare:
    return DueShare(
        other.campaign_id,
        other.revision,
        to=other.to,
        points=other.points,
        active_from=other.active_from,
        expires_at=other.expires_at,
        terms=dict(other.terms) if other.terms else None,
        funder=other.funder,
    )


def as_told(record: Record, terms: Terms) -> Record:
    """A decision whose reasons say what is true of the line on which they stand, for whoever tells it."""
    *told, of_receipt = portions.of(record.lines, record.receipt, terms)
    lines = tuple(
        msgspec.structs.replace(line, because=_say(line.because, args))
        for line, args in zip(record.lines, told, strict=True)
    )
    return msgspec.structs.replace(record, lines=lines, receipt=_say(record.receipt, of_receipt))


def _say(reasons: tuple[Reason, ...], told: list[dict[str, Any]]) -> tuple[Reason, ...]:
    return tuple(msgspec.structs.replace(why, args=args) for why, args in zip(reasons, told, strict=True))


def load(document: Any) -> Record:
    """The record of a stored document. Raises ``ValueError`` for one that a newer Regulars wrote."""
    found = msgspec.convert(document, Record, strict=False)
    if found.v > FORMAT:
        raise ValueError(
            f"A decision of format {found.v} was written by a newer Regulars; this one knows up to {FORMAT}."
        )
    return found


def dump(record: Record) -> Any:
    """A document to store in a JSON column through the ORM."""
    return msgspec.to_builtins(record)


class ShopperRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts about a member that a purchase was judged with."""

    member_id: str = ""
    tier: str = ""
    card_kind: str = ""
    joined_on: str | None = None
    birthday: str | None = None
    purchases: int = 0
    progress: dict[str, int] = {}
    uses: tuple[tuple[Any, ...], ...] = ()
    gender: str = ""
    last_purchase_on: str | None = None
    referred: bool = False
    attributes: dict[str, Any] = {}
    segments: tuple[str, ...] = ()
    known: dict[str, str] = {}
    #: Coupons that were shown and usable: (code, series).
    coupons: tuple[tuple[str, str], ...] = ()
    #: The first day on which the birthday counts; receipts from before this was kept: it always did.
    birthday_from: str | None = None
    #: What else the till told of the sale.
    facts: dict[str, str] = {}


def pack_shopper(shopper: Shopper, basket: Basket) -> ShopperRecord | None:
    """The facts to store with a receipt; None for an anonymous shopper of whom nothing is known."""
    facts = basket.facts.told
    if shopper.member_id is None and not shopper.uses and not basket.coupons and not facts:
        return None
    return ShopperRecord(
        member_id=str(shopper.member_id or ""),
        tier=shopper.tier,
        card_kind=shopper.card_kind,
        joined_on=shopper.joined_on.isoformat() if shopper.joined_on else None,
        birthday=shopper.birthday.isoformat() if shopper.birthday else None,
        purchases=shopper.purchases,
        progress={str(campaign): count for campaign, count in shopper.progress.items()},
        uses=tuple((*key, *used) for key, used in shopper.uses.items()),
        gender=shopper.gender,
        last_purchase_on=shopper.last_purchase_on.isoformat() if shopper.last_purchase_on else None,
        referred=shopper.referred,
        attributes=dict(shopper.attributes),
        segments=tuple(sorted(shopper.segments)),
        known={key: format(figure.normalize(), "f") for key, figure in shopper.known.items()},
        coupons=tuple((coupon.code, coupon.series) for coupon in basket.coupons),
        birthday_from=shopper.birthday_from.isoformat() if shopper.birthday_from else None,
        facts=facts,
    )


def load_coupons(document: Any) -> tuple[Coupon, ...]:
    """The coupons that could be used at a purchase."""
    return tuple(Coupon(*pair) for pair in (document or {}).get("coupons", ()))


def load_facts(document: Any) -> dict[str, str]:
    """What else the till told of a sale, by its names."""
    return dict((document or {}).get("facts") or {})


def load_shopper(document: Any) -> Shopper:
    """The shopper as they stood at a purchase. What they could spend is not among it: that is settled."""
    if document is None:
        return Shopper()
    return unpack_shopper(msgspec.convert(document, ShopperRecord, strict=False))


def unpack_shopper(kept: ShopperRecord) -> Shopper:
    """The shopper of the facts that were stored."""
    return Shopper(
        member_id=kept.member_id or None,
        tier=kept.tier,
        card_kind=kept.card_kind,
        joined_on=_day(kept.joined_on),
        birthday=_day(kept.birthday),
        purchases=kept.purchases,
        progress={int(campaign): count for campaign, count in kept.progress.items()},
        uses={(campaign, key): _used(key, *used) for campaign, key, *used in kept.uses},
        gender=kept.gender,
        last_purchase_on=_day(kept.last_purchase_on),
        referred=kept.referred,
        attributes=kept.attributes,
        segments=frozenset(kept.segments),
        known={key: Decimal(figure) for key, figure in kept.known.items()},
        birthday_from=_day(kept.birthday_from),
    )


def _used(key: str, times: int, *sums: Any) -> Any:
    return used_of(key, times, *(Decimal(one) for one in sums))


@lru_cache(maxsize=20_000)
def _day(text: str | None) -> Any:
    return datetime.fromisoformat(text).date() if text else None


def settled(by_line: dict[int, tuple[Decimal, Decimal]]) -> Settled:
    """What was spent on the lines that remain."""
    return Settled({position: spent for position, spent in by_line.items() if spent[0] or spent[1]})
