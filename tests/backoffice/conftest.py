"""A shop with something of everything, and people of every role who look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from analytics import segments
from backoffice.staff import roles
from campaigns.checkout import checkout, return_request, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Campaign
from loyalty.models import Account, Product, Receipt
from members.models import Member, User
from tests import factories
from tests.factories import Shop
from tests.rewards.coupons.build import make_coupon, make_series

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@dataclass
class Scene:
    """A shop after its first purchases."""

    shop: Shop
    member: Member
    account: Account
    product: Product
    live: Campaign
    draft: Campaign
    receipt: Receipt


@pytest.fixture(scope="session")
def make_world() -> Callable[[], Scene]:
    """Every page of the back office is looked at in the same shop."""
    return make_scene


@pytest.fixture
def scene(kept_world: Scene) -> Scene:
    """The shop after its first purchases."""
    return kept_world


def make_scene() -> Scene:
    """A member with 100 points bought three coffees, one came back; one campaign is live, one a draft."""
    shop = factories.open_shop(code="main", name="Main")
    factories.TierFactory(programme=shop.programme, code="base", name="Base", threshold=0)
    factories.TierFactory(programme=shop.programme, code="gold", name="Gold", threshold=1000)
    food = factories.CategoryFactory(code="food", name="Food")
    coffee = factories.CategoryFactory(code="coffee", name="Coffee", parent=food)
    product = factories.ProductFactory(
        partner=shop.partner, sku="C1", name="Coffee", category=coffee, barcode="4600"
    )
    factories.ProductSetFactory(code="drinks").products.add(product)
    factories.StoreGroupFactory(code="north").stores.add(shop.store)
    live = factories.publish_campaign(shop.programme, code="base5", name="Base 5%")
    night = {"when": {"hours": [["01:00", "02:00"]]}, "what": [{"effect": "points_percent", "percent": "10"}]}
    factories.publish_campaign(shop.programme, night, code="night", name="Night owls")
    draft = factories.CampaignFactory(programme=shop.programme, code="draft", name="Draft")
    member = factories.enrol(
        shop.programme, 100, first_name="Anna", last_name="Kern", email="Anna@example.org"
    )
    factories.ConsentFactory(member=member)
    factories.EventFactory(member=member)
    segments.add(factories.SegmentFactory(code="vip", name="VIP"), [member.id], NOON)
    series = make_series(shop.programme, code="spring", name="Spring", offer="10 off")
    make_coupon(series, "ANNAS1", member=member)
    told = buy(shop, member, "1", redeem="10")
    line = return_request.LineBack(position=1, quantity=Decimal(1))
    returns.give_back(UUID(told["id"]), return_request.ReturnRequest("R-1", NOON, (line,)), NOON)
    account = member.holdings.get().account
    return Scene(shop, member, account, product, live, draft, Receipt.objects.get())


def buy(shop: Shop, member: Member, number: str, redeem: str = "0", at: datetime = NOON) -> dict[str, str]:
    """Sell three coffees for 30.00 to the member."""
    line = SaleLine(position=1, sku="C1", quantity=Decimal(3), price=Decimal("10.00"))
    sale = Sale(
        store=shop.store.code, till="1", receipt_number=number, purchased_at=at, lines=(line,),
        member=Who(phone=member.phone), redeem=Decimal(redeem),
    )  # fmt: skip
    return checkout.purchase(sale, at + timedelta(seconds=1)).body


@pytest.fixture
def enter(db: None) -> Callable[[str], Client]:
    """A browser in which somebody of a role, or the superuser ("boss"), is signed in."""

    def sign_in(role: str) -> Client:
        user, _created = User.objects.get_or_create(
            username=role, defaults={"is_staff": True, "is_superuser": role == "boss"}
        )
        if role != "boss":
            roles.create()
            user.groups.set([Group.objects.get(name=role)])
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def boss(enter: Callable[[str], Client]) -> Client:
    """The superuser's browser."""
    return enter("boss")
