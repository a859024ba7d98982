"""Members of several programmes, and of others: who is seen, registered, joins and is sold to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from loyalty.ledger import ledger
from loyalty.models import Account, Holder, Participation, Programme
from loyalty.shops import places
from members.models import Card, CardKind, Consent, Event, Member
from pos import keys
from tests import factories
from tests.flows.corner import PASSWORD, hire
from tests.pos.conftest import Api, coffee

pytestmark = pytest.mark.django_db


@pytest.fixture
def gold(shop: factories.Shop) -> Programme:
    """The partner's second programme, first in line for whoever shows a gold card."""
    programme = factories.ProgrammeFactory(code="gold", name="Gold")
    factories.rulebooks.refresh(programme, factories.START)
    kind = factories.CardKindFactory(code="gold")
    Participation.objects.create(partner=shop.partner, programme=programme, priority=1, card_kind=kind)
    places.forget()
    return programme  # type: ignore[no-any-return]


@pytest.fixture
def till(shop: factories.Shop) -> Browser:
    hire("mila", sells=True, takes_back=True)
    browser = Browser()
    browser.login(username="mila", password=PASSWORD)
    browser.post(reverse("till:place"), {"till": str(shop.till.id)})
    return browser


def ask(till: Browser, text: str) -> str:
    """The words that the till page answers to who is typed in."""
    answer = till.post(reverse("till:identify"), {"who": text}, headers={"HX-Request": "true"})
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_registering_who_is_known_elsewhere_makes_a_member_of_their_own(
    api: Api, member: Member, other_shop: factories.Shop
) -> None:
    card = Card.objects.get(member=member).number
    stranger = Api(other_shop.secret)
    newcomer = {"phone": "+79161234545", "email": "Anna@example.org", "card": card, "first_name": "Somebody"}
    made = stranger.post("members", newcomer)

    assert stranger.status == 201
    assert (made["id"] != str(member.id), made["first_name"], made["last_name"]) == (True, "Somebody", "")
    assert [account["programme"] for account in made["accounts"]] == [other_shop.programme.code]
    for form in ("phone", "email", "card"):
        assert stranger.post("members/lookup", {form: newcomer[form]})["id"] == made["id"]
        assert api.post("members/lookup", {form: newcomer[form]})["id"] == str(member.id)
    assert stranger.post("members", newcomer)["code"] == "member_exists"
    assert api.post("members", {"phone": "+79161234545"})["code"] == "member_exists"
    member.refresh_from_db()
    assert (member.first_name, member.holdings.count(), member.cards.count()) == ("Anna", 1, 1)


def test_a_friend_of_another_programme_is_nobody(
    api: Api, member: Member, other_shop: factories.Shop
) -> None:
    stranger = Api(other_shop.secret)
    for referral in (member.referral_code, "+79161234545", "NOBODY23"):
        refused = stranger.post("members", {"phone": "+79031110003", "referral": referral})
        assert (stranger.status, refused["code"]) == (422, "referral_not_found")


def test_a_purchase_makes_nobody_a_member(api: Api, member: Member, gold: Programme) -> None:
    factories.CardFactory(member=member, kind=CardKind.objects.get(code="gold"))
    made = api.post("purchases", coffee())

    assert made["balance"]["programme"] == "main"
    assert list(Holder.objects.filter(member=member).values_list("programme__code", flat=True)) == ["main"]


def test_joining_another_programme_is_a_step_of_its_own_with_consent(
    api: Api, member: Member, gold: Programme
) -> None:
    welcome = {"what_for": {"of": "event", "event": "member.registered"},
               "what": [{"effect": "points_fixed", "points": "50"}]}  # fmt: skip
    factories.publish_campaign(gold, welcome)
    path = f"members/{member.id}/programmes"
    joined = api.post(path, {"programme": "gold", "consents": {"email": True}})

    assert api.status == 201
    assert {a["programme"]: a["spendable"] for a in joined["accounts"]} == {"gold": "50.00", "main": "120.00"}
    consent = Consent.objects.get(member=member)
    assert (consent.channel, consent.granted, consent.evidence["store"]) == ("email", True, "main-01")
    assert Event.objects.filter(member=member, kind="member.registered").count() == 1

    assert api.post(path, {"programme": "gold"}) == joined
    assert api.status == 200
    assert api.post(path, {"programme": "elsewhere"})["code"] == "no_programme"
    assert api.post(path, {"programme": "gold", "consents": {"pigeon": True}})["code"] == "invalid"


def test_nobody_joins_at_a_partner_that_does_not_know_them(
    member: Member, other_shop: factories.Shop
) -> None:
    stranger = Api(other_shop.secret)
    refused = stranger.post(f"members/{member.id}/programmes", {"programme": other_shop.programme.code})
    assert (stranger.status, refused["code"]) == (404, "member_not_found")
    assert member.holdings.count() == 1


