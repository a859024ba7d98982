"""A sample basket: what a campaign that is being written would do, beside those that are live.

The engine that sells also judges here, on a shopper who is made up: nothing is stored. Every figure of the
past that a campaign asks about is answered from the few that the sample gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns import rulebooks
from campaigns.checkout.events.booking import AT_A_TILL
from campaigns.engine import portions
from campaigns.engine.definition import Definition
from campaigns.engine.evaluation import evaluate, evaluate_event
from campaigns.engine.machine import Machine
from campaigns.engine.needs import Need
from campaigns.engine.outcome import Because, Outcome
from campaigns.engine.promises import PREFIX
from campaigns.engine.rulebook import Revision, Rulebook, Terms
from campaigns.engine.shopper import ANONYMOUS, MemberSum, Shopper
from campaigns.words import wording
from loyalty.models import Category, Product, Programme, Store
from loyalty.rules.basket import Basket, Coupon, Line, Moment, Place, Wallet, WalletLot, read_facts
from loyalty.rules.rounding import line_amount

ZERO = Decimal(0)
#: What a definition is called while it has no campaign yet.
UNSAVED = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A product in the basket, with its price in money."""

    sku: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Sample:
    """Who buys what, where and when. ``spent`` and ``pieces`` are what was bought before, in any period asked for."""

    at: datetime
    items: tuple[Item, ...] = ()
    member: bool = True
    store: str = ""
    till: str = ""
    channel: str = "pos"
    tier: str = ""
    card_kind: str = ""
    segments: frozenset[str] = frozenset()
    gender: str = ""
    birthday: date | None = None
    joined_on: date | None = None
    last_purchase_on: date | None = None
    purchases: int = 0
    spent: Decimal = ZERO
    pieces: Decimal = ZERO
    balance: Decimal = ZERO
    redeem: Decimal = ZERO
    #: Stamps or purchases that the campaign itself has counted so far.
    counted: int = 0
    promised: bool = False
    exchange: bool = False
    referred: bool = False
    coupons: tuple[str, ...] = ()
    cashier: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    #: What else the till tells, by the names of ``SaleFacts``.
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gift:
    """What one campaign gave, points or money, and why."""

    campaign: str
    mine: bool
    points: Decimal
    discount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class LineTold:
    """A line of the sample and what it brought."""

    name: str
    quantity: Decimal
    amount: Decimal
    to_pay: Decimal
    points: Decimal
    gifts: tuple[Gift, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to the sample. ``points`` and ``discount`` are this campaign's own.

    ``why_not`` says why it gave none.
    """

    total: Decimal
    off: Decimal
    to_pay: Decimal
    earned: Decimal
    points: Decimal
    discount: Decimal
    why_not: str
    lines: tuple[LineTold, ...]
    whole: tuple[Gift, ...]
    declined: tuple[tuple[str, str], ...]
    extras: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, Decimal], ...]
    progress: tuple[tuple[int, int], ...]
    exchanged: tuple[tuple[Decimal, Decimal], ...]
    till: tuple[str, ...]
    receipt: tuple[str, ...]


def judge(
    sample: Sample,
    programme: Programme,
    definition: Definition,
    name: str,
    campaign: tuple[int, str] = (UNSAVED, "this"),
    now: datetime | None = None,
    alone: bool = False,
) -> Told:
    """Judge a sample by a definition and by what is live at ``now`` (``alone``: by nothing else).

    ``campaign`` is the id and code of the campaign that the definition would be of; its live revision
    stands back.
    """
    rulebook = _rulebook(programme, definition, name, campaign, now or sample.at, alone)
    shopper = _shopper(sample, rulebook.machine, campaign[0], ZoneInfo(programme.time_zone))
    place, zone = _place(sample)
    own = ZoneInfo(programme.time_zone)
    moment = Moment(sample.at.astimezone(zone or own), sample.at.astimezone(own))
    lines, names = _lines(sample)
    what_for = definition.questions.what_for
    if what_for.of == "event" and what_for.event is not None:
        dated = {"offset": what_for.offset, "days": what_for.days}
        came = {**sample.data, **{key: days for key, days in dated.items() if days is not None}}
        outcome = evaluate_event(
            what_for.event, shopper, moment, rulebook, place, came,
            sample.cashier if what_for.event == AT_A_TILL else "",
        )  # fmt: skip
        names = {}
    else:
        basket = Basket(
            place=place,
            lines=lines,
            redeem=sample.redeem,
            cashier=sample.cashier,
            coupons=tuple(Coupon(f"sample-{code}", code) for code in sample.coupons),
            exchanges=(campaign[1],) if sample.exchange else (),
            facts=read_facts(sample.facts),
        )
        outcome = evaluate(basket, shopper, moment, rulebook)
    return _tell(outcome, rulebook, campaign[0], names, {line.position: line.quantity for line in lines})


def _rulebook(
    programme: Programme,
    definition: Definition,
    name: str,
    campaign: tuple[int, str],
    now: datetime,
    alone: bool,
) -> Rulebook:
    rules = rulebooks.in_force(programme.pk, now)
    others = () if alone or rules is None else rules.engine.campaigns
    document = rulebooks.terms_of(programme)
    terms = Terms(**{key: value for key, value in document.items() if key in Terms.__dataclass_fields__})
    mine = Revision(campaign[0], campaign[1], name, 0, definition)
    return Rulebook(terms, (*(one for one in others if one.campaign_id != campaign[0]), mine))


def _shopper(sample: Sample, machine: Machine, campaign_id: int, zone: ZoneInfo) -> Shopper:
    if not sample.member:
        return ANONYMOUS
    today = sample.at.astimezone(zone).date()
    known = {key: _figure(need, sample) for key, need in machine.needs.figures.items()}
    known["balance"] = sample.balance
    lots = (WalletLot("sample", sample.balance),) if sample.balance else ()
    uses: dict[tuple[int, str], Any] = {}
    if sample.promised:
        uses[campaign_id, f"{PREFIX}{today + timedelta(days=1):%Y%m%d}"] = MemberSum(1, ZERO)
    return Shopper(
        member_id="sample",
        tier=sample.tier,
        card_kind=sample.card_kind,
        joined_on=sample.joined_on or today,
        birthday=sample.birthday,
        purchases=sample.purchases,
        progress={campaign_id: sample.counted} if sample.counted else {},
        uses=uses,
        wallet=Wallet(lots),
        gender=sample.gender,
        last_purchase_on=sample.last_purchase_on,
        referred=sample.referred,
        attributes=dict(sample.attributes),
        segments=sample.segments,
        known=known,
    )


def _figure(need: Need, sample: Sample) -> Decimal:
    """A figure of the past that a campaign asks for, of what the sample says about the past."""
    match need.kind:
        case "spent":
            return sample.spent
        case "pieces":
            return sample.pieces
    return Decimal(sample.purchases)


def _place(sample: Sample) -> tuple[Place, ZoneInfo | None]:
    store = Store.objects.filter(code=sample.store).select_related("partner").first()
    if store is None:
        return Place("", sample.store, frozenset(), sample.till, sample.channel), None
    groups = frozenset(store.groups.values_list("code", flat=True))
    place = Place(store.partner.code, store.code, groups, sample.till, sample.channel)
    return place, ZoneInfo(store.time_zone)


def _lines(sample: Sample) -> tuple[tuple[Line, ...], dict[int, str]]:
    skus = [item.sku for item in sample.items]
    products = {
        row.sku: row
        for row in Product.objects.filter(sku__in=skus).select_related("category").prefetch_related("sets")
    }
    lines, names = [], {}
    for position, item in enumerate(sample.items, 1):
        product = products.get(item.sku)
        category: Category | None = product.category if product else None
        lines.append(
            Line(
                position=position,
                sku=item.sku,
                quantity=item.quantity,
                amount=line_amount(item.quantity, item.price),
                price=item.price,
                name=str(product or item.sku),
                brand=product.brand if product else "",
                categories=tuple(category.path) if category else (),
                sets=frozenset(one.code for one in product.sets.all()) if product else frozenset(),
            )
        )
        names[position] = str(product or item.sku)
    return tuple(lines), names


def _tell(
    outcome: Outcome,
    rulebook: Rulebook,
    mine: int,
    names: Mapping[int, str],
    quantities: Mapping[int, Decimal],
) -> Told:
    called = {revision.campaign_id: revision.name for revision in rulebook.campaigns}

    *told, told_of_receipt = portions.of(outcome.lines, outcome.receipt_because, rulebook.terms)

    def gifts(reasons: Iterable[Because], told: Iterable[Mapping[str, Any]]) -> tuple[Gift, ...]:
        return tuple(
            Gift(
                called.get(one.campaign_id, ""),
                one.campaign_id == mine,
                one.points,
                one.discount,
                wording.reason(one.code, args),
            )
            for one, args in zip(reasons, told, strict=True)
        )

    lines = tuple(
        LineTold(
            names.get(line.position, ""),
            quantities[line.position],
            line.amount,
            line.to_pay,
            line.earned,
            gifts(line.because, args),
        )
        for line, args in zip(outcome.lines, told, strict=True)
    )
    whole = gifts(outcome.receipt_because, told_of_receipt)
    own = [gift for line in lines for gift in line.gifts if gift.mine] + [gift for gift in whole if gift.mine]
    declined = {one.campaign_id: wording.reason(one.code, one.args) for one in outcome.declined}
    return Told(
        total=outcome.total,
        off=outcome.discount,
        to_pay=outcome.to_pay,
        earned=outcome.earned,
        points=sum((gift.points for gift in own), ZERO),
        discount=sum((gift.discount for gift in own), ZERO),
        why_not=declined.get(mine, ""),
        lines=lines,
        whole=whole,
        declined=tuple((called.get(key, ""), text) for key, text in declined.items() if key != mine),
        extras=tuple((one.kind, one.code) for one in outcome.extras if one.campaign_id == mine),
        others=tuple((one.to, one.points) for one in outcome.others if one.campaign_id == mine),
        progress=tuple((one.value, one.goal) for one in outcome.progress if one.campaign_id == mine),
        exchanged=tuple((one.points, one.amount) for one in outcome.exchanged if one.campaign_id == mine),
        till=tuple(
            wording.message(one.text, one.args) for one in outcome.till_messages if one.campaign_id == mine
        ),
        receipt=tuple(
            wording.message(one.text, one.args) for one in outcome.receipt_messages if one.campaign_id == mine
        ),
    )
