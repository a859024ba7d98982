"""Green Corner: the small shop that the flow tests sell in, with goods, tiers, campaigns and two customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import Group, Permission

from loyalty.models import Seat, Store
from loyalty.shops import places
from members.models import Card, Member, User
from tests import factories
from tests.factories import Shop

CARD = "2000000000015"
PHONE = "+4915112345678"
PASSWORD = "till-of-the-corner"
GOODS = (
    ("COFFEE-250", "Coffee beans, 250 g", "12.90", "coffee", "4600000000017"),
    ("COFFEE-1000", "Coffee beans, 1 kg", "39.90", "coffee", "4600000000024"),
    ("RYE", "Rye bread from the stone oven", "4.20", "bakery", "4600000000031"),
    ("CROISSANT", "Butter croissant", "2.10", "bakery", "4600000000048"),
    ("OLIVE-500", "Olive oil, extra virgin, 500 ml", "14.50", None, "4600000000055"),
    ("MILK-1", "Fresh milk, 3.5%, 1 l", "1.59", None, "4600000000062"),
    ("SOAP", "Hand soap, lavender", None, None, "4600000000079"),
)
TELL_SILVER = "Anna is close to silver: mention the card"


@dataclass
class Corner:
    """The shop, who sells there, and its best customer."""

    shop: Shop
    cashier: User
    anna: Member


def open_corner() -> Corner:
    """Build the shop. Anna has 120 points; half of a receipt can be paid with them."""
    shop = factories.open_shop(
        store="corner", code="green", name="Green points", currency="EUR", time_zone="Europe/Berlin",
        spending={"max_share": 50},
    )  # fmt: skip
    shop.store.name, shop.store.address = "Green Corner", "Market Street 12"
    shop.store.time_zone = "Europe/Berlin"
    shop.store.save()
    shop.partner.name = "Green Corner Ltd"
    shop.partner.save()
    for code, name, threshold in (("bronze", "Bronze", 0), ("silver", "Silver", 500), ("gold", "Gold", 2000)):
        factories.TierFactory(programme=shop.programme, code=code, name=name, threshold=threshold)
    _stock(shop)
    _publish(shop)
    anna = factories.enrol(shop.programme, 120, phone=PHONE, first_name="Anna", last_name="Kern")
    Card.objects.filter(member=anna).update(number=CARD)
    places.forget()
    return Corner(shop, hire("mila", sells=True, takes_back=True), anna)


def hire(name: str, *, sells: bool, takes_back: bool, stores: Iterable[Store] | None = None) -> User:
    """A user who may sell, take goods back, or neither; with a seat in ``stores``, else in all that are there."""
    user = factories.UserFactory(username=name)
    user.set_password(PASSWORD)
    user.save()
    codes = [code for code, given in (("add_receipt", sells), ("add_return", takes_back)) if given]
    group = Group.objects.create(name=f"rights of {name}")
    group.permissions.set(Permission.objects.filter(content_type__app_label="loyalty", codename__in=codes))
    user.groups.add(group)
    seats = Store.objects.all() if stores is None else stores
    Seat.objects.bulk_create(Seat(user=user, store=store) for store in seats)
    return user


def _stock(shop: Shop) -> None:
    shelves = {code: factories.CategoryFactory(code=code, name=code.title()) for code in ("coffee", "bakery")}
    for sku, name, price, shelf, barcode in GOODS:
        factories.ProductFactory(
            partner=shop.partner, sku=sku, name=name, barcode=barcode,
            price=Decimal(price) if price else None, category=shelves.get(shelf or ""),
        )  # fmt: skip


def _publish(shop: Shop) -> None:
    """Five percent of every receipt; ten points for coffee from 30.00 on; more at night and for gold."""
    base = factories.percent_of_receipt("5") | {
        "tell": {"till": TELL_SILVER, "receipt": "Thank you! Come back for fresh bread on Friday."}
    }
    coffee = {
        "whom": {"who": "members"},
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "what": [{"effect": "points_percent", "percent": "10"}],
    }
    big = {
        "whom": {"who": "members"},
        "if": {"condition": "receipt_amount", "at_least": "100"},
        "what": [{"effect": "points_fixed", "points": "50"}],
    }
    gold = {
        "whom": {"who": "members", "tiers": ["gold"]},
        "what": [{"effect": "points_percent", "percent": "2"}],
    }
    for code, name, draft in (
        ("base", "Every purchase", base),
        ("coffee", "Coffee weeks", coffee),
        ("big", "Big basket", big),
        ("gold", "Gold extra", gold),
    ):
        factories.publish_campaign(shop.programme, draft, code=code, name=name)