@pytest.mark.parametrize("form", ["phone", "card", "email", "code", "id"])
def test_the_programme_of_a_receipt_is_the_same_whatever_is_shown(
    api: Api, member: Member, gold: Programme, form: str
) -> None:
    from django.utils import timezone

    from members.codes import identification

    factories.CardFactory(member=member, kind=CardKind.objects.get(code="gold"))
    ledger.open_account(member, gold)
    said = {
        "phone": "+79161234545", "card": member.cards.order_by("id").first().number, "email": "anna@example.org",  # type: ignore[union-attr]
        "code": identification.issue(member, timezone.now()), "id": str(member.id),
    }  # fmt: skip
    assert api.post("quotes", coffee(member={form: said[form]}, redeem="0"))["balance"]["programme"] == "gold"


def test_the_till_names_the_programme_and_the_points_in_the_others(
    till: Browser, member: Member, gold: Programme
) -> None:
    factories.CardFactory(member=member, kind=CardKind.objects.get(code="gold"))
    factories.give_points(ledger.open_account(member, gold), "833")
    places.forget()
    words = ask(till, "+79161234545")
    assert "Gold" in words
    assert "833" in words
    assert "Main: 120" in words


def test_the_till_page_shows_nobody_of_another_programme(
    till: Browser, member: Member, other_shop: factories.Shop
) -> None:
    stranger = factories.enrol(other_shop.programme, phone="+79160000077", first_name="Olga")
    words = ask(till, "+79160000077")
    assert "Olga" not in words
    assert "Register?" in words
    assert "Russia" in words  # the country that was understood

    session = till.session
    session["till_basket"] = {"member": str(stranger.id)}
    session.save()
    assert "Olga" not in till.get(reverse("till:sale")).content.decode()


def cards_have_thirteen_digits() -> None:
    CardKind.objects.update(lengths=[13], check_digit="ean")
    places.forget()


def test_a_blocked_card_is_told_as_such_with_the_one_that_replaced_it(
    till: Browser, api: Api, member: Member
) -> None:
    old = Card.objects.get(member=member)
    Card.objects.filter(id=old.id).update(blocked=True, number="2000000000015")
    factories.CardFactory(member=member, number="2000000000817")
    words = ask(till, "2000 0000 0001 5")
    assert "This card is blocked; it was replaced by the one that ends in 17." in words
    assert "Register?" not in words
    for path, body in (
        ("members/lookup", {"card": old.number}),
        ("quotes", coffee(member={"card": "2000000000015"})),
    ):
        told: Any = api.post(path, {"card": "2000000000015"} if path == "members/lookup" else body)
        assert (told["code"], told["errors"][0]["code"]) == ("member_not_found", "blocked")
        assert told["detail"].endswith("ends in 17.")


def test_a_blocked_card_of_another_programme_is_nobodys(
    till: Browser, api: Api, member: Member, other_shop: factories.Shop
) -> None:
    stranger = factories.enrol(other_shop.programme)
    Card.objects.filter(member=stranger).update(blocked=True, number="2999000000026")
    assert "blocked" not in ask(till, "2999000000026")
    assert api.post("members/lookup", {"card": "2999000000026"})["errors"] == []


@pytest.mark.parametrize("typed", ["2999000000027", "2999-0000-00027", "2999000000026"])
def test_a_card_with_a_wrong_digit_registers_nobody(till: Browser, member: Member, typed: str) -> None:
    cards_have_thirteen_digits()
    words = ask(till, typed)
    assert "There is no such card: check the last digit." in words
    assert "Register?" not in words


def test_a_mistyped_card_is_not_registered_through_the_api_either(api: Api, member: Member) -> None:
    from pos import keys

    cards_have_thirteen_digits()
    keys.forget()
    refused = api.post("members", {"card": "2000000000016"})
    assert (api.status, refused["errors"][0]["field"], refused["errors"][0]["code"]) == (
        400,
        "card",
        "mistyped",
    )
    made = api.post("members", {"card": "2000-0000 00015"})
    assert made["cards"][0]["number"] == "2000000000015"
    assert api.post("members", {"card": "20 00000000015"})["code"] == "member_exists"


def test_a_national_phone_is_registered_and_found_as_one_of_the_country(
    till: Browser, api: Api, shop: factories.Shop
) -> None:
    from pos import keys

    shop.store.country = "US"
    shop.store.save()
    places.forget()
    keys.forget()
    words = ask(till, "203-555-0113")
    assert "United States" in words
    till.post(reverse("till:register"), {"phone": "203-555-0113", "first_name": "Ann"})
    made = Member.objects.get()
    assert made.phone == "+12035550113"
    assert api.post("members/lookup", {"phone": "(203) 555 0113"})["id"] == str(made.id)
    assert api.post("members", {"phone": "2035550113"})["code"] == "member_exists"


