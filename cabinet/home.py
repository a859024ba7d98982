"""The first page: the card, what there is and until when, the way to the next tier, coupons, the last purchases."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics import facts, stored_facts
from cabinet.access import Visit, for_members
from campaigns.checkout import stamp_cards
from campaigns.questionnaires import states
from loyalty.ledger import statement
from loyalty.models import Receipt
from loyalty.shops import places
from loyalty.tiers import ladder_wording
from members.lookup import rotating
from rewards.coupons import pictures, validity
from rewards.models import Coupon

#: Purchases that are shown, and coupons.
PURCHASES, COUPONS = 3, 12


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the member came for."""
    now = timezone.now()
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "home",
        "zone": visit.programme.time_zone,
        "now": now,
        "card": card(visit, now),
        "friend_link": friend_link(request, visit),
        "coupons": coupons(visit, now),
        "stamps": stamp_cards.begun(visit.member.id, visit.programme.pk, now),
        "receipts": purchases(visit),
        **balance(visit, now),
        **tier(visit, now),
    }
    return render(request, "cabinet/home.html", page)


def card(visit: Visit, now: datetime) -> dict[str, Any]:
    """The card's number and bars, and what the screen needs to make its changing code by itself; with it the title of
    the questionnaire that waits for an answer, which comes in the same statement."""
    asked = Subquery(states.waiting(visit.member, visit.programme.pk, now).values("name")[:1])
    cards = visit.member.cards.filter(blocked=False).order_by("-id").annotate(asked=asked)
    number, asks = cards.values_list("number", "asked").first() or ("", None)
    device = visit.device.number
    return {
        "number": number,
        "asks": asks,
        "bars": pictures.barcode(number) if number else None,
        "device": device,
        # for who has no scripts: good for a moment, as the page is
        "qr": pictures.qr(rotating.code_at(device, now)),
        "secret": base64.b64encode(rotating.secret_of(device)).decode(),
        "step": rotating.STEP,
        "digits": rotating.DIGITS,
    }


def friend_link(request: HttpRequest, visit: Visit) -> str:
    """The link by which a friend joins."""
    way_in = reverse("cabinet:enter", args=[visit.programme.code])
    return request.build_absolute_uri(f"{way_in}?friend={visit.member.referral_code}")


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
    }


def tier(visit: Visit, now: datetime) -> dict[str, Any]:
    """Where the member stands on the programme's ladder, in words; nothing without a ladder."""
    scheme = places.scheme(visit.programme.pk)
    if not scheme.ladder.steps:
        return {"tier": None, "next": None}
    rank = facts.rank(stored_facts.read(visit.member.id, scheme.id, scheme.ladder), scheme.ladder, now)
    return {
        "tier": rank.tier,
        "until": scheme.ladder.day(rank.until) if rank.until else None,
        "next": rank.next,
        "percent": rank.percent,
        "needs": ladder_wording.describe_amount(rank.needs, scheme.ladder.basis, scheme.currency),
        "benefits": rank.tier.benefits.splitlines() if rank.tier else [],
    }


def coupons(visit: Visit, now: datetime) -> list[dict[str, Any]]:
    """The member's coupons that can be used, those that end first before the others."""
    mine = Coupon.objects.filter(
        member=visit.member, programme=visit.programme, state=Coupon.State.ISSUED, withdrawn=False
    )
    rows = mine.select_related("series__programme").order_by("valid_until", "-id")[:COUPONS]
    return list(_usable(rows, now))


def _usable(rows: Iterable[Coupon], now: datetime) -> Iterable[dict[str, Any]]:
    for coupon in rows:
        end = validity.end_of_coupon(coupon)
        if end is None or end >= now:
            offer = coupon.series.offer or coupon.series.name
            yield {"code": coupon.code, "offer": offer, "until": end, "qr": pictures.qr(coupon.code)}


def purchases(visit: Visit) -> list[Receipt]:
    """The last purchases of the account."""
    mine = Receipt.objects.filter(account_id=visit.account.id).exclude(status=Receipt.Status.CANCELLED)
    return list(mine.select_related("store").order_by("-purchased_at", "-id")[:PURCHASES])
