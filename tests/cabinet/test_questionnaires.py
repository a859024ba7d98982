"""Questionnaires in the cabinet: page by page without scripts, kept, finished once, seen by their member alone."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from campaigns.models import AnswerPhoto, AnswerSheet
from loyalty.models import Account
from members.models import Member
from tests import factories
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.questions import EVERY_KIND, bonus, opened, question

AT = "/cabinet/club/questionnaires/"


@pytest.fixture
def anna(shop: Shop) -> Member:
    factories.publish_campaign(shop.programme, bonus(), code="ask", name="Thanks for answering")
    return factories.enrol(shop.programme, 0, first_name="Anna")


@pytest.fixture
def client(anna: Member) -> Client:
    return log_in(anna)


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(out, "PNG")
    return SimpleUploadedFile("pet.png", out.getvalue(), content_type="image/png")


def send(client: Client, at: str = f"{AT}pets/", **fields: Any) -> Any:
    return client.post(at, {"go": "next", **fields})


def test_a_questionnaire_is_answered_page_by_page_and_tells_what_it_brought(
    shop: Shop, anna: Member, client: Client
) -> None:
    opened(shop.programme, *EVERY_KIND, name="About your pets", thanks="See you soon!")
    assert "About your pets" in client.get(AT).content.decode()
    assert "About your pets" in client.get("/cabinet/club/").content.decode()
    first = client.get(f"{AT}pets/").content.decode()
    assert "Which pet lives with you?" in first
    assert "Which breed?" not in first

    answer = send(client, page="pet", pet="dog")
    assert answer["Location"] == f"{AT}pets/?page=breed"
    assert "Which breed?" in client.get(answer["Location"]).content.decode()
    assert "Go on" in client.get(AT).content.decode()
    answer = send(
        client, page="breed", breed="Beagle", likes=["tea", "cake"], mood="5", kids="2", photo=picture()
    )
    assert answer["Location"] == f"{AT}pets/"

    told = client.get(f"{AT}pets/").content.decode()
    for text in ("See you soon!", "+50", "Thanks for answering", "Beagle", "Tea, Cake"):
        assert text in told, text
    assert Account.objects.get(holders__member=anna).balance == 50
    assert "About your pets" not in client.get("/cabinet/club/").content.decode()
    history = client.get("/cabinet/club/history/").content.decode()
    assert "Thanks for answering" in history


def test_a_page_on_which_nothing_is_asked_is_passed_over(shop: Shop, client: Client) -> None:
    only = question("breed", required=True, after="pet", answers=["dog"])
    opened(shop.programme, EVERY_KIND[0], only, question("name", new_page=True))

    assert send(client, page="pet", pet="cat")["Location"] == f"{AT}pets/?page=name"


def test_what_is_missing_or_unreadable_is_told_beside_it_and_what_was_typed_stays(
    shop: Shop, client: Client
) -> None:
    opened(shop.programme, *EVERY_KIND)
    send(client, page="pet", pet="dog")

    answer = send(client, page="breed", breed="", kids="two", likes=["tea"], wedding="31.02.2026")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="two"' in page
    assert 'value="31.02.2026"' in page
    for key in ("breed", "mood", "kids", "wedding"):
        assert f'id="{key}-fault"' in page
    assert re.search(r'value="tea" checked', page)
    assert AnswerSheet.objects.get().answers == {"pet": "dog", "likes": ["tea"]}


def test_whoever_goes_back_or_away_loses_nothing(shop: Shop, client: Client) -> None:
    opened(shop.programme, *EVERY_KIND)
    send(client, page="pet", pet="dog")

    back = send(client, page="breed", breed="Beagle", go="back")
    assert back["Location"] == f"{AT}pets/?page=pet"
    away = send(client, page="breed", breed="Beagle", kids="3", go="later")
    assert away["Location"] == AT
    again = client.get(f"{AT}pets/").content.decode()
    assert "Which breed?" in again
    assert "Beagle" in again


def test_a_second_tab_that_finished_first_leaves_the_same_end(
    shop: Shop, anna: Member, client: Client
) -> None:
    opened(shop.programme)
    for name in ("Rex", "Max", "Rex"):
        assert send(client, page="name", name=name)["Location"] == f"{AT}pets/"

    assert AnswerSheet.objects.get().answers == {"name": "Rex"}
    assert Account.objects.get(holders__member=anna).balance == 50


def test_a_form_that_is_older_than_the_answers_takes_none_of_them_away(shop: Shop, client: Client) -> None:
    opened(shop.programme, *EVERY_KIND)
    send(client, page="pet", pet="dog", go="later")
    send(client, page="breed", breed="Beagle", go="later")

    send(client, page="nowhere", go="later")

    assert AnswerSheet.objects.get().answers == {"pet": "dog", "breed": "Beagle"}


def test_a_photo_is_seen_by_its_member_alone(shop: Shop, client: Client) -> None:
    opened(shop.programme, question("photo", "photo"))
    send(client, page="photo", photo=picture(), go="later")
    at = f"{AT}pets/photos/{AnswerPhoto.objects.get().id}/"
    assert at in client.get(f"{AT}pets/").content.decode()

    mine = client.get(at)
    bob = log_in(factories.enrol(shop.programme, 0))

    assert (mine.status_code, mine["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in mine["Cache-Control"]
    assert bob.get(at).status_code == 404
    send(bob, page="photo", photo=picture(), go="later")
    assert bob.get(at).status_code == 404


def test_one_that_is_closed_for_others_or_a_draft_is_not_asked(shop: Shop, client: Client) -> None:
    segment = factories.SegmentFactory(programme=shop.programme)
    opened(shop.programme, code="others", name="For others", segment=segment)
    closed = opened(shop.programme, code="closed", name="Closed by now")
    type(closed).objects.filter(pk=closed.pk).update(state="closed")
    type(closed).objects.create(programme=shop.programme, code="draft", name="A draft")

    listed = client.get(AT).content.decode()
    assert not [name for name in ("For others", "Closed by now", "A draft") if name in listed]
    for code, status in (("others", 410), ("closed", 410), ("draft", 404), ("none", 404)):
        assert client.get(f"{AT}{code}/").status_code == status, code
        assert send(client, f"{AT}{code}/", page="name", name="Rex").status_code == status, code
    assert not AnswerSheet.objects.exists()
