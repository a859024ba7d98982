"""A form for anybody: filled in by who is unknown, theirs once they join on the same browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from cabinet import open_forms
from campaigns.models import AnswerPhoto, AnswerSheet, Questionnaire
from campaigns.questionnaires import answering
from loyalty.models import Account
from members.models import Member
from tests import factories
from tests.cabinet.post import Sent
from tests.cabinet.test_access import log_in
from tests.cabinet.test_questionnaires import picture, send
from tests.factories import Shop
from tests.questions import EVERY_KIND, bonus, opened, question

AT = "/cabinet/club/forms/pets/"


@pytest.fixture
def form(shop: Shop) -> Questionnaire:
    factories.publish_campaign(shop.programme, bonus(), code="ask", name="Thanks for answering")
    return opened(shop.programme, *EVERY_KIND, for_anyone=True)


def fill_in(browser: Client, at: str = AT) -> Any:
    where = send(browser, at, page="pet", pet="dog")["Location"]
    return send(browser, where, page="breed", breed="Beagle", mood="5", photo=picture())


def test_who_fills_in_a_form_and_then_joins_has_the_answers_the_attribute_and_the_bonus(
    shop: Shop, form: Questionnaire, sent: list[Sent]
) -> None:
    browser = Client()
    assert fill_in(browser, f"{AT}?from=spring").status_code == 302
    thanks = browser.get(AT).content.decode()
    assert "Beagle" in thanks
    assert "/cabinet/club/enter/?from=spring" in thanks

    browser.post("/cabinet/club/enter/?from=spring", {"to": "+49 151 23456789"})
    browser.post("/cabinet/club/enter/code/", {"code": sent[-1].code})
    browser.post("/cabinet/club/enter/join/", {"first_name": "Nina", "agree_processing": "on"})

    nina = Member.objects.get(first_name="Nina")
    sheet = AnswerSheet.objects.get()
    assert (sheet.member, sheet.source) == (nina, "spring")
    assert nina.attributes["breed"] == "Beagle"
    assert Account.objects.get(holders__member=nina).balance == 150  # for joining, and for answering
    assert "Beagle" in browser.get("/cabinet/club/questionnaires/pets/").content.decode()
    assert not [name for name, cookie in browser.cookies.items() if "form" in name and cookie.value]


def test_a_form_that_was_begun_goes_on_in_the_cabinet(shop: Shop, form: Questionnaire) -> None:
    browser = Client()
    send(browser, AT, page="pet", pet="dog")
    anna = factories.enrol(shop.programme, 0)
    token = browser.cookies["regulars_form_pets"].value
    answering.claim(token, anna, shop.programme.pk, datetime.now(UTC))

    assert "Which breed?" in log_in(anna).get("/cabinet/club/questionnaires/pets/").content.decode()


def test_nobody_sees_what_another_browser_filled_in(form: Questionnaire) -> None:
    mine, other = Client(), Client()
    fill_in(mine)
    photo = f"{AT}photos/{AnswerPhoto.objects.get().id}/"

    assert mine.get(photo).status_code == 200
    assert other.get(photo).status_code == 404
    assert "Beagle" not in other.get(AT).content.decode()
    other.cookies["regulars_form_pets"] = str(AnswerSheet.objects.get().id)
    assert other.get(photo).status_code == 404


def test_a_form_keeps_what_was_typed_and_begins_nothing_before_it_is_sent(form: Questionnaire) -> None:
    browser = Client()
    assert browser.get(AT).status_code == browser.head(AT).status_code == 200
    assert not AnswerSheet.objects.exists()

    answer = send(browser, AT, page="pet")

    assert answer.status_code == 422
    assert 'id="pet-fault"' in answer.content.decode()
    assert AnswerSheet.objects.count() == 1
    send(browser, AT, page="pet", pet="cat")
    assert AnswerSheet.objects.get().answers == {"pet": "cat"}


def test_who_begins_forms_without_end_is_told_to_wait(form: Questionnaire) -> None:
    answers = [send(Client(), AT, page="pet", pet="dog").status_code for _ in range(31)]

    assert answers == [302] * 30 + [429]


def test_members_are_led_to_their_own_page_and_others_to_no_form_that_is_for_members(
    shop: Shop, form: Questionnaire
) -> None:
    opened(shop.programme, code="own")
    anna = log_in(factories.enrol(shop.programme, 0))

    assert anna.get(AT)["Location"] == "/cabinet/club/questionnaires/pets/"
    for at in ("/cabinet/club/forms/own/", "/cabinet/club/forms/none/", "/cabinet/other/forms/pets/"):
        assert Client().get(at).status_code == 404, at
    Questionnaire.objects.filter(code="pets").update(state="closed")
    assert Client().get(AT).status_code == send(Client(), AT, page="pet", pet="dog").status_code == 410


def test_a_form_is_drawn_on_any_page_and_sent_to_its_own(shop: Shop, form: Questionnaire) -> None:
    request = RequestFactory().get("/anywhere/")
    drawn = open_forms.draw(request, shop.programme, "pets", "landing-1")
    assert drawn is not None
    page = render_to_string("cabinet/partials/asked.html", drawn | {"programme": shop.programme}, request)

    action = re.search(r'action="([^"]+)"', page)
    assert action is not None
    answer = send(Client(), action[1], page="pet", pet="dog")
    assert answer["Location"] == f"{AT}?page=breed&from=landing-1"
    assert AnswerSheet.objects.get().source == "landing-1"
    assert open_forms.draw(request, shop.programme, "none") is None
    opened(shop.programme, question("a"), code="own")
    assert open_forms.draw(request, shop.programme, "own") is None
