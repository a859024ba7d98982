"""Bring a friend: the link and ways to send it, who came and what it gave, and why some bring nobody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.test import Client

from campaigns.checkout import shares
from campaigns.occasions import own_events, referrals, registration
from loyalty.models import Account
from members.models import Event, Member
from members.registration import Newcomer
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_access import log_in
from tests.cabinet.test_entry import CODE, ENTER, PHONE
from tests.factories import Shop
from tests.races.selling import give_back, sell

pytestmark = pytest.mark.django_db
PAGE = "/cabinet/club/friends/"
LATER = datetime.now(UTC) + timedelta(hours=1)


def of_event(event: str, effect: dict[str, Any]) -> dict[str, Any]:
    return {"whom": {"who": "members"}, "what_for": {"of": "event", "event": event}, "what": [effect]}


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 0, phone="+4915112345678", first_name="Anna", last_name="Kern")


def bring(anna: Member, shop: Shop, name: str, phone: str) -> Member:
    newcomer = Newcomer(phone=phone, first_name=name, last_name="Secret", referral=anna.referral_code)
    return registration.register(newcomer, shop.programme.id, datetime.now(UTC))


def settle(receipt: str) -> None:
    """What the tasks do after a purchase or a return."""
    referrals.settle(UUID(receipt), LATER)
    shares.settle(UUID(receipt), LATER)


def told(member: Member) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(log_in(member).get(PAGE).content.decode())).split())


def test_the_page_says_who_came_by_first_name_and_what_it_gave(shop: Shop, anna: Member) -> None:
    seven = {"effect": "points_fixed", "points": "7"}
    drafts = {
        "joined": of_event("referral.joined", seven),
        "bought": of_event("friend.purchased", {"effect": "points_percent", "percent": "10"}),
        "share": {"whom": {"who": "members"}, "what": [{"effect": "referrer_points", "points": "2"}]},
    }
    factories.publish_campaigns(shop.programme, drafts)
    before = told(anna)
    assert "Nobody yet." in before
    assert "When a friend joins by your link, you get 7 points." in before
    assert "On joining your friend gets 100 points." in before

    zoe = bring(anna, shop, "Zoe", "+4915100000077")
    bring(anna, shop, "Max", "+4915100000078")
    factories.enrol(shop.programme, 0, phone="+4915100000079", first_name="Stranger")
    for event in Event.objects.filter(kind="referral.joined"):
        own_events.reward_event(event.id, LATER)
    bought = sell(zoe, 1)
    settle(bought.body["id"])

    page = told(anna)
    account = Account.objects.get(holders__member=anna)
    brought = referrals.brought(anna, account, 10)
    assert {one.name: one.points for one in brought.friends} == {"Zoe": 7 + 10 + 2, "Max": 7}
    assert (brought.came, brought.points) == (2, account.balance)
    assert "2 friends came; that gave you 26 points." in page
    assert "Zoe" in page and "+19" in page
    assert "Secret" not in page and "Stranger" not in page and "+4915" not in page

    give_back(bought.body["id"], "R1", "all")
    settle(bought.body["id"])
    account.refresh_from_db()
    assert referrals.brought(anna, account, 10).points == account.balance == 14


def test_who_came_to_another_programme_is_not_told_here(shop: Shop, anna: Member) -> None:
    other = factories.open_shop(store="o", code="other")
    friend = factories.enrol(other.programme, 0, phone="+4915100000077", first_name="Zoe")
    Member.objects.filter(pk=friend.pk).update(referred_by=anna)

    assert "Zoe" not in told(anna)


def test_every_way_to_send_the_link_carries_it_whole(shop: Shop, anna: Member) -> None:
    shop.programme.name = "Fish & Chips: 5%? #1"
    shop.programme.save()
    link = f"http://testserver/cabinet/club/enter/?friend={anna.referral_code}"
    page = unescape(log_in(anna).get(PAGE).content.decode())
    ways = re.findall(r'<li><a class="button" href="([^"]+)"', page)

    assert len(ways) >= 6
    for way in ways:
        fields = parse_qs(urlsplit(way).query)
        said = " ".join(value for values in fields.values() for value in values)
        assert link in said, way
        assert "&friend" not in urlsplit(way).query  # encoded: no part of it is a field of theirs
    assert all(
        "Fish & Chips: 5%? #1" in str(parse_qs(urlsplit(way).query)) for way in ways if "facebook" not in way
    )


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("own", "This is your own link"),
        ("again", "Vera brought you already"),
        ("circle", "You brought Vera"),
        ("another", "You are a member already"),
    ],
)
@pytest.mark.parametrize("logged_in", [True, False])
def test_a_member_who_follows_a_friends_link_is_told_why_it_brings_nothing(
    shop: Shop, sent: list[post.Sent], case: str, said: str, logged_in: bool
) -> None:
    me = factories.enrol(shop.programme, 0, phone=PHONE, first_name="Me")
    vera = factories.enrol(shop.programme, 0, phone="+4915100000001", first_name="Vera")
    if case == "again":
        Member.objects.filter(pk=me.pk).update(referred_by=vera)
    if case == "circle":
        Member.objects.filter(pk=vera.pk).update(referred_by=me)
    code = me.referral_code if case == "own" else vera.referral_code
    client = log_in(me) if logged_in else Client()

    answer = client.get(f"{ENTER}?friend={code}", follow=True)
    if not logged_in:
        client.post(ENTER, {"to": PHONE})
        answer = client.post(CODE, {"code": sent[-1].code}, follow=True)

    assert said in answer.content.decode()
    me.refresh_from_db()
    assert me.referred_by == (vera if case == "again" else None)
