"""From what was judged to the outcome: units become points, and everything is put in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from campaigns.engine.judgement import Judgement
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import Grant, LineOutcome, Message, Outcome, Use
from loyalty.redemption import Plan

_new = tuple.__new__

ZERO = Decimal("0.00")
_NOTHING = (ZERO, ZERO)


def conclude(judgement: Judgement, discounts: Sequence[Decimal], redemption: Plan) -> Outcome:
    """The outcome of a judgement, with the discounts and the redemption decided before it."""
    machine, case = judgement.machine, judgement.case
    lines = _lines(judgement, discounts, redemption)
    total = sum([line.amount for line in lines], ZERO)
    discount = sum(discounts, ZERO)
    units = sum(judgement.sheet.units) + judgement.sheet.receipt_units
    earned = machine.points[units]
    judgement.awards.sort(key=lambda award: award.campaign.number)
    told = [(campaign, 0) for campaign in judgement.told]
    applied = [*((award.campaign, award.units) for award in judgement.awards), *told]
    speaking = [pair for pair in applied if pair[0].till_text or pair[0].receipt_text]
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
        told=tuple([campaign.id for campaign, _ in told]),
        total=total,
        discount=discount,
        to_pay=total - discount - redemption.amount,
        earned=earned,
    )


def _lines(judgement: Judgement, discounts: Sequence[Decimal], redemption: Plan) -> tuple[LineOutcome, ...]:
    points_of, spent, sheet = judgement.machine.points, redemption.by_line, judgement.sheet
    outcomes = []
    for line, discount, units, because in zip(
        judgement.case.lines, discounts, sheet.units, sheet.reasons(), strict=True
    ):
        cost, points = line.amount, points_of[units]
        paid, amount = spent.get(line.position, _NOTHING) if spent else _NOTHING
        to_pay = cost - discount - amount
        outcomes.append(
            _new(LineOutcome, (line.position, cost, discount, paid, amount, to_pay, points, because))
        )
    return tuple(outcomes)


def _grants(judgement: Judgement) -> tuple[Grant, ...]:
    machine, case = judgement.machine, judgement.case
    lives: dict[int, tuple[datetime | None, datetime | None]] = {}
    grants = []
    for award in judgement.awards:
        campaign = award.campaign
        if campaign.dates not in lives:
            lives[campaign.dates] = machine.life(campaign.dates, case)
        active_from, expires_at = lives[campaign.dates]
        grants.append(
            Grant(
                campaign.id,
                campaign.revision,
                machine.points[award.units],
                active_from,
                expires_at,
                campaign.terms,
                campaign.funder,
            )
        )
    return tuple(grants)


def _uses(judgement: Judgement, applied: Sequence[tuple[Campaign, int]]) -> tuple[Use, ...]:
    """What to add to the periods that limits speak of."""
    uses = []
    for campaign, units in applied:
        if not campaign.limits:
            continue
        points = judgement.machine.points[units]
        for period in dict.fromkeys(limit.period for limit in campaign.limits):
            if period != "receipt":
                uses.append(Use(campaign.id, judgement.case.periods[period], 1, points))
    return tuple(uses)


def _messages(
    judgement: Judgement, speaking: Sequence[tuple[Campaign, int]], earned: Decimal, kind: str
) -> tuple[Message, ...]:
    """The texts of the campaigns that applied, for the till or the receipt."""
    messages = []
    for campaign, units in speaking:
        if text := campaign.till_text if kind == "till_text" else campaign.receipt_text:
            points = str(judgement.machine.points[units])
            args = {"points": points, "earned": str(earned), "campaign": campaign.name}
            messages.append(Message(campaign.id, campaign.revision, text, args))
    return tuple(messages)
