"""The demo: loaded once, told in demo.json, and enlarged by loading more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Max
from django.test import override_settings
from django.utils import timezone

from analytics.models import MemberFacts
from campaigns import rulebooks
from campaigns.demo import offers as offers_of_today
from campaigns.demo.codes import ean13
from campaigns.demo.shop import found, read
from campaigns.engine.definition import parse
from campaigns.models import Campaign
from loyalty import places
from loyalty.models import Lot, Product, Receipt, Return, Store, Transfer
from members.models import Card, Member
from pos.keys import find
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def var(tmp_path: Path) -> Any:
    places.forget()
    with override_settings(VAR=tmp_path):
        yield tmp_path


def load(households: int) -> None:
    call_command("load_demo", households=households, verbosity=0)


@pytest.mark.slow
def test_the_demo_is_loaded_once_and_can_be_enlarged(var: Path) -> None:
    load(2)
    told = json.loads((var / "demo.json").read_text())
    receipts = set(Receipt.objects.values_list("id", flat=True))
    balances = dict(Member.objects.values_list("id", "holdings__account__balance"))

    assert set(told) == {"base_url", "logins", "api_keys", "members", "products"}
    assert [login["role"] for login in told["logins"]] == ["manager", "operator", "analyst", "cashier"]
    assert all(find(key["key"], timezone.now()) for key in told["api_keys"])
    assert {member["card"] for member in told["members"]} == set(
        Card.objects.values_list("number", flat=True)
    )
    assert all(Product.objects.filter(sku=product["sku"]).exists() for product in told["products"])
    assert Campaign.objects.filter(status="live").count() == 15  # ten of the past, five of today
    assert MemberFacts.objects.count() == Member.objects.count() == 2
    assert Return.objects.exists()
    assert Receipt.objects.filter(status="held", redeemed_points__gt=0).exists()  # points that are held
    assert Transfer.objects.filter(kind="hold").exists()
    assert Lot.objects.exists()
    assert Receipt.objects.exclude(channel="web").aggregate(at=Max("purchased_at"))["at"] < timezone.now()
    call_command("audit_ledger", verbosity=0)

    load(3)

    assert Member.objects.count() == 3
    assert receipts < set(Receipt.objects.values_list("id", flat=True))
    assert balances.items() <= dict(Member.objects.values_list("id", "holdings__account__balance")).items()
    assert Return.objects.count() == Return.objects.filter(receipt__in=receipts).count()
    again = json.loads((var / "demo.json").read_text())
    assert not find(told["api_keys"][0]["key"], timezone.now())
    assert find(again["api_keys"][0]["key"], timezone.now())


def test_the_demo_is_refused_in_production_and_beside_a_programme_of_ones_own(var: Path) -> None:
    with override_settings(DEMO=False), pytest.raises(CommandError, match="demo mode only"):
        load(1)
    factories.ProgrammeFactory(code="main")
    with pytest.raises(CommandError, match="not the demo's"):
        load(1)
    assert not Store.objects.exists()


def test_the_demos_new_offers_are_sound_and_made_once() -> None:
    programme, _partners = found(read("names.json"))
    offers, now = read("offers.json"), timezone.now()

    assert offers_of_today.begin(programme, offers, now) == len(offers["campaigns"])
    assert offers_of_today.begin(programme, offers, now) == 0

    live = Campaign.objects.filter(programme=programme, status="live").count()
    assert live == sum(offer["live"] for offer in offers["campaigns"])
    rules = rulebooks.in_force(programme.id, now)
    assert rules is not None
    assert len(rules.engine.campaigns) == live
    for offer in offers["campaigns"]:
        parse(offer["definition"])


def test_the_demos_campaigns_are_sound_ten_of_them() -> None:
    campaigns = read("campaigns.json")
    assert len(campaigns) == 10
    for campaign in campaigns:
        parse(campaign["definition"])
        parse(campaign["definition"] | campaign.get("later", {}).get("change", {}))


@pytest.mark.parametrize(
    ("prefix", "number", "code"), [("20", 1, "2000000000015"), ("4006", 38133393, "4006381333931")]
)
def test_codes_carry_the_right_check_digit(prefix: str, number: int, code: str) -> None:
    assert ean13(prefix, number) == code
