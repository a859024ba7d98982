"""From what was judged to the outcome: units become points, and everything is put in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from campaigns.engine.judgement import Judgement
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import (
    ZERO,
    Exchange,
    Extra,
    Grant,
    LineOutcome,
    Message,
    OtherGrant,
    Outcome,
    Tally,
    Use,
)
from loyalty.redemption import Plan
from loyalty.rounding import from_cents

_new = tuple.__new__
_NOTHING = (ZERO, ZERO)


class Applied(NamedTuple):
    """A campaign that gave something or said something: units of points, and cents of discounts."""

    campaign: Campaign
    units: int
    cents: int


def conclude(
    judgement: Judgement,
    discounts: Sequence[Decimal],
    redemption: Plan,
    exchanged: tuple[Exchange, ...] = (),
) -> Outcome:
    """The outcome of a judgement, with the discounts and the redemption decided before it."""
    machine, case = judgement.machine, judgement.case
    lines = _lines(judgement, discounts, redemption)
    total = sum([line.amount for line in lines], ZERO)
    discount = sum(discounts, ZERO)
    units = sum(judgement.sheet.units) + judgement.sheet.receipt_units
    earned = machine.points[units]
    judgement.awards.sort(key=lambda award: award.campaign.number)
    applied = _applied(judgement)
    speaking = [one for one in applied if one.campaign.till_text or one.campaign.receipt_text]
    declined = judgement.declined
    return Outcome(
        lines=lines,
        receipt_because=tuple(judgement.sheet.receipt_because),
        grants=_grants(judgement),
        declined=tuple([declined[number] for number in sorted(declined)]),
        redemption=redemption,
        uses=_uses(judgement, applied) if case.is_member else (),
        progress=tuple(judgement.progress),
        till_messages=_messages(judgement, speaking, earned, "till_text"),
        receipt_messages=_messages(judgement, speaking, earned, "receipt_text"),
        told=tuple([campaign.id for campaign in judgement.told]),
        total=total,
        discount=discount,
        to_pay=total - discount - redemption.amount,
        earned=earned,
        tallies=tuple(_tallies(judgement, applied)) if machine.needs.shared else (),
        exchanged=exchanged,
        extras=tuple(_extras(judgement, applied)),
        others=tuple(_others(judgement, applied)),
        coupons=_coupons(judgement, applied) if case.basket.coupons else (),
    )


def _applied(judgement: Judgement) -> list[Applied]:
    """Every campaign that did something, once: those that gave points first, by number, then the others."""
    if not judgement.cuts.campaigns and not judgement.traded:
        gave = [Applied(award.campaign, award.units, 0) for award in judgement.awards]
        return gave + [Applied(campaign, 0, 0) for campaign in judgement.told]
    cents = {campaign.number: cents for campaign, cents in judgement.cuts.campaigns}
    applied = [
        Applied(award.campaign, award.units, cents.pop(award.campaign.number, 0))
        for award in judgement.awards
    ]
    rest = {campaign.number: campaign for campaign, _ in judgement.cuts.campaigns if campaign.number in cents}
    rest |= {campaign.number: campaign for campaign in (*judgement.told, *judgement.traded)}
    return applied + [Applied(campaign, 0, cents.get(number, 0)) for number, campaign in sorted(rest.items())]


def _lines(judgement: Judgement, discounts: Sequence[Decimal], redemption: Plan) -> tuple[LineOutcome, ...]:
    points_of, spent, sheet = judgement.machine.points, redemption.by_line, judgement.sheet
    outcomes = []
    reasons = sheet.reasons()
    if judgement.cuts.campaigns:
        reasons = [(*off, *given) for off, given in zip(judgement.cuts.because, reasons, strict=True)]
    for line, discount, units, because in zip(
        judgement.case.lines, discounts, sheet.units, reasons, strict=True
    ):
        cost, points = line.amount, points_of[units]
        paid, amount = spent.get(line.position, _NOTHING) if spent else _NOTHING
        to_pay = cost - discount - amount
        outcomes.append(
            _new(LineOutcome, (line.position, cost, discount, paid, amount, to_pay, points, because))
        )
    return tuple(outcomes)


def _grants(judgement: Judgement) -> tuple[Grant, ...]:
    """One grant of each campaign, by number: what it gives now, and what it had promised."""
    machine, case = judgement.machine, judgement.case
    units = {award.campaign.number: award.units for award in judgement.awards}
    for award, _ in judgement.kept:
        units[award.campaign.number] = units.get(award.campaign.number, 0) + award.units
    lives: dict[int, tuple[datetime | None, datetime | None]] = {}
    grants = []
    for number in sorted(units) if judgement.kept else units:
        campaign = machine.campaigns[number]
        if campaign.dates not in lives:
            lives[campaign.dates] = machine.life(campaign.dates, case)
        grants.append(
            Grant(
                campaign.id,
                campaign.revision,
                machine.points[units[number]],
                *lives[campaign.dates],
                campaign.terms,
                campaign.funder,
            )
        )
    return tuple(grants)


def _uses(judgement: Judgement, applied: Sequence[Applied]) -> tuple[Use, ...]:
    """What to add to the periods that limits speak of, and to promises."""
    uses, case = [], judgement.case
    for campaign, units, _ in applied:
        if campaign.promise is not None:
            uses.append(Use(campaign.id, campaign.promise.key(case.today), 1, ZERO))
        if not campaign.limits:
            continue
        points = judgement.machine.points[units]
        for period in dict.fromkeys(limit.period for limit in campaign.limits if not limit.prefix):
            if period != "receipt":
                uses.append(Use(campaign.id, case.periods[period], 1, points))
    for award, key in judgement.kept:
        uses.append(Use(award.campaign.id, key, -1, ZERO))
    return tuple(uses)


def _tallies(judgement: Judgement, applied: Sequence[Applied]) -> Iterator[Tally]:
    """What to add to the uses that a store's or a campaign's limits speak of."""
    machine = judgement.machine
    for campaign, units, cents in applied:
        keys: dict[str, Tally] = {}
        for limit in campaign.limits:
            if not limit.prefix or limit.period == "receipt":
                continue
            key = limit.key(judgement.case)
            points = None if limit.units is None else machine.points[limit.units]
            money = None if limit.cents is None else from_cents(limit.cents)
            new = Tally(
                campaign.id, key, 1, machine.points[units], from_cents(cents), limit.times, points, money
            )
            keys[key] = _stricter(keys[key], new) if key in keys else new
        yield from keys.values()


def _stricter(one: Tally, other: Tally) -> Tally:
    """A tally with the lower of two limits for each of its sums."""
    lowest = [
        min((most for most in pair if most is not None), default=None)
        for pair in zip(one[5:], other[5:], strict=True)
    ]
    return Tally(*one[:5], *lowest)  # type: ignore[arg-type]


def _extras(judgement: Judgement, applied: Sequence[Applied]) -> Iterator[Extra]:
    """Coupons and badges, for members."""
    if judgement.case.is_member:
        for campaign, _, _ in applied:
            for code in campaign.sides.coupons if campaign.sides else ():
                yield Extra(campaign.id, campaign.revision, "coupon", code)
            for code in campaign.sides.badges if campaign.sides else ():
                yield Extra(campaign.id, campaign.revision, "badge", code)


def _others(judgement: Judgement, applied: Sequence[Applied]) -> Iterator[OtherGrant]:
    """Points for the cashier and the referrer, where there is one."""
    machine, case = judgement.machine, judgement.case
    there = {"cashier": bool(case.basket.cashier), "referrer": case.shopper.referred}
    for campaign, _, _ in applied:
        for share in campaign.sides.shares if campaign.sides else ():
            cents = case.receipt if campaign.to_receipt else case.amount(campaign.scope)
            units = share.units(cents) if there[share.to] else 0
            if units:
                life = machine.life(campaign.dates, case)
                yield OtherGrant(
                    campaign.id, campaign.revision, share.to, machine.points[units], *life,
                    campaign.terms, campaign.funder,
                )  # fmt: skip


def _coupons(judgement: Judgement, applied: Sequence[Applied]) -> tuple[str, ...]:
    """The coupons that made a campaign give something: of each series that it names, the first by code."""
    shown = sorted(judgement.case.basket.coupons, key=attrgetter("code"))
    used: set[str] = set()
    for campaign, _, _ in applied:
        for series in campaign.series:
            used.update([coupon.code for coupon in shown if coupon.series == series][:1])
    return tuple(sorted(used))


def _messages(
    judgement: Judgement, speaking: Sequence[Applied], earned: Decimal, kind: str
) -> tuple[Message, ...]:
    """The texts of the campaigns that applied, for the till or the receipt."""
    messages = []
    for campaign, units, _ in speaking:
        if text := campaign.till_text if kind == "till_text" else campaign.receipt_text:
            points = str(judgement.machine.points[units])
            args = {"points": points, "earned": str(earned), "campaign": campaign.name}
            messages.append(Message(campaign.id, campaign.revision, text, args))
    return tuple(messages)
