"""Consents: asked for where they are due, one by one and none ticked; each is withdrawn at once; all of it is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cabinet.access import COOKIE
from loyalty.models import Participation
from members import consent_texts, consents, devices, questions
from members.models import Consent, ConsentText, Device, Member, Purpose
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_access import log_in
from tests.cabinet.test_entry import CODE, ENTER, JOIN, PHONE, prove
from tests.factories import Shop

HOME, ASKED, MINE = "/cabinet/club/", "/cabinet/club/asked/", "/cabinet/club/me/consents/"
NOW = datetime.now(UTC)


@pytest.fixture
def anna(shop: Shop) -> Member:
    """A member whom a till enrolled: nobody asked her anything."""
    return factories.enrol(shop.programme, 100, phone=PHONE, first_name="Anna")


def come_in(member: Member) -> Client:
    """A browser after the first login there."""
    client = Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/131"})
    client.cookies[COOKIE] = devices.open_on(member, "club", "Chrome, Android", NOW, asked=False)
    return client


def write(
    text: str,
    purpose: str = Purpose.PROCESSING,
    language: str = "en",
    *,
    party: str = "",
    circle: str = "club",
    asks_again: bool = True,
) -> ConsentText:
    wording = ConsentText(circle=circle, purpose=purpose, party=party, language=language, text=text)
    return consent_texts.write(wording, datetime.now(UTC), asks_again=asks_again)


def fields(client: Client) -> list[str]:
    """What the page asks for."""
    page = client.get(ASKED).content.decode()
    assert not re.search(r"<input[^>]*checkbox[^>]*\schecked", page)
    return re.findall(r'name="(agree_\w+)"', page)


def in_force(member: Member) -> dict[Any, bool]:
    return {key: row.granted for key, row in questions.said_by(member).items()}


ALL = ["agree_processing", "agree_marketing_sms", "agree_profiling"]


# First login


def test_who_was_enrolled_at_a_till_is_asked_at_the_first_login_before_anything_else(
    client: Client, anna: Member, sent: list[post.Sent]
) -> None:
    assert prove(client, sent) == HOME
    answer = client.get(f"{HOME}history/?kind=spent")
    assert answer["Location"] == f"{ASKED}?next=%2Fcabinet%2Fclub%2Fhistory%2F%3Fkind%3Dspent"
    assert fields(client) == ALL
    page = client.get(ASKED).content.decode()
    assert (page.count("Needed"), page.count("As you like")) == (1, 2)

    done = client.post(answer["Location"], {"agree_processing": "on", "next": f"{HOME}history/?kind=spent"})

    assert done["Location"] == f"{HOME}history/?kind=spent"
    assert in_force(anna) == {
        ("processing", "", ""): True,
        ("marketing", "sms", ""): False,
        ("profiling", "", ""): False,
    }
    assert client.get(HOME).status_code == 200
    assert client.get(ASKED)["Location"] == HOME


def test_who_joined_here_was_asked_and_is_not_asked_again(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    prove(client, sent)
    client.post(JOIN, {"first_name": "Nina", "agree_processing": "on"})

    assert client.get(HOME).status_code == 200


def test_what_a_till_was_told_of_messages_is_not_asked_again(anna: Member) -> None:
    consents.record(anna, {"sms": True}, NOW, "till", {})

    assert fields(come_in(anna)) == ["agree_processing", "agree_profiling"]


def test_moment_address_source_device_and_the_text_that_was_shown_are_kept(anna: Member) -> None:
    browser = come_in(anna)
    text = write("We keep what you buy.")
    browser.get(ASKED)

    browser.post(ASKED, {"agree_processing": str(text.pk)})

    said = Consent.objects.select_related("text").get(purpose=Purpose.PROCESSING)
    assert said.text == text
    assert abs(said.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert said.source == "cabinet"
    assert said.evidence == {"address": "127.0.0.1", "device": "Chrome, Android", "programme": "club"}


def test_who_joins_leaves_the_same_traces(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    text = write("We keep what you buy.")
    prove(client, sent)
    client.post(
        JOIN,
        {"first_name": "Nina", "agree_processing": str(text.pk)},
        headers={"user-agent": "Mozilla/5.0 (iPhone) Safari/605"},
    )

    said = Consent.objects.get(purpose=Purpose.PROCESSING)
    assert (said.text, said.source) == (text, "cabinet")
    assert said.evidence == {
        "address": "127.0.0.1", "device": "Safari, iPhone", "programme": "club", "proved": "sms",
    }  # fmt: skip


# A new version


def agree_to_all(member: Member) -> Client:
    browser = come_in(member)
    browser.post(ASKED, dict.fromkeys(ALL, "on"))
    assert browser.get(HOME).status_code == 200
    return browser


def test_a_new_version_that_asks_again_asks_at_the_next_visit_and_counts_once(anna: Member) -> None:
    write("Old.", asks_again=False)
    browser = agree_to_all(anna)

    new = write("New.")

    assert browser.get(HOME)["Location"].startswith(ASKED)
    assert fields(browser) == ["agree_processing"]
    assert "New." in browser.get(ASKED).content.decode()
    assert browser.post(ASKED, {"agree_processing": str(new.pk)})["Location"] == HOME
    assert browser.get(HOME).status_code == 200
    assert come_in(anna).get(HOME).status_code == 200
    assert questions.said_by(anna)["processing", "", ""].text == new


@pytest.mark.parametrize(
    "other",
    [
        {"asks_again": False},
        {"language": "ru"},
        {"circle": "other"},
        {"purpose": Purpose.SHARING, "party": "stranger"},
    ],
)
def test_another_version_asks_nobody_whom_it_does_not_concern(anna: Member, other: dict[str, Any]) -> None:
    write("Old.", asks_again=False)
    browser = agree_to_all(anna)

    write("New.", **other)

    assert browser.get(HOME).status_code == 200
    assert come_in(anna).get(HOME).status_code == 200


def test_who_said_no_is_not_asked_again_but_for_what_nobody_can_do_without(anna: Member) -> None:
    browser = come_in(anna)
    browser.post(ASKED, {"agree_processing": "on"})

    write("New.", Purpose.PROFILING)
    write("New.", Purpose.MARKETING)

    assert browser.get(HOME).status_code == 200


def test_a_versions_question_is_asked_once_more_by_its_next_version_only(anna: Member) -> None:
    browser = agree_to_all(anna)
    for text in ("Second.", "Third."):
        write(text, Purpose.PROFILING)
    assert fields(browser) == ["agree_profiling"]
    browser.post(ASKED, {"agree_profiling": "on"})

    write("Fourth.", Purpose.PROFILING, asks_again=False)

    assert browser.get(HOME).status_code == 200
    assert consent_texts.current("club", Purpose.PROFILING, "en").version == 3


def test_a_wording_that_changed_while_the_page_was_open_is_read_before_it_is_agreed_to(
    client: Client, anna: Member, sent: list[post.Sent]
) -> None:
    old = write("Old.")
    browser = come_in(anna)
    browser.get(ASKED)
    write("New.", asks_again=False)

    answer = browser.post(ASKED, {"agree_processing": str(old.pk)})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "wording has changed" in page
    assert "New." in page
    assert not re.search(r"<input[^>]*checkbox[^>]*\schecked", page)
    assert not Consent.objects.exists()

    other = "+4915187654321"
    client.post(ENTER, {"to": other})
    client.post(CODE, {"code": sent[-1].code})
    joining = client.post(JOIN, {"first_name": "Nina", "agree_processing": str(old.pk)})
    assert joining.status_code == 422
    assert "wording has changed" in joining.content.decode()
    assert 'value="Nina"' in joining.content.decode()
    assert not Member.objects.filter(phone=other).exists()


# No


def test_who_refuses_the_processing_sees_the_ways_that_are_left_and_nothing_else(anna: Member) -> None:
    browser = come_in(anna)

    answer = browser.post(ASKED, {"next": f"{HOME}history/"})

    assert answer["Location"] == ASKED
    page = browser.get(ASKED).content.decode()
    assert "Nothing is deleted" in page
    assert "Log out" in page
    for path in ("me/data/", "me/data/file/", "me/leave/"):
        assert browser.get(f"{HOME}{path}").status_code == 200, path
        assert path == "me/data/file/" or f'href="{HOME}{path}"' in page, path
    for path in (HOME, f"{HOME}history/", f"{HOME}me/", MINE):
        assert browser.get(path)["Location"].startswith(ASKED), path
    assert browser.post(f"{HOME}me/name/", {"first_name": "Eve", "language": "en"})["Location"].startswith(
        ASKED
    )
    anna.refresh_from_db()
    assert anna.first_name == "Anna"
    assert fields(browser) == ["agree_processing"]

    assert browser.post(ASKED, {"agree_processing": "on"})["Location"] == HOME
    assert browser.get(HOME).status_code == 200


def test_who_refuses_may_log_out(anna: Member) -> None:
    browser = come_in(anna)
    browser.post(ASKED, {"agree_marketing_sms": "on"})

    assert browser.post(f"{HOME}leave/")["Location"] == ENTER
    assert Device.objects.get().ended_at is not None


def test_what_was_filled_in_before_a_text_was_written_is_not_lost(anna: Member) -> None:
    browser = agree_to_all(anna)
    write("New.")

    browser.post(f"{HOME}me/name/", {"first_name": "Ann", "language": "en"})

    anna.refresh_from_db()
    assert anna.first_name == "Ann"


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example/cabinet/club/", "/admin/", "/cabinet/other/", "/cabinet/club/\\evil",
     "javascript:alert(1)", "\\\\evil.example", "/cabinet/club/../../admin/", ""],
)  # fmt: skip
def test_the_way_on_stays_in_the_cabinet(anna: Member, onward: str) -> None:
    told = come_in(anna).post(ASKED, {"agree_processing": "on", "next": onward})["Location"]

    assert told == HOME


# Sharing, in a coalition


def test_sharing_with_a_partner_is_a_question_of_its_own_where_somebody_wrote_its_text(
    shop: Shop, anna: Member
) -> None:
    cafe = factories.PartnerFactory(code="cafe", name="Café du Coin")
    factories.PartnerFactory(code="bank", name="The Bank")
    Participation.objects.create(partner=cafe, programme=shop.programme)
    browser = agree_to_all(anna)
    write("Café du Coin may know what I buy.", Purpose.SHARING, party="cafe")
    write("The bank may know.", Purpose.SHARING, party="bank")  # takes no part here

    assert fields(browser) == ["agree_sharing_cafe"]
    page = browser.get(ASKED).content.decode()
    assert "Café du Coin.</b>" in page
    browser.post(ASKED, {"agree_sharing_cafe": "on"})

    assert in_force(anna)["sharing", "", "cafe"] is True
    browser.post(MINE, {"purpose": "sharing", "party": "cafe", "granted": "no"})
    assert in_force(anna)["sharing", "", "cafe"] is False


def test_what_was_agreed_to_with_a_partner_who_left_can_still_be_withdrawn(shop: Shop, anna: Member) -> None:
    browser = agree_to_all(anna)
    text = write("May know.", Purpose.SHARING, party="gone")
    said = [consents.Said(Purpose.SHARING, True, party="gone", text=text)]
    consents.write(anna, said, NOW, "cabinet", {})

    assert 'value="gone"' in browser.get(MINE).content.decode()
    browser.post(MINE, {"purpose": "sharing", "party": "gone", "granted": "yes"})
    browser.post(MINE, {"purpose": "sharing", "party": "gone", "granted": "no"})

    assert in_force(anna)["sharing", "", "gone"] is False
    assert Consent.objects.filter(purpose=Purpose.SHARING).count() == 2


# The page of consents


def test_the_page_shows_each_purpose_and_channel_and_changes_one_at_once(anna: Member) -> None:
    consents.record(anna, {"push": True}, NOW, "api:web", {})
    browser = come_in(anna)
    browser.post(ASKED, {"agree_processing": "on"})

    page = browser.get(MINE).content.decode()
    for name in ("SMS", "E-mail", "Push message"):
        assert re.search(rf'<th scope="row">\s*{name}', page), name
    browser.post(MINE, {"purpose": "marketing", "channel": "email", "granted": "yes"})
    browser.post(MINE, {"purpose": "marketing", "channel": "push", "granted": "no"})

    assert consents.in_force(anna) == {"email": True, "push": False}
    past = browser.get(MINE).content.decode()
    assert "Everything that I said" in past
    assert "version 1 of the text" in past


def test_a_consent_to_a_wording_that_changed_meanwhile_is_not_taken(anna: Member) -> None:
    old = write("Old.", Purpose.PROFILING)
    browser = agree_to_all(anna)
    browser.post(MINE, {"purpose": "profiling", "granted": "no"})
    write("New.", Purpose.PROFILING)

    browser.post(MINE, {"purpose": "profiling", "granted": "yes", "text": str(old.pk)})

    assert in_force(anna)["profiling", "", ""] is False
    assert "wording has changed" in browser.get(MINE).content.decode()


def test_whoever_is_settled_is_looked_at_anew_after_a_day(anna: Member) -> None:
    browser = log_in(anna)
    assert browser.get(HOME).status_code == 200

    Device.objects.update(settled_at=NOW - timedelta(days=2))

    assert browser.get(HOME)["Location"].startswith(ASKED)


@pytest.mark.django_db
def test_the_programmes_text_comes_before_the_houses_each_in_the_readers_language() -> None:
    house = write("House.", circle="")
    assert consent_texts.current("club", Purpose.PROCESSING, "en") == house
    own = write("Club.")
    assert consent_texts.current("club", Purpose.PROCESSING, "en") == own
    assert consent_texts.current("other", Purpose.PROCESSING, "en") == house

    french = consent_texts.current("club", Purpose.PROCESSING, "fr")
    assert french.text.startswith("J’accepte que mes coordonnées")
    better = write("Mieux.", language="fr", circle="")
    assert consent_texts.current("club", Purpose.PROCESSING, "fr") == better
    assert better.version == 2


def test_who_is_erased_while_they_answer_is_shown_the_way_in_and_nothing_is_kept(
    anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, browser, answer = write("Ours."), come_in(anna), questions.answer

    def come_late(*said: Any) -> int:
        factories.erase(anna)
        return answer(*said)

    monkeypatch.setattr(questions, "answer", come_late)
    told = browser.post(ASKED, {"agree_processing": str(text.pk)})

    assert (told.status_code, told["Location"]) == (302, ENTER)
    assert not Consent.objects.exists()
