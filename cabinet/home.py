"""The first page: the card, what there is and until when, the way to the next tier, offers, coupons, what is being
collected, the last purchases. Read in a handful of statements, whatever the member's past."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members
from campaigns.prospects import prospects, standing
from campaigns.prospects.book import Entry
from campaigns.prospects.prospects import Goal
from campaigns.prospects.standing import Standing
from campaigns.questionnaires import states
from loyalty.ledger import allowance, statement
from loyalty.shops import places, receipts
from loyalty.tiers import ladder_wording
from members.lookup import rotating
from rewards.coupons import coupons as coupon_room
from rewards.coupons import pictures
from rewards.coupons.usability import NOT_YET

#: Purchases that are shown, coupons, and offers; the rest of them is a page of its own.
PURCHASES, COUPONS, OFFERS = 3, 12, 4


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the member came for."""
    now = timezone.now()
    known = read(visit, now)
    listed = prospects.offers(known)
    begun = prospects.goals(known)
    collected = {goal.entry.id for goal in begun}
    others = [one for one in listed if one.id not in collected]
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "home",
        "zone": visit.programme.time_zone,
        "now": now,
        "card": card(visit, known),
        "coupons": coupons(visit, known, now),
        "goals": list(map(goal_card, begun)),
        "offers": tuple(map(offer_card, others[:OFFERS])),
        "more_offers": len(others) > OFFERS,
        "asks": states.next_waiting(visit.member, visit.programme.pk, now),
        "brings": bool(known.book.bringing),
        "receipts": receipts.latest(visit.account.id, PURCHASES),
        **balance(visit, now),
        **tier(known),
    }
    return render(request, "cabinet/home.html", page)


@require_safe
@for_members
def offers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All that runs and is for the member, in full, and how far they are."""
    now = timezone.now()
    known = read(visit, now)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "home",
        "zone": visit.programme.time_zone,
        "goals": list(map(goal_card, prospects.goals(known))),
        "offers": list(map(offer_card, prospects.offers(known))),
    }
    return render(request, "cabinet/offers.html", page)


def read(visit: Visit, now: datetime) -> Standing:
    """What is known of the member in the programme."""
    programme = visit.programme
    return standing.read(visit.member.id, programme, places.scheme(programme.pk), now)


def card(visit: Visit, known: Standing) -> dict[str, Any]:
    """The card's number and bars, and what the screen needs to make its changing code by itself."""
    number = known.cards[0][0] if known.cards else ""
    device = visit.device.number
    return {
        "number": number,
        "bars": pictures.barcode(number) if number else None,
        "device": device,
        "secret": base64.b64encode(rotating.secret_of(device)).decode(),
        "step": str(rotating.STEP),
        "digits": str(rotating.DIGITS),
    }


def balance(visit: Visit, now: datetime) -> dict[str, Any]:
    """Points to spend and what they are worth, those that wait and until when, what expires next, and what goes when
    nothing is bought."""
    programme = visit.programme
    ahead = statement.ahead(visit.account.id, ZoneInfo(programme.time_zone), programme.inactivity_days, now)
    return {
        "spendable": ahead.spendable,
        "worth": ahead.spendable * programme.point_value,
        "pending": ahead.pending,
        "active_from": ahead.active_from,
        "expiring": ahead.due,
        "lapsing": ahead.lapse,
        "owed": visit.account.owed,
        "may_spend": visit.holder.may_redeem,
        "left_today": allowance.left(visit.holder, now),
    }


def tier(known: Standing) -> dict[str, Any]:
    """Where the member stands on the programme's ladder, in words; nothing without a ladder."""
    scheme, rank = known.scheme, known.rank
    if not scheme.ladder.steps:
        return {"tier": None, "next": None}
    return {
        "tier": rank.tier,
        "until": scheme.ladder.day(rank.until) if rank.until else None,
        "next": rank.next,
        "percent": rank.percent,
        "needs": ladder_wording.describe_amount(rank.needs, scheme.ladder.basis, scheme.currency),
        "benefits": tuple(rank.tier.benefits.splitlines()) if rank.tier else (),
    }


class OfferCard(NamedTuple):
    """A campaign as it is shown: its last day is the one before it closes."""

    name: str
    sentences: tuple[str, ...]
    until: datetime | None
    personal: bool
    why: tuple[str, ...]


def offer_card(entry: Entry) -> OfferCard:
    """A campaign for its members' eyes."""
    return OfferCard(
        entry.name, tuple(entry.sentences), _last(entry.closes), entry.personal, tuple(entry.why)
    )


class GoalCard(NamedTuple):
    """What is collected, as it is shown: so much of a goal, until when, and what for."""

    name: str
    sentences: tuple[str, ...]
    unit: str
    value: Decimal
    goal: Decimal
    until: datetime | None


def goal_card(goal: Goal) -> GoalCard:
    """What is collected, for the eyes of who collects it."""
    sentences = tuple(goal.entry.sentences) if goal.entry.listed else ()
    return GoalCard(goal.entry.name, sentences, goal.unit, goal.value, goal.goal, _last(goal.until))


def _last(end: datetime | None) -> datetime | None:
    """The last moment before an end that is not part of it."""
    return end - timedelta(seconds=1) if end is not None else None


class CouponCard(NamedTuple):
    """A coupon of the member's: what it gives, by the campaigns that take it, from when and until when."""

    code: str
    offer: str
    until: datetime | None
    opens: datetime | None
    alone: bool
    sentences: tuple[str, ...]


def coupons(visit: Visit, known: Standing, now: datetime) -> list[CouponCard]:
    """The member's coupons."""
    mine = coupon_room.usable_by(visit.member.id, visit.programme.pk, now, COUPONS)
    return [
        CouponCard(
            code=one.found.kept,
            offer=one.found.offer or one.name,
            until=one.found.closes,
            opens=one.found.opens if one.found.reason == NOT_YET else None,
            alone=not one.combinable,
            sentences=tuple(known.book.coupons.get(one.found.series, ())),
        )
        for one in mine
    ]
