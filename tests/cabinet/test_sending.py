"""Sending points in the cabinet: the pages, step by step, and who sees what."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.models import Account, Programme, Remittance
from loyalty.sharing import holders
from loyalty.sharing.rights import Rights
from members.models import Member
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_access import log_in
from tests.cabinet.test_pages import HISTORY, read
from tests.factories import Shop
from tests.loyalty.remittances.sending import send as send_points

SEND = "/cabinet/club/send/"


@pytest.fixture
def anna(shop: Shop) -> Member:
    Programme.objects.update(transfers=True, transfer_most_day=60)
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


@pytest.fixture
def boris(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 0, phone="+4915187654321", first_name="Boris", last_name="Ivanov")


def ask(client: Client, **typed: str) -> str:
    """The address to which the first form leads."""
    answer = client.post(SEND, {"to": "0151 87654321", "points": "40", "note": "tea"} | typed)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_a_number_a_code_a_last_look_and_the_points_are_there(
    anna: Member, boris: Member, sent: list[post.Sent]
) -> None:
    client = log_in(anna)
    assert "You can send 60 more today" in client.get(SEND).content.decode()
    page = ask(client)
    before = client.get(page).content.decode()
    assert "Boris" not in before
    assert "B…" not in before

    assert client.post(page, {"code": sent[-1].code})["Location"] == page
    look = client.get(page).content.decode()
    assert "B…" in look
    assert "Boris" not in look
    assert "Ivanov" not in look
    for _click in range(2):
        assert client.post(page, {"sure": "1"})["Location"] == page

    assert "40 points are there" in client.get(page).content.decode()
    history = read(anna, HISTORY + "?kind=between")
    assert "To B…, +49•••••••••21" in history
    assert "Tea" in history
    assert "From Anna" in read(boris, HISTORY)
    assert Remittance.objects.get().transfer is not None


def test_a_number_that_nobody_has_looks_the_same_until_the_code_was_right(
    anna: Member, boris: Member, sent: list[post.Sent]
) -> None:
    client = log_in(anna)
    pages = []
    for to in ("+49 151 87654321", "+49 151 87654329"):
        page = ask(client, to=to)
        pages.append(client.get(page).content.decode().replace(to[-2:], "").replace(page, ""))
        Remittance.objects.exclude(phone="").filter(phone=boris.phone).update(note="tea")
        factories.Code.objects.update(created_at=factories.START)
    same = [page[page.index("<main") :].split("csrfmiddlewaretoken")[0] for page in pages]
    assert same[0] == same[1]

    answer = client.post(page, {"code": sent[-1].code})

    for told in (
        answer,
        client.post(page, {"code": "123456"}),
        client.post(page, {"again": "1"}),
        client.get(page),
    ):
        assert told.status_code == 422  # a second click is told the same
        assert "Nobody here can be sent points by this number" in told.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"points": "a lot"}, "Write a number of points"),
        ({"points": "-5"}, "Write a number of points"),
        ({"points": "1e3"}, "Write a number of points"),
        ({"points": "1.234"}, "Write a number of points"),
        ({"points": ""}, "Write a number of points"),
        ({"points": "٥"}, "Write a number of points"),
        ({"points": "61"}, "You can send 60 more today"),
        ({"to": ""}, "phone number"),
        ({"to": "+4915112345678"}, "your own number"),
        ({"note": "x" * 101}, "At most 100 characters"),
    ],
)
def test_what_was_typed_wrong_is_told_beside_its_field_and_kept(
    anna: Member, sent: list[post.Sent], typed: dict[str, str], said: str
) -> None:
    client = log_in(anna)
    whole = {"to": "0151 87654321", "points": "40", "note": "for the tea"} | typed

    answer = client.post(SEND, whole)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    for field, text in whole.items():
        assert f'id="{field}"' in page
        assert f'value="{text}"' in page
    assert not sent


@pytest.mark.parametrize("text", ["40", " 40 ", "40,00", "40.0"])
def test_points_are_read_as_people_write_them(
    anna: Member, boris: Member, sent: list[post.Sent], text: str
) -> None:
    ask(log_in(anna), points=text)

    assert Remittance.objects.get().points == 40


def test_another_members_wish_does_not_exist(anna: Member, boris: Member) -> None:
    row = send_points(anna, boris, "5")
    page = f"{SEND}{row.id}/"

    assert log_in(anna).get(page).status_code == 200
    assert log_in(boris).get(page).status_code == 404
    assert log_in(boris).post(page, {"sure": "1"}).status_code == 404


def test_where_nothing_is_sent_nothing_leads_there(anna: Member) -> None:
    assert SEND in log_in(anna).get("/cabinet/club/").content.decode()
    Programme.objects.update(transfers=False)

    assert SEND not in log_in(anna).get("/cabinet/club/").content.decode()
    assert SEND not in log_in(anna).get("/cabinet/club/me/").content.decode()
    assert log_in(anna).get(SEND).status_code == 403


def test_nothing_leads_there_for_who_shares_an_account_of_somebody_else(anna: Member, boris: Member) -> None:
    """Only the owner sends."""
    account = Account.objects.get(holders__member=anna)
    holders.come(account.id, boris, Rights(), timezone.now(), bring=False)
    for page in ("/cabinet/club/", "/cabinet/club/me/"):
        assert SEND in log_in(anna).get(page).content.decode()
        assert SEND not in log_in(boris).get(page).content.decode()
    assert log_in(boris).get(SEND).status_code == 403
