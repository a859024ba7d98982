"""Tiers as tills and shop systems see them: reached with the purchase, told at the till, on paper and in the API."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import Receipt, Tier, TierChange
from loyalty.shops import places
from members.models import Member
from tests import factories
from tests.analytics.laddering import change
from tests.flows.corner import CARD, Corner
from tests.pos.conftest import Api, coffee
from tests.pos.test_till import corner as corner
from tests.pos.test_till import pay, post, text
from tests.pos.test_till import till as till

pytestmark = pytest.mark.django_db


def steps(shop: factories.Shop, *thresholds: int) -> None:
    for code, threshold in zip(("classic", "silver", "gold"), thresholds, strict=True):
        factories.TierFactory(programme=shop.programme, code=code, name=code.title(), threshold=threshold)


def test_the_tier_is_reached_with_the_purchase_and_the_api_says_so_at_once(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    steps(shop, 0, 300, 1000)
    Tier.objects.filter(code="silver").update(benefits="5% back\nFree coffee on Mondays")
    change(shop.programme, window="year", down="below", grace_days=31)
    places.forget()

    api.post("purchases", coffee("1", redeem="0"))

    tier = api.get(f"members/{member.id}")["tier"]
    assert (tier["code"], tier["benefits"]) == ("silver", ["5% back", "Free coffee on Mondays"])
    assert (tier["counts"], tier["counted"], tier["next"]) == (
        "spent", "399.80", {"code": "gold", "name": "Gold", "needs": "600.20"},
    )  # fmt: skip
    bought_in = Receipt.objects.get().purchased_at.year
    assert tier["until"].startswith(f"{bought_in + 2}-01-31")  # through the next year, and its grace
    assert TierChange.objects.get(member=member).now == "silver"


@pytest.mark.parametrize(
    ("basis", "thresholds", "needs"), [("points", (0, 30, 90), "10.01"), ("visits", (0, 3, 9), "2.00")]
)
def test_points_and_visits_are_told_in_their_own_unit(
    api: Api, shop: factories.Shop, member: Member, basis: str, thresholds: tuple[int, ...], needs: str
) -> None:
    steps(shop, *thresholds)
    change(shop.programme, basis=basis)
    places.forget()

    earned = Decimal(api.post("purchases", coffee("1", redeem="0"))["earned"]["points"])

    tier = api.get(f"members/{member.id}")["tier"]
    assert tier["counts"] == basis
    expected = Decimal(thresholds[1]) - (earned if basis == "points" else 1)
    assert Decimal(tier["next"]["needs"]) == expected == Decimal(needs)


def test_the_till_shows_how_far_it_is_to_the_next_tier(till: Client, corner: Corner) -> None:
    page = post(till, "add", code=["COFFEE-250", CARD]).content.decode()
    assert 'aria-label="Progress to Silver">0 %</progress>' in page
    assert "500.00 EUR to Silver" in page

    for _ in range(3):  # nine great bags and the small one: 372.00
        post(till, "add", code=["3*COFFEE-1000"])
    pay(till)

    page = post(till, "add", code=[CARD]).content.decode()
    assert 'value="74" max="100" aria-label="Progress to Silver"' in page
    assert "128.00 EUR to Silver" in page


def test_the_till_tells_the_last_day_of_a_tier_by_the_programmes_clock(till: Client, corner: Corner) -> None:
    Tier.objects.filter(code="silver").update(benefits="Coffee on Mondays\nA gift in May")
    change(corner.shop.programme, window="year", down="below")
    places.forget()
    post(till, "add", code=["20*COFFEE-1000", CARD])
    pay(till)
    year = Receipt.objects.get().purchased_at.year + 1

    page = text(post(till, "add", code=[CARD]))

    assert f"Silver until {year}-12-31" in page  # whatever day it is by then where the server stands
    assert "Coffee on Mondays A gift in May" in page


def test_the_receipt_that_lifts_a_member_says_so_until_it_comes_back(till: Client, corner: Corner) -> None:
    post(till, "add", code=["20*COFFEE-1000", CARD])
    pay(till)
    receipt = Receipt.objects.get()
    address = reverse("till:receipt", args=[receipt.id])

    assert "You have reached the tier Silver!" in text(till.get(address))

    till.post(reverse("till:cancel", args=[receipt.id]))
    assert "You have reached" not in text(till.get(address))
    assert list(TierChange.objects.order_by("id").values_list("was", "now")) == [
        ("bronze", "silver"), ("silver", "bronze"),
    ]  # fmt: skip


def test_a_receipt_that_lifts_nobody_says_nothing_of_tiers(till: Client, corner: Corner) -> None:
    post(till, "add", code=["RYE", CARD])
    pay(till)
    page = text(till.get(reverse("till:receipt", args=[Receipt.objects.get().id])))
    assert "You have reached" not in page
