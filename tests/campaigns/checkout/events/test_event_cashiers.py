"""Points for the cashier who registers a member: to whom, once, and to nobody who was not at the till."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import EventReward, Seller
from campaigns.occasions import occasions, registration
from loyalty.ledger import audit
from loyalty.models import Account
from members.models import Event, Member
from members.registration import Newcomer
from tests import factories
from tests.races.selling import NOW

pytestmark = pytest.mark.django_db

FOR_CASHIER = {"effect": "staff_points", "points": "10"}


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


@pytest.fixture
def seller(shop: factories.Shop) -> Member:
    member = factories.enrol(shop.programme)
    Seller.objects.create(partner=shop.partner, code="C-1", member=member)
    return member


def launch(
    shop: factories.Shop, event: str = "member.registered", *what: dict[str, Any], **parts: Any
) -> None:
    document = {"what_for": {"of": "event", "event": event}, "what": [FOR_CASHIER, *what], **parts}
    factories.publish_campaign(shop.programme, document)


def register(shop: factories.Shop, cashier: str = "C-1", number: int = 1, **more: Any) -> Member:
    fields = {"phone": f"+7916123450{number}", "cashier": cashier, "partner": shop.partner.code, **more}
    return registration.register(Newcomer(**fields), shop.programme.id, NOW)


def balance(member: Member) -> Decimal:
    return Account.objects.get(holders__member=member).balance or Decimal(0)


def test_the_cashier_gets_points_for_each_new_member(shop: factories.Shop, seller: Member) -> None:
    launch(shop, "member.registered", {"effect": "points_fixed", "points": "50"})
    newcomers = [register(shop, number=number) for number in (1, 2)]
    assert [balance(member) for member in (*newcomers, seller)] == [50, 50, 20]
    assert audit.audit().clean


def test_judging_a_registration_again_gives_the_cashier_nothing_more(
    shop: factories.Shop, seller: Member
) -> None:
    launch(shop)
    newcomer = register(shop)
    event = Event.objects.get(kind="member.registered", member=newcomer)
    assert occasions.reward(newcomer, event, NOW, [shop.programme.id]) == []
    assert (balance(seller), EventReward.objects.count()) == (10, 1)


@pytest.mark.parametrize("cashier", ["", "C-2"])
def test_nobody_is_rewarded_where_no_seller_is_named(
    shop: factories.Shop, seller: Member, cashier: str
) -> None:
    launch(shop)
    register(shop, cashier)
    assert balance(seller) == 0


def test_the_sellers_of_other_partners_and_those_who_left_get_nothing(
    shop: factories.Shop, seller: Member
) -> None:
    launch(shop)
    register(shop, partner=factories.PartnerFactory().code)
    Seller.objects.update(active=False)
    register(shop, number=2)
    assert balance(seller) == 0


def test_a_limit_of_all_holds_for_cashiers_too(shop: factories.Shop, seller: Member) -> None:
    launch(shop, judge={"limits": [{"per": "campaign", "period": "ever", "points": "15"}]})
    for number in (1, 2, 3):
        register(shop, number=number)
    assert balance(seller) == 15


def test_a_cashier_who_brought_the_friend_gets_both_shares(shop: factories.Shop, seller: Member) -> None:
    launch(shop, "member.registered", {"effect": "referrer_points", "points": "30"})
    register(shop, referral=seller.referral_code)
    assert balance(seller) == 40
    assert audit.audit().clean


def test_who_reports_an_event_cannot_say_who_the_cashier_was(shop: factories.Shop, seller: Member) -> None:
    launch(shop, "review.left")
    member = factories.enrol(shop.programme)
    data = {"cashier": "C-1", "partner": shop.partner.code}
    occasions.report(member, "review.left", NOW, data, NOW, [shop.programme.id])
    assert balance(seller) == 0
