"""Another phone or e-mail: a code to the old one and to the new one, and the old one is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Member
from tests import factories
from tests.cabinet import post
from tests.cabinet.test_access import log_in
from tests.factories import Shop

PHONE, EMAIL = "+4915112345678", "anna@example.org"
NEW = {"sms": "+4915112345670", "email": "new@example.org"}


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, phone=PHONE, email=EMAIL, first_name="Anna")


def ask(browser: Client, kind: str, to: str) -> Any:
    return browser.post(reverse("cabinet:contact", args=["club", kind]), {"to": to})


def give(browser: Client, kind: str, **codes: str) -> Any:
    return browser.post(reverse("cabinet:contact_code", args=["club", kind]), codes)


@pytest.mark.parametrize(("kind", "old"), [("sms", PHONE), ("email", EMAIL)])
def test_both_addresses_are_asked_and_the_old_one_is_told(
    sent: list[post.Sent], anna: Member, kind: str, old: str
) -> None:
    browser = log_in(anna)
    assert ask(browser, kind, NEW[kind]).status_code == 302
    assert [one.to for one in sent] == [old, NEW[kind]]
    before, after = (one.code for one in sent)
    wrong = "000000" if before != "000000" else "111111"
    answer = give(browser, kind, old=wrong, new=after)
    assert (answer.status_code, "This is not the code" in answer.content.decode()) == (422, True)
    assert NEW[kind] not in (Member.objects.get(pk=anna.pk).phone, Member.objects.get(pk=anna.pk).email)
    # a code that was right is not asked again
    other = "000000" if after != "000000" else "111111"
    half = give(browser, kind, old=before, new=other)
    assert 'name="old"' not in half.content.decode()
    assert give(browser, kind, new=after).status_code == 302
    anna.refresh_from_db()
    assert NEW[kind] in (anna.phone, anna.email)
    assert (sent[-1].to, "was changed" in sent[-1].text) == (old, True)
    assert len(sent) == 3


def test_nobody_skips_a_code_and_the_cookie_of_one_member_is_none_of_anothers(
    sent: list[post.Sent], shop: Shop, anna: Member
) -> None:
    browser = log_in(anna)
    ask(browser, "sms", NEW["sms"])
    new = sent[-1].code
    assert give(browser, "sms", new=new).status_code == 422
    other = log_in(factories.enrol(shop.programme, phone="+4915112345671"))
    other.cookies["regulars_contact"] = browser.cookies["regulars_contact"].value
    answer = give(other, "sms", old=sent[0].code, new=new)
    assert answer.headers["Location"] == reverse("cabinet:contact", args=["club", "sms"])
    anna.refresh_from_db()
    assert anna.phone == PHONE


def test_an_address_in_use_here_is_refused_after_its_proof_without_telling_whose(
    sent: list[post.Sent], shop: Shop, anna: Member
) -> None:
    factories.enrol(shop.programme, phone=NEW["sms"], first_name="Zoraida")
    browser = log_in(anna)
    asked = ask(browser, "sms", NEW["sms"])
    assert asked.status_code == 302  # the same as for an address that is nobody's
    answer = give(browser, "sms", old=sent[0].code, new=sent[1].code)
    page = answer.content.decode()
    assert (answer.status_code, "cannot be yours here" in page, "Zoraida" in page) == (422, True, False)
    anna.refresh_from_db()
    assert anna.phone == PHONE


def test_an_address_that_is_somebodys_elsewhere_alone_is_free_here(
    sent: list[post.Sent], shop: Shop, anna: Member
) -> None:
    elsewhere = factories.open_shop(store="e", code="elsewhere")
    factories.enrol(elsewhere.programme, phone=NEW["sms"])
    browser = log_in(anna)
    ask(browser, "sms", NEW["sms"])
    assert give(browser, "sms", old=sent[0].code, new=sent[1].code).status_code == 302
    anna.refresh_from_db()
    assert (anna.phone, anna.apart) == (NEW["sms"], "club")


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        ("sms", "", "phone"),
        ("sms", NEW["email"], "Give a phone here."),
        ("email", NEW["sms"], "in full"),
        ("sms", PHONE, "the one that we have"),
        ("sms", "12", "phone"),
    ],
)
def test_what_is_no_address_is_refused_beside_its_field_and_kept(
    sent: list[post.Sent], anna: Member, kind: str, typed: str, told: str
) -> None:
    answer = ask(log_in(anna), kind, typed)
    page = answer.content.decode()
    assert (answer.status_code, told in page, f'value="{typed}"' in page) == (422, True, True)
    assert sent == []
