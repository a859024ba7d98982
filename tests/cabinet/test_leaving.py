"""Leaving in the cabinet: what is lost is said, it can be taken back; my data are all there, as a page and a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.leaving import carrying_out, own_data
from loyalty.models import Programme
from members.models import Departure, Member
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.races.selling import sell

ME, LEAVE, STAY = "/cabinet/club/me/", "/cabinet/club/me/leave/", "/cabinet/club/me/leave/stay/"
DATA, FILE = "/cabinet/club/me/data/", "/cabinet/club/me/data/file/"


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(
        shop.programme,
        100,
        phone="+4915112345678",
        email="anna@example.org",
        first_name="Anna",
        last_name="Kern",
    )


@pytest.fixture
def browser(anna: Member) -> Client:
    return log_in(anna)


def test_who_leaves_is_told_what_is_lost_and_asked_to_be_sure_and_can_take_it_back(
    sent: list[post.Sent], shop: Shop, anna: Member, browser: Client
) -> None:
    page = browser.get(LEAVE).content.decode()
    assert "100 points, those that wait too" in page
    assert "You have 14 days to take it back." in page
    unsure = browser.post(LEAVE, {})
    assert (unsure.status_code, "Tick the box" in unsure.content.decode()) == (422, True)
    assert not Departure.objects.exists()

    for _twice in range(2):
        assert browser.post(LEAVE, {"sure": "yes"}).status_code == 302
    assert [(one.kind, one.to) for one in sent] == [("sms", "+4915112345678")]
    assert "You leave The Club on" in sent[0].text
    for address in (ME, LEAVE):
        assert "You leave" in browser.get(address).content.decode()
    for _twice in range(2):
        browser.post(STAY)
    assert "You leave" not in browser.get(ME).content.decode()
    assert Departure.objects.get().taken_back_at is not None


def test_after_the_days_the_login_is_over_and_the_phone_is_nobodys(
    sent: list[post.Sent], shop: Shop, anna: Member, browser: Client
) -> None:
    Programme.objects.update(leaving_days=0)
    browser.post(LEAVE, {"sure": "yes"})
    assert carrying_out.carry_out_due(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert browser.get(ME).headers["Location"] == reverse("cabinet:enter", args=["club"])
    fresh = Client()
    fresh.post(reverse("cabinet:enter", args=["club"]), {"to": "+4915112345678"})
    asked = fresh.post(reverse("cabinet:code", args=["club"]), {"code": sent[-1].code})
    assert asked.headers["Location"] == reverse("cabinet:join", args=["club"])


def test_my_data_are_everything_as_a_file_and_as_a_page_and_nothing_of_anybody_else(
    shop: Shop, anna: Member, browser: Client
) -> None:
    other = factories.enrol(shop.programme, 7, phone="+4915112345679", first_name="Other", last_name="Person")
    for number, buyer in enumerate((anna, other)):
        sell(buyer, f"R-{number}")
    factories.ConsentFactory(member=anna, evidence={"address": "203.0.113.7"})
    answer = browser.get(FILE)
    kept = json.loads(answer.content)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert set(kept) == {"programme", "at", *own_data.SECTIONS}
    assert kept["profile"][0]["phone"] == "+4915112345678"
    assert [one["number"] for one in kept["cards"]] == [anna.cards.get().number]
    assert kept["consents"][0]["evidence"] == {"address": "203.0.113.7"}
    assert [(one["number"], one["lines"][0]["name"]) for one in kept["purchases"]] == [("R-0", "Tea")]
    assert [one["points"] for one in kept["movements"]] == ["100.00"]
    assert kept["accounts"][0]["balance"] == "100.00"
    assert {"purchase.completed", "points.adjusted"} <= set(anna.events.values_list("kind", flat=True))
    assert len(kept["events"]) == anna.events.count()
    page = browser.get(DATA).content.decode()
    for mark in ("+4915112345678", "anna@example.org", "R-0", anna.cards.get().number, "203.0.113.7"):
        assert mark in page
    for mark in ("R-1", "Person", str(other.pk), other.cards.get().number):
        assert mark not in page + answer.content.decode()


def test_a_birthday_is_given_once_and_corrected_by_a_request(
    shop: Shop, anna: Member, browser: Client
) -> None:
    profile = {"first_name": "Anna", "middle_name": "Maria", "gender": "female", "language": "en"}
    rename, correct = reverse("cabinet:rename", args=["club"]), reverse("cabinet:birthday", args=["club"])
    for wrong in ("2999-01-01", "1899-12-31", "tomorrow", "20000101"):
        answer = browser.post(rename, profile | {"birthday": wrong})
        assert (answer.status_code, "Give the day on which" in answer.content.decode()) == (422, True)
    browser.post(rename, profile | {"birthday": "1990-05-17"})
    browser.post(rename, profile | {"birthday": "1991-06-18"})
    anna.refresh_from_db()
    assert (str(anna.birthday), anna.middle_name, anna.gender) == ("1990-05-17", "Maria", "female")
    assert 'name="birthday" type="date" autocomplete="bday"' not in browser.get(ME).content.decode()
    assert browser.post(correct, {"birthday": "soon"}).status_code == 422
    key = "0197a000-0000-7000-8000-000000000001"
    for _twice in range(2):
        assert browser.post(correct, {"birthday": "1991-06-18", "key": key}).status_code == 302
    asked = anna.requests.get()
    assert "1991-06-18" in asked.said.get().text
    anna.refresh_from_db()
    assert str(anna.birthday) == "1990-05-17"
