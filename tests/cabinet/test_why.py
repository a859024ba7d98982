"""Why a member is shown something, how to end personal offers, and the page about recommendations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils.formats import date_format

from analytics import segments
from analytics.models import Segment
from campaigns.occasions import own_events
from members import consents
from members.models import Consent, Member, Purpose
from members.timeline import events
from rewards.coupons import handouts
from rewards.models import Coupon, Series
from tests import factories
from tests.cabinet.test_access import log_in
from tests.cabinet.test_pages import read
from tests.factories import Shop
from tests.races.selling import NOW, sell

DAY = date_format(NOW.date(), "DATE_FORMAT")
WHY, RECOMMENDATIONS = "/cabinet/club/why/coupon/", "/cabinet/club/recommendations/"


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


@pytest.fixture
def cake(shop: Shop) -> Series:
    return Series.objects.create(
        programme=shop.programme, code="cake", name="A cake", offer="Any cake for free", kind="personal"
    )


def gives_cake(**parts: object) -> dict[str, object]:
    return {"whom": {"who": "members"}, "what": [{"effect": "issue_coupon", "series": "cake"}], **parts}


def test_a_coupon_says_which_campaign_gave_it_for_which_purchase_and_whom_that_is_for(
    shop: Shop, anna: Member, cake: Series
) -> None:
    bought = {"condition": "spent", "period": "ever", "at_least": "0"}
    factories.publish_campaign(shop.programme, gives_cake(**{"if": bought}), name="Cake club")
    sell(anna, 1)
    coupon = Coupon.objects.get()
    link = f"{WHY}{coupon.code}/"

    assert link in log_in(anna).get("/cabinet/club/").content.decode()
    page = read(anna, link)
    assert "Any cake for free" in page
    assert "The campaign “Cake club” gave it to you." in page
    assert f"It came with your purchase of {DAY} at S." in page
    assert "It counts only if" in page
    assert "played a part" not in page


def test_a_coupon_of_an_event_says_what_happened(shop: Shop, anna: Member, cake: Series) -> None:
    event = gives_cake(what_for={"of": "event", "event": "tier.reached"})
    factories.publish_campaign(shop.programme, event, name="Climbers")
    own_events.reward_event(events.record("tier.reached", anna.id, NOW, programme="club").id, NOW)

    page = read(anna, f"{WHY}{Coupon.objects.get().code}/")

    assert f"What it was given for: reached a tier, {DAY}." in page
    assert "Nothing that is known of you alone played a part in it." in page


def test_a_coupon_given_by_hand_says_so_and_others_coupons_do_not_exist(
    shop: Shop, anna: Member, cake: Series
) -> None:
    mine = handouts.issue(cake, anna.id, NOW, "hand:1")
    other = factories.enrol(shop.programme, 0, phone="+4915100000002")
    theirs = handouts.issue(cake, other.id, NOW, "hand:2")
    assert mine is not None
    assert theirs is not None

    assert "given to you by the people of the programme" in read(anna, f"{WHY}{mine.code}/")
    for code in (theirs.code, "NOSUCH", "x" * 500):
        assert log_in(anna).get(f"{WHY}{code}/").status_code == 404


def test_personal_offers_end_with_one_button_and_what_the_till_gives_stays_the_same(
    shop: Shop, anna: Member, cake: Series
) -> None:
    women = {"condition": "gender", "is": "female"}
    give = {"what": [{"effect": "points_percent", "percent": "5"}], "if": women}
    factories.publish_campaign(shop.programme, {"whom": {"who": "members"}, **give})
    Member.objects.filter(id=anna.id).update(gender="female")
    handouts.issue(cake, anna.id, NOW, "hand:1")
    browser, link = log_in(anna), f"{WHY}{Coupon.objects.get().code}/"
    agree = {"purpose": "profiling", "channel": "", "granted": "yes"}
    browser.post("/cabinet/club/me/consents/", agree)
    before = sell(anna, 1).body["earned"]
    assert "No personal offers any more" in browser.get(link).content.decode()

    browser.post("/cabinet/club/me/consents/", agree | {"granted": "no"})

    page = browser.get(link).content.decode()
    assert "Personal offers are switched off for you." in page
    assert "No personal offers any more" not in page
    assert not consents.stands(anna, Purpose.PROFILING)
    assert sell(anna, 2).body["earned"]["points"] == before["points"] == "5.00"


def test_the_page_about_recommendations_says_to_everybody_what_the_campaigns_in_force_look_at(
    shop: Shop, anna: Member
) -> None:
    assert "it is for everybody" not in read(anna, RECOMMENDATIONS)
    stranger = Client().get(RECOMMENDATIONS)
    assert stranger.status_code == 200
    assert "they are for everybody" in stranger.content.decode()
    women = {"condition": "gender", "is": "female"}
    factories.publish_campaign(
        shop.programme, {"whom": {"segments": ["x"]}, **gives_cake(**{"if": women})}, name="Secret plan"
    )

    page = Client().get(RECOMMENDATIONS).content.decode()

    assert "<li>Gender</li>" in page
    assert "Secret plan" not in page
    assert "Personal offers are switched off" in read(anna, RECOMMENDATIONS)
    assert "switched off" not in page
    assert Client().get("/cabinet/nosuch/recommendations/").status_code == 404


@pytest.mark.parametrize(("said", "stands"), [([], False), ([True], True), ([True, False], False)])
def test_a_consent_stands_as_it_was_said_last(anna: Member, said: list[bool], stands: bool) -> None:
    for number, granted in enumerate(said):
        at = datetime(2026, 3, 2, 9, number, tzinfo=UTC)
        Consent.objects.create(member=anna, purpose=Purpose.PROFILING, granted=granted, at=at, source="desk")

    assert consents.stands(anna, Purpose.PROFILING) is stands


def test_a_personal_offer_says_why_it_is_shown_and_is_gone_when_personal_offers_end(
    shop: Shop, anna: Member
) -> None:
    give = {"what": [{"effect": "points_percent", "percent": "5"}]}
    factories.publish_campaign(shop.programme, give | {"whom": {"segments": ["tea"]}}, name="Tea time")
    factories.publish_campaign(shop.programme, give | {"whom": {"who": "everyone"}}, name="For all")
    listed = Segment.objects.create(programme=shop.programme, code="tea", name="Tea lovers")
    segments.add(listed, [anna.id], NOW)
    browser = log_in(anna)

    def offers() -> str:
        return browser.get("/cabinet/club/offers/").content.decode()

    def say(granted: str) -> None:
        said = {"purpose": "profiling", "channel": "", "party": "", "granted": granted}
        assert browser.post("/cabinet/club/me/consents/", said).status_code == 302

    assert "Tea time" not in offers()
    say("yes")
    page = offers()
    assert "on a list that the programme keeps (Tea lovers); you are on it." in page
    assert page.count("Why am I shown this?") == 1  # what is for all needs no reason
    say("no")
    assert "Tea time" not in offers()
    assert "For all" in offers()
