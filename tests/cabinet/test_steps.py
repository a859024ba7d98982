"""What the way in remembers: for one programme, for a quarter of an hour from the proof, and opening no more."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from members import devices
from members.models import Device, Member
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_entry import CODE, ENTER, HOME, JOIN, PHONE, YES, prove
from tests.factories import Shop


def late(minutes: int) -> mock._patch[mock.Mock]:
    """So many minutes later, by every clock that signatures and views look at."""
    moment = timezone.now() + timedelta(minutes=minutes)
    return mock.patch.multiple("cabinet.entry.timezone", now=mock.Mock(return_value=moment))


def test_what_was_proved_for_one_programme_is_proved_for_no_other(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    other = factories.open_shop(store="o", code="other", country="DE").programme
    victim = factories.enrol(other, 500, phone=PHONE)
    prove(client, sent)

    for page in ("code", "join"):
        assert client.get(f"/cabinet/other/enter/{page}/")["Location"] == "/cabinet/other/enter/"
    assert client.post("/cabinet/other/enter/join/", YES)["Location"] == "/cabinet/other/enter/"
    assert not Device.objects.filter(member=victim).exists()


def test_a_code_for_one_programme_opens_no_other(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    other = factories.open_shop(store="o", code="other", country="DE").programme
    factories.enrol(other, 500, phone=PHONE)
    client.post(ENTER, {"to": PHONE})

    answer = client.post("/cabinet/other/enter/code/", {"code": sent[-1].code})

    assert answer["Location"] == "/cabinet/other/enter/"
    assert not Device.objects.exists()


def test_a_proof_is_over_after_a_quarter_of_an_hour_however_often_pages_were_opened_since(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    prove(client, sent)
    for _again in range(3):
        client.get(ENTER)
        client.get(JOIN)
    assert client.get(JOIN).status_code == 200

    with late(16):
        assert client.post(JOIN, YES)["Location"] == ENTER

    assert not Member.objects.exists()


@pytest.mark.parametrize("typed", ["ſam@example.org", "mıke@example.org", "\u212aate@example.org"])
def test_letters_that_become_others_in_small_ones_reach_nobody(
    client: Client, shop: Shop, sent: list[post.Sent], typed: str
) -> None:
    factories.enrol(shop.programme, 0, phone=PHONE, email="kate@example.org")

    answer = client.post(ENTER, {"to": typed})

    assert answer.status_code == 422
    assert "in full" in answer.content.decode()
    assert not sent


@pytest.mark.parametrize(
    "typed", ["Anna.Kern+Club@Example.ORG", "anna@münchen.example", "o'hara@example.org"]
)
def test_capital_letters_pluses_and_letters_of_other_languages_in_a_domain_are_an_address(
    client: Client, shop: Shop, sent: list[post.Sent], typed: str
) -> None:
    assert prove(client, sent, typed) == JOIN
    assert client.post(JOIN, YES)["Location"] == HOME

    again = Client()
    with late(1):
        assert prove(again, sent, typed.lower()) == HOME
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("a" * 250 + "@example.org", "At most 254"),
        ("1" * 5000, "At most 254"),
        ("9" * 100, "no phone number"),
    ],
)
def test_what_is_too_long_is_said_before_anything_is_sent(
    client: Client, shop: Shop, sent: list[post.Sent], typed: str, says: str
) -> None:
    answer = client.post(ENTER, {"to": typed})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not sent


@pytest.mark.parametrize("fields", [{"code": "1" * 100_000}, {"code": "²²²²²²"}, {"code": "٣٤٥٦٧٨"}, {}])
def test_no_text_in_place_of_a_code_is_more_than_wrong(
    client: Client, shop: Shop, sent: list[post.Sent], fields: dict[str, str]
) -> None:
    client.post(ENTER, {"to": PHONE})

    assert client.post(CODE, fields).status_code == 422


@pytest.mark.parametrize("fields", [{"to": "a\0b"}, {"first_name": "\0"}, {"code": "\0"}])
@pytest.mark.parametrize("path", [ENTER, CODE, JOIN])
def test_the_character_that_no_text_holds_is_refused(
    client: Client, shop: Shop, path: str, fields: dict[str, str]
) -> None:
    assert client.post(path, fields).status_code == 400


@pytest.mark.parametrize("name", ["Ника 🙂", "名", "Anna'); DROP TABLE"])
def test_names_of_all_kinds_are_kept_as_they_were_typed(
    client: Client, shop: Shop, sent: list[post.Sent], name: str
) -> None:
    prove(client, sent)
    client.post(JOIN, YES | {"first_name": name})

    assert Member.objects.get().first_name == name


def test_a_programme_may_have_braces_in_its_name(client: Client, shop: Shop, sent: list[post.Sent]) -> None:
    shop.programme.name = "Club {gold} 100%"
    shop.programme.save()

    assert prove(client, sent) == JOIN
    assert "Club {gold} 100%" in sent[-1].text


def test_a_friends_link_with_a_phone_in_it_tells_nobody_whose_phone_is_known(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    known = factories.enrol(shop.programme, 0, phone="+4915100000001", first_name="Vera")
    told = []
    for number, friend in enumerate((str(known.phone), "+4915100000002", "NOBODY00")):
        browser = Client()
        browser.get(ENTER, {"friend": friend})
        prove(browser, sent, f"+491512222222{number}")
        page = browser.get(JOIN).content.decode()
        answer = browser.post(JOIN, YES)
        told.append(("invites" in page, answer.status_code, answer["Location"]))

    assert told == [(False, 302, HOME)] * 3
    assert not Member.objects.exclude(referred_by=None).exists()


def test_who_takes_a_browser_over_ends_the_login_of_who_was_there(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    anna = factories.enrol(shop.programme, 0, phone=PHONE, first_name="Anna")
    nina = factories.enrol(shop.programme, 0, phone="+4915187654321", first_name="Nina")
    client.post(ENTER, {"to": "+4915187654321"})
    client.cookies["regulars_member"] = devices.open_on(anna, "club", "?", timezone.now())

    client.post(CODE, {"code": sent[-1].code})

    client.post(f"{HOME}asked/", {"agree_processing": "on"})
    assert "Nina" in client.get(HOME).content.decode()
    assert [device.member for device in devices.in_use(timezone.now())] == [nina]


def test_a_number_that_another_device_has_is_not_given_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, numbers = factories.enrol(shop.programme), iter(["1000000001", "1000000001", "1000000002"])
    monkeypatch.setattr("members.lookup.rotating.make_number", lambda: next(numbers))

    tokens = [devices.open_on(anna, "club", "?", timezone.now()) for _phone in range(2)]

    found = [devices.find(token, "club", timezone.now()) for token in tokens]
    assert [device.number for device in found if device] == ["1000000001", "1000000002"]


def test_the_browser_keeps_a_login_for_half_a_year_from_the_last_visit(client: Client, shop: Shop) -> None:
    anna = factories.enrol(shop.programme)
    token = devices.open_on(anna, "club", "?", timezone.now() - timedelta(days=100))
    Device.objects.update(settled_at=timezone.now())
    client.cookies["regulars_member"] = token

    first = client.get(HOME)
    second = client.get(HOME)

    cookie = first.cookies["regulars_member"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == (token, devices.LIFE.total_seconds(), HOME)
    assert "regulars_member" not in second.cookies


def test_a_member_who_is_blocked_between_the_steps_is_told_so(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    prove(client, sent)
    factories.enrol(shop.programme, 0, phone=PHONE)
    Member.objects.update(status=Member.Status.BLOCKED)

    assert client.post(JOIN, YES).status_code == 403
    assert not Device.objects.exists()


def test_a_programme_that_was_switched_off_lets_nobody_in_half_way(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    prove(client, sent)
    shop.programme.active = False
    shop.programme.save()

    for path in (HOME, ENTER, CODE, JOIN, f"{HOME}worker.js", f"{HOME}app.webmanifest", f"{HOME}offline/"):
        assert client.get(path).status_code == 404
    assert client.post(JOIN, YES).status_code == 404


def test_a_friends_link_names_no_host_but_ours(client: Client, shop: Shop, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    anna = factories.enrol(shop.programme)
    client.cookies["regulars_member"] = devices.open_on(anna, "club", "?", timezone.now())

    assert client.get(HOME, headers={"host": "evil.example"}).status_code == 400
    page = client.get(f"{HOME}friends/", headers={"x-forwarded-host": "evil.example"}).content.decode()
    assert f"http://testserver/cabinet/club/enter/?friend={anna.referral_code}" in page
    assert "evil" not in page


@pytest.mark.parametrize("path", [ENTER, CODE, JOIN])
def test_every_step_asks_for_the_token_of_its_form(shop: Shop, sent: list[post.Sent], path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(path, {"to": PHONE}).status_code == 403
    assert not sent