@pytest.mark.parametrize("path", ["members/lookup", "members", "quotes", "purchases", "events"])
@pytest.mark.parametrize("phone", ["+8 495 123-45-67", "+7 916 123 45 4"])
def test_a_number_that_is_none_is_asked_back_at_every_address(
    api: Api, shop: factories.Shop, path: str, phone: str
) -> None:
    shop.store.country = "RU"
    shop.store.save()
    places.forget()
    event = {
        "type": "review.left",
        "key": "1",
        "occurred_at": "2026-11-21T09:31:00Z",
        "member": {"phone": phone},
    }
    bodies: dict[str, Any] = {
        "events": event,
        "members": {"phone": phone},
        "members/lookup": {"phone": phone},
    }
    told = api.post(path, bodies.get(path) or coffee(member={"phone": phone}))
    assert (api.status, told["code"], told["errors"][0]["code"]) == (400, "invalid", "not_a_phone")
    assert ("+7 495 123-45-67 (Russia)" in told["detail"]) is phone.startswith("+8")
    assert not Account.objects.filter(kind=Account.Kind.MEMBER).exists()


@pytest.mark.parametrize("state", ["completed", "held"])
def test_a_partner_that_left_a_programme_reads_its_old_receipts_without_what_the_member_has(
    api: Api, member: Member, shop: factories.Shop, state: str
) -> None:
    other = factories.ProgrammeFactory(code="other", name="Other")
    factories.rulebooks.refresh(other, factories.START)
    first, second, third = (
        api.post("purchases", coffee(number, state=state, redeem="0")) for number in ("A-1", "A-2", "A-3")
    )
    assert first["balance"]["spendable"] is not None
    assert api.get(f"purchases/{first['id']}")["balance"] is not None

    Participation.objects.filter(partner=shop.partner, programme=shop.programme).delete()
    Participation.objects.create(partner=shop.partner, programme=other)
    places.forget()
    keys.forget()

    read = api.get(f"purchases/{first['id']}")
    assert (api.status, read["balance"]) == (200, None)
    assert {**read, "balance": first["balance"]} == {**first, "returns": [], "lines": read["lines"]} | {
        name: read[name] for name in ("owed", "lines", "status")
    }
    assert api.get(f"purchases?store={shop.store.code}&receipt_number=A-1")["balance"] is None
    if state == "held":
        assert api.post(f"purchases/{second['id']}/confirm", {})["balance"] is None
    else:
        back = {"return_number": "R-1", "returned_at": second["purchased_at"], "lines": "all"}
        given = api.post(f"purchases/{second['id']}/returns", back)
        assert (api.status, given["balance"], given["refund"]) == (201, None, second["to_pay"])
        assert api.post(f"purchases/{second['id']}/returns", back) == given, "the same answer again"
    assert api.post(f"purchases/{third['id']}/cancel", {})["balance"] is None
    again = coffee("A-1", state=state, redeem="0")
    assert api.post("purchases", again) == first, "what was told then is answered again"


def test_at_the_till_a_customer_joins_another_programme_of_the_store_on_their_word_and_only_so(
    shop: factories.Shop, gold: Programme, till: Browser
) -> None:
    member = factories.enrol(shop.programme, phone="+4915112345678", first_name="Anna")
    assert "Not in Gold yet. Join?" in ask(till, "+4915112345678")
    assert not Holder.objects.filter(member=member, programme=gold).exists()

    for _again in range(2):  # pressed twice, joined once
        answer = till.post(
            reverse("till:join"), {"programme": "gold", "sms": "on"}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200
        assert "Join?" not in answer.content.decode()
    assert Holder.objects.filter(member=member, programme=gold).count() == 1
    consent = Consent.objects.get(member=member)
    assert (consent.channel, consent.granted, consent.source) == ("sms", True, "till")
    assert consent.evidence["cashier"] == "mila"
    assert consent.evidence["store"] == shop.store.code


@pytest.mark.parametrize("programme", ["elsewhere", "nowhere", ""])
def test_the_till_lets_nobody_join_what_its_store_does_not_take_part_in(
    shop: factories.Shop, gold: Programme, till: Browser, programme: str
) -> None:
    factories.ProgrammeFactory(code="elsewhere")
    member = factories.enrol(shop.programme, phone="+4915112345678")
    ask(till, "+4915112345678")
    till.post(reverse("till:join"), {"programme": programme}, headers={"HX-Request": "true"})
    assert Holder.objects.filter(member=member).count() == 1
    assert not Consent.objects.filter(member=member).exists()


def test_a_blocked_customer_joins_nothing_and_the_till_says_why(
    shop: factories.Shop, gold: Programme, till: Browser
) -> None:
    member = factories.enrol(shop.programme, phone="+4915112345678")
    ask(till, "+4915112345678")
    Member.objects.filter(pk=member.pk).update(status=Member.Status.BLOCKED)
    answer = till.post(reverse("till:join"), {"programme": "gold"}, headers={"HX-Request": "true"})
    assert "The member is blocked." in answer.content.decode()
    assert Holder.objects.filter(member=member).count() == 1
