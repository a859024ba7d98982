"""The public site: what guests may know, in the sentences by which points are counted; and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from loyalty.appearance import look
from loyalty.models import Appearance, Programme, Tier
from members.models import User
from tests import factories
from tests.factories import Shop

HOME, STORES = "/site/club/", "/site/club/stores/"


@pytest.fixture
def site(shop: Shop) -> Shop:
    """A programme that shows itself, with a store that has everything."""
    Appearance.objects.create(programme=shop.programme, slogan="Coffee counts", about="One.\n\nTwo.")
    store = shop.store
    store.name, store.town, store.address, store.hours = "Alex", "Berlin", "Platz 1", "24/7"
    store.latitude, store.longitude = 52.52, 13.405  # type: ignore[assignment]
    store.save()
    return shop


def read(client: Client, path: str) -> str:
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_rules_are_those_of_the_settings_and_change_with_them(client: Client, site: Shop) -> None:
    Programme.objects.filter(pk=site.programme.pk).update(
        point_value="0.05",
        spending={"max_share": "30"},
        inactivity_days=90,
        expiry={"kind": "after", "months": 6},
    )
    page = read(client, HOME)
    for said in (
        "A point pays 0.05 EUR",
        "at most 30% of a receipt",
        "6 months after",
        "for 90 days all points lapse",
    ):
        assert said in page
    Programme.objects.filter(pk=site.programme.pk).update(spending={"max_share": "70"})
    assert "at most 70% of a receipt" in read(client, HOME)


def test_the_ladder_is_told_with_what_each_tier_gives(client: Client, site: Shop) -> None:
    Tier.objects.create(
        programme=site.programme, code="gold", name="Gold", threshold=500, benefits="Tea\nA chair"
    )
    page = read(client, HOME)
    assert "from 500.00 EUR on" in page
    assert "<li>Tea</li><li>A chair</li>" in page
    assert "Members go up by the money that they spend" in page


def publish(shop: Shop, code: str, **parts: object) -> Campaign:
    draft = {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "7"}], **parts}
    return factories.publish_campaign(shop.programme, draft, code=code, name=f"Called {code}")


SECRET: dict[str, dict[str, object]] = {
    "segments": {"whom": {"who": "members", "segments": ["rich"]}},
    "but": {"whom": {"who": "members", "except": {"segments": ["poor"]}}},
    "condition": {"if": {"condition": "segment", "in": ["rich"]}},
    "nested": {"if": {"all": [{"condition": "receipt_amount", "at_least": "5"},
                              {"any": [{"condition": "attribute", "key": "vip", "is": "yes"},
                                       {"condition": "first_purchase"}]}]}},
    "coupon": {"if": {"condition": "coupon", "series": ["flyer"]}},
    "staff": {"what": [{"effect": "staff_points", "points": "3"}]},
    "unknown": {"what_for": {"of": "lines", "sets": ["no-such-set"]}},
    "over": {"when": {"until": "2026-02-01T00:00:00+00:00"}},
    "ahead": {"when": {"from": "2099-02-01T00:00:00+00:00"}},
}  # fmt: skip


def test_guests_read_of_live_campaigns_and_of_none_that_is_for_some_members_alone(
    client: Client, site: Shop
) -> None:
    for code, parts in SECRET.items():
        publish(site, code, **parts)
    publish(site, "seven")
    hidden = publish(site, "hidden")
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    boss.post("/admin/campaigns/campaign/", {"action": "hide_from_guests", "_selected_action": hidden.pk})
    publish(site, "stopped")
    Campaign.objects.filter(code="stopped").update(status="paused")

    page = read(client, HOME)

    assert set(re.findall(r"Called (\w+)", page)) == {"seven"}
    assert "All members get 7% back in points" in page


def test_what_is_the_shops_own_affair_is_not_told(client: Client, site: Shop) -> None:
    factories.PayerFactory(programme=site.programme, code="brand", name="Big Brand")
    publish(
        site,
        "paid",
        lots={"funder": "brand", "expires": {"kind": "after", "days": 30}},
        judge={"budget": {"points": "5000"}, "limits": [{"per": "member", "period": "day", "times": 1}]},
        tell={"till": "Sell more!"},
        what=[{"effect": "points_percent", "percent": "7"}, {"effect": "staff_points", "points": "3"}],
    )
    page = read(client, HOME)
    assert "At most 1 time a day for each member" in page
    for hidden in ("Big Brand", "5,000", "Sell more", "cashier"):
        assert hidden not in page


def test_a_programme_that_shows_no_site_has_none_and_one_that_ended_neither(
    client: Client, shop: Shop
) -> None:
    assert client.get(HOME).status_code == client.get(STORES).status_code == 404
    Appearance.objects.create(programme=shop.programme)
    look.forget()
    assert client.get(HOME).status_code == client.get(STORES).status_code == 200
    Programme.objects.update(active=False)
    assert client.get(HOME).status_code == client.get(STORES).status_code == 404


def test_stores_have_address_hours_and_distance_and_only_those_of_the_programme_are_there(
    client: Client, site: Shop
) -> None:
    factories.StoreFactory(
        code="far", name="Far", partner=site.partner, town="Potsdam", latitude=52.396, longitude=13.058
    )
    factories.StoreFactory(code="foreign", name="Foreign")
    page = read(client, f"{STORES}?near=52.5,13.4")
    assert "Platz 1, Berlin" in page
    assert "Always open" in page
    assert "open now" in page
    assert page.index("Alex") < page.index("Far")
    assert "2.2 km" in page
    assert "Foreign" not in page
    assert '<meta name="robots" content="noindex' in page
    assert "nearest to our stores in Potsdam" in (there := read(client, f"{STORES}?place=potsdam"))
    assert there.index("<b>Far</b>") < there.index("<b>Alex</b>")


@pytest.mark.parametrize(
    "asked",
    ["near=nan,nan", "near=inf,1", "near=91,0", "near=x", "near=1", "place=" + "x" * 500, "place=%3Cscript%3E",
     "page=zz", "page=99999999999999999999", "near=52,13&page=-1"],
)  # fmt: skip
def test_whatever_is_asked_of_the_stores_is_answered(client: Client, site: Shop, asked: str) -> None:
    assert "<script>" not in read(client, f"{STORES}?{asked}").replace("<script src", "")


def test_a_page_says_what_it_is_to_search_engines_and_to_who_shares_it(client: Client, site: Shop) -> None:
    page = read(client, HOME)
    assert "<title>The Club: Coffee counts</title>" in page
    assert '<meta name="description" content="Coffee counts">' in page
    assert '<link rel="canonical" href="http://testserver/site/club/">' in page
    assert '<meta property="og:url" content="http://testserver/site/club/">' in page
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /cabinet/" in robots
    assert "/site/" not in robots


@pytest.mark.parametrize("path", [HOME, STORES, f"{STORES}?place=berlin"])
def test_pages_hold_no_style_and_no_script_of_their_own(client: Client, site: Shop, path: str) -> None:
    page = read(client, path)
    assert not re.search(r"\sstyle=|<style|<script(?! src)|\son\w+=", page)


def test_campaigns_that_end_first_come_first(client: Client, site: Shop) -> None:
    soon = timezone.now() + timedelta(days=3)
    publish(site, "always")
    publish(site, "soon", when={"until": soon.isoformat()})
    publish(site, "later", when={"until": datetime(2099, 1, 1, tzinfo=UTC).isoformat()})
    page = read(client, HOME)
    assert page.index("Called soon") < page.index("Called later") < page.index("Called always")
