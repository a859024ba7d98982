"""From what was judged to the outcome: units become points, and everything is put in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import add

from campaigns.engine.division import Spent, divide
from campaigns.engine.judgement import Judgement
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import (
    EDITION,
    ZERO,
    Declined,
    Exchange,
    Extra,
    Grant,
    LineOutcome,
    Message,
    OtherGrant,
    Outcome,
)
from campaigns.engine.uses import Applied, Sum, add_up, tallies, uses
from loyalty.rules.redemption import Plan

_new = tuple.__new__
_NOTHING = (ZERO, ZERO)
_NO_CUT = (None, 0)


def conclude(
    judgement: Judgement,
    spent: Spent,
    exchanged: tuple[Exchange, ...] = (),
    edition: int = EDITION,
) -> Outcome:
    """The outcome of a judgement, with the discounts and the redemption decided before it."""
    machine, case = judgement.machine, judgement.case
    redemption = spent.redemption
    if spent.members is None and case.heap_of is None:
        lines = _lines(judgement, spent.discounts, redemption)
    else:
        divided, redemption = divide(judgement, spent)
        lines = tuple(divided)
    total = sum([line.amount for line in lines], ZERO)
    discount = sum(spent.discounts, ZERO)
    units = sum(judgement.sheet.units) + judgement.sheet.receipt_units
    earned = machine.points[units]
    judgement.awards.sort(key=lambda award: award.campaign.number)
    judgement.told.sort(key=lambda campaign: campaign.number)
    applied = _applied(judgement)
    sums = add_up(judgement, applied)
    speaking = [one for one in applied if one.campaign.speaks]
    return Outcome(
        lines=lines,
        receipt_because=tuple(judgement.sheet.receipt_because),
        grants=_grants(judgement, applied),
        declined=_declined(judgement, applied),
        redemption=redemption,
        uses=uses(judgement, sums) if case.is_member else (),
        progress=tuple(judgement.progress),
        till_messages=_messages(judgement, speaking, earned, "till_text"),
        receipt_messages=_messages(judgement, speaking, earned, "receipt_text"),
        told=tuple([campaign.id for campaign in judgement.told]),
        total=total,
        discount=discount,
        to_pay=total - discount - redemption.amount,
        earned=earned,
        tallies=tuple(tallies(judgement, sums)) if machine.needs.shared else (),
        exchanged=exchanged,
        edition=edition,
        extras=tuple(_extras(judgement, applied)),
        others=tuple(_others(judgement, sums)),
        coupons=_coupons(judgement, applied) if judgement.coupons else (),
    )


def _applied(judgement: Judgement) -> list[Applied]:
    """Every campaign that did something, once: those that gave points first, by number, then the others."""
    if not judgement.cuts.campaigns and not judgement.traded:
        gave = [Applied(award.campaign, award.units, 0) for award in judgement.awards]
        return gave + [Applied(campaign, 0, 0) for campaign in judgement.told]
    cuts = dict(judgement.cuts.campaigns)
    applied = [
        Applied(award.campaign, award.units, cuts.pop(award.campaign.number, _NO_CUT)[1])
        for award in judgement.awards
    ]
    rest = {number: Applied(campaign, 0, cents) for number, (campaign, cents) in cuts.items()}
    rest |= {one.number: Applied(one, 0, 0) for one in (*judgement.told, *judgement.traded)}
    return applied + [one for _, one in sorted(rest.items())]


def _lines(judgement: Judgement, discounts: Sequence[Decimal], redemption: Plan) -> tuple[LineOutcome, ...]:
    points_of, spent, sheet = judgement.machine.points, redemption.by_line, judgement.sheet
    outcomes = []
    reasons = list(map(tuple, map(add, judgement.cuts.because, sheet.because)))
    lines = judgement.case.lines
    for line, discount, units, why in zip(lines, discounts, sheet.units, reasons, strict=True):
        cost, points = line.amount, points_of[units]
        paid, amount = spent.get(line.position, _NOTHING) if spent else _NOTHING
        to_pay = cost - discount - amount
        outcomes.append(_new(LineOutcome, (line.position, cost, discount, paid, amount, to_pay, points, why)))
    return tuple(outcomes)


def _grants(judgement: Judgement, applied: Sequence[Applied]) -> tuple[Grant, ...]:
    """One grant of each campaign, by number: what it gives now, and what it had promised."""
    machine, case = judgement.machine, judgement.case
    lives: dict[int, tuple[datetime | None, datetime | None]] = {}
    grants = []
    for campaign, units in _units(judgement, applied):
        if campaign.dates not in lives:
            lives[campaign.dates] = machine.life(campaign.dates, case)
        grants.append(
            Grant(
                campaign.id,
                campaign.revision,
                machine.points[units],
                *lives[campaign.dates],
                campaign.terms,
                campaign.funder,
            )
        )
    return tuple(grants)


def _units(judgement: Judgement, applied: Sequence[Applied]) -> list[tuple[Campaign, int]]:
    """What each campaign gives to the member, by number."""
    if not judgement.kept:
        return [(campaign, units) for campaign, units, _ in applied if units]
    sums = {campaign.number: units for campaign, units, _ in applied if units}
    for number, units in judgement.promised.items():
        sums[number] = sums.get(number, 0) + units
    return [(judgement.machine.campaigns[number], sums[number]) for number in sorted(sums)]


def _declined(judgement: Judgement, applied: Sequence[Applied]) -> tuple[Declined, ...]:
    """Why campaigns gave nothing; one that gave something after all is none of them."""
    gave, declined = {*judgement.promised, *[one.campaign.number for one in applied]}, judgement.declined
    return tuple([declined[number] for number in sorted(declined) if number not in gave])


def _extras(judgement: Judgement, applied: Sequence[Applied]) -> Iterator[Extra]:
    """Coupons and badges, for members."""
    if judgement.case.is_member:
        for campaign, _, _ in [one for one in applied if one.campaign.sides]:
            for code in campaign.sides.coupons if campaign.sides else ():
                yield Extra(campaign.id, campaign.revision, "coupon", code)
            for code in campaign.sides.badges if campaign.sides else ():
                yield Extra(campaign.id, campaign.revision, "badge", code)


def _others(judgement: Judgement, sums: Sequence[Sum]) -> Iterator[OtherGrant]:
    """Points for the cashier and the referrer, one grant for each."""
    machine = judgement.machine
    for campaign, _, _, others, _ in sums:
        for to, units in others.items():
            yield OtherGrant(
                campaign.id, campaign.revision, to, machine.points[units],
                *machine.life(campaign.dates, judgement.case), campaign.terms, campaign.funder,
            )  # fmt: skip


def _coupons(judgement: Judgement, applied: Sequence[Applied]) -> tuple[str, ...]:
    """The coupons without which some campaign would not have applied."""
    used = [judgement.coupons.get(one.campaign.number, ()) for one in applied]
    return tuple(sorted({code for codes in used for code in codes}))


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
