"""Coming in: by phone or e-mail with a code, known or new, and nobody learns who is known."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings
from django.test import Client

from loyalty.models import Holder
from members.models import Card, Consent, Device, Event, Member, Purpose
from tests import factories
from tests.cabinet import post
from tests.factories import Shop

HOME, ENTER = "/cabinet/club/", "/cabinet/club/enter/"
CODE, JOIN = f"{ENTER}code/", f"{ENTER}join/"
PHONE = "+4915112345678"
YES = {"first_name": "Nina", "agree_processing": "on"}


def prove(client: Client, sent: list[post.Sent], to: str = "0151 12345678", address: str = ENTER) -> str:
    """Give a phone and the code; where it leads."""
    assert client.post(address, {"to": to}).status_code == 302
    answer = client.post(CODE, {"code": sent[-1].code})
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def test_somebody_new_joins_with_a_name_and_has_a_card_and_the_welcome_points(
    client: Client, shop: Shop, sent: list[post.Sent], django_capture_on_commit_callbacks: object
) -> None:
    assert prove(client, sent) == JOIN

    page = client.get(JOIN).content.decode()
    assert not re.search(r"<input[^>]*checkbox[^>]*\schecked", page)
    answer = client.post(JOIN, YES)

    assert answer["Location"] == HOME
    member = Member.objects.get(phone=PHONE)
    assert (member.first_name, member.channel) == ("Nina", "cabinet")
    card = Card.objects.get(member=member)
    home = client.get(HOME).content.decode()
    assert card.number in home
    assert "Nina" in home


def test_each_purpose_is_a_consent_of_its_own_with_the_text_that_was_shown(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    prove(client, sent)
    client.post(JOIN, YES | {"agree_profiling": "on"})

    said = {(row.purpose, row.channel): row for row in Consent.objects.select_related("text")}
    assert {key: row.granted for key, row in said.items()} == {
        (Purpose.PROCESSING, ""): True,
        (Purpose.MARKETING, "sms"): False,
        (Purpose.PROFILING, ""): True,
    }
    assert all(row.text is not None and row.text.purpose == row.purpose for row in said.values())
    processing = said[Purpose.PROCESSING, ""]
    assert processing.text is not None
    assert processing.text.version == 1
    assert "points" in processing.text.text
    assert processing.evidence == {
        "address": "127.0.0.1", "device": "?", "programme": "club", "proved": "sms",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"first_name": "", "agree_processing": "on"}, "Tell us your first name"),
        ({"first_name": "Nina"}, "Without this consent"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_stays(
    client: Client, shop: Shop, sent: list[post.Sent], given: dict[str, str], says: str
) -> None:
    prove(client, sent)

    answer = client.post(JOIN, given | {"agree_marketing_sms": "on", "agree_marketing_email": "on"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'value="{given["first_name"]}"' in page
    assert len(re.findall(r"<input[^>]*checkbox[^>]*\schecked", page)) == 1 + ("agree_processing" in given)
    assert not Member.objects.exists()


def test_an_account_that_a_till_made_is_found_and_not_doubled(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    member = factories.enrol(shop.programme, 250, phone=PHONE, first_name="Anna")

    assert prove(client, sent) == HOME

    client.post(f"{HOME}asked/", {"agree_processing": "on"})
    assert "250" in client.get(HOME).content.decode()
    assert list(Member.objects.all()) == [member]


def test_by_email_too(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    member = factories.enrol(shop.programme, 0, phone=PHONE, email="Anna@Example.org")

    assert prove(client, sent, "anna@example.org") == HOME

    assert sent[-1].kind == "email"
    assert Device.objects.get().member == member


def test_the_way_in_is_the_same_for_who_is_known_and_who_is_not(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    factories.enrol(shop.programme, 0, phone=PHONE)
    known, stranger = Client(), Client()

    answers = [
        (known.post(ENTER, {"to": PHONE}), known.get(CODE)),
        (stranger.post(ENTER, {"to": "+4915187654321"}), stranger.get(CODE)),
    ]

    told = [
        (
            first.status_code,
            first["Location"],
            re.sub(r"\+49\d+|value=\"\w{64}\"", "", second.content.decode()),
        )
        for first, second in answers
    ]
    assert told[0] == told[1]
    assert len(sent) == 2
    assert re.sub(r"\d{6}", "", sent[0].text) == re.sub(r"\d{6}", "", sent[1].text)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Give your phone number"),
        ("12", "no phone number of Germany"),
        ("anna@", "in full"),
        ("call me", "no phone number"),
    ],
)
def test_what_is_no_address_is_said_in_one_sentence_and_kept(
    client: Client, shop: Shop, sent: list[post.Sent], typed: str, says: str
) -> None:
    answer = client.post(ENTER, {"to": typed})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert f'value="{typed}"' in page
    assert not sent


def test_a_wrong_code_is_said_and_six_of_them_end_it(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    client.post(ENTER, {"to": PHONE})
    wrong = f"{(int(sent[-1].code) + 1) % 1_000_000:06d}"

    told = [client.post(CODE, {"code": wrong}).content.decode() for _ in range(6)]

    assert "not the code that we sent" in told[0]
    assert "tried too often" in told[5]
    assert client.post(CODE, {"code": sent[-1].code}).status_code == 422
    assert not Device.objects.exists()


def test_another_code_can_be_asked_for_and_says_how_long_to_wait(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    client.post(ENTER, {"to": PHONE})

    answer = client.post(CODE, {"again": "1"})

    assert "seconds" in answer.content.decode()
    assert len(sent) == 1


def test_who_joins_by_a_friends_link_is_their_friend(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    friend = factories.enrol(shop.programme, 0, phone="+4915100000001", first_name="Vera")

    page = client.get(f"{ENTER}?friend={friend.referral_code.lower()}").content.decode()
    assert "Vera invites you" in page
    prove(client, sent)
    client.post(JOIN, YES)

    assert Member.objects.get(phone=PHONE).referred_by == friend


def test_where_somebody_came_from_is_kept(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    client.get(f"{ENTER}?from=poster-7")
    prove(client, sent)
    client.post(JOIN, YES)

    assert {row.source for row in Consent.objects.all()} == {"poster-7"}
    registered = Event.objects.get(kind="member.registered")
    assert registered.data["source"] == "poster-7"


def test_a_second_tab_lets_the_same_member_in(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    prove(client, sent)
    kept = client.cookies["regulars_entry"].value
    client.post(JOIN, YES)
    second = Client()
    second.cookies["regulars_entry"] = kept

    answer = second.post(JOIN, YES)

    assert answer["Location"] == HOME
    assert Member.objects.count() == 1


def test_nobody_joins_without_a_proof(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    client.post(ENTER, {"to": PHONE})

    assert client.post(JOIN, YES)["Location"] == ENTER
    client.cookies["regulars_entry"] = client.cookies["regulars_entry"].value + "x"
    assert client.post(CODE, {"code": sent[-1].code})["Location"] == ENTER
    assert not Member.objects.exists()


def test_a_blocked_member_is_told_so_after_the_proof_alone(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    factories.enrol(shop.programme, 0, phone=PHONE)
    Member.objects.update(status=Member.Status.BLOCKED)
    client.post(ENTER, {"to": PHONE})

    answer = client.post(CODE, {"code": sent[-1].code})

    assert answer.status_code == 403
    assert "blocked" in answer.content.decode()
    assert not Device.objects.exists()


def test_a_member_of_another_programme_is_a_stranger_here(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    other = factories.ProgrammeFactory(code="elsewhere", country="DE")
    known = factories.enrol(other, 100, phone=PHONE)

    assert prove(client, sent) == JOIN
    client.post(JOIN, YES)

    here = Holder.objects.get(programme=shop.programme).member
    assert here != known
    assert client.get("/cabinet/elsewhere/")["Location"] == "/cabinet/elsewhere/enter/"


def test_the_only_programme_opens_by_itself_and_one_that_is_not_there_is_not_found(
    client: Client, shop: Shop, settings: LazySettings
) -> None:
    assert client.get("/cabinet/")["Location"] == HOME
    assert client.get("/cabinet/nowhere/").status_code == 404
    factories.ProgrammeFactory(code="second", name="Second")
    assert "Second" in client.get("/cabinet/").content.decode()
