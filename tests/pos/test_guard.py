"""Guessing is slowed at every door, across processes; an honest till never meets the guard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from foundation.refusals import TooMany
from members.codes import confirmation, identification
from members.models import Code, Member
from pos import guard, keys
from pos.guard import Guesser, Kind
from pos.models import Guesses
from tests import factories
from tests.flows.corner import CARD, PASSWORD, Corner, open_corner
from tests.pos.conftest import SOLD_AT, Api, coffee

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def few(settings: Settings) -> None:
    """Three misses a minute."""
    settings.POS_MEMBER_MISSES_PER_MINUTE = settings.POS_CODE_MISSES_PER_MINUTE = 3


def restart() -> None:
    """Another process, or a new one: nothing is in memory."""
    guard.forget()
    keys.forget()
    cache.clear()


# By the API


@pytest.mark.parametrize("path", ["members/lookup", "quotes", "purchases", "events"])
@pytest.mark.parametrize("form", ["phone", "card", "email", "code"])
def test_unknown_members_are_answered_a_few_times_and_then_nobody_is_looked_up(
    api: Api, member: Member, path: str, form: str
) -> None:
    values = {"phone": "+7903000000{}", "card": "4000{}", "email": "nobody{}@example.org", "code": "9000{}"}
    card = member.cards.get().number
    known = {"phone": "+79161234545", "card": card, "email": "anna@example.org"}
    known["code"] = identification.issue(member, datetime.now(UTC))

    def ask(value: str, number: int) -> int:
        who = {form: value}
        body: dict[str, Any] = coffee(str(number), member=who, redeem="0")
        if path == "members/lookup":
            body = who
        elif path == "events":
            body = {"type": "review.left", "key": str(number), "member": who, "occurred_at": SOLD_AT}
        api.post(path, body)
        return api.status

    missed = 404 if path == "members/lookup" else 422
    assert [ask(values[form].format(n), n) for n in range(3)] == [missed] * 3
    restart()
    assert ask(known[form], 8) == 429
    assert 0 < int(api.last.headers["Retry-After"]) <= 60
    assert api.last.headers["Content-Type"] == "application/problem+json"


def test_in_a_batch_no_more_codes_are_tried_than_one_by_one(api: Api, member: Member) -> None:
    code = identification.issue(member, datetime.now(UTC))
    sent = [coffee(str(n), member={"code": f"90000{n}"}, redeem="0") for n in range(20)]
    sent += [coffee("good", member={"code": code}, redeem="0"), coffee("nobody", member=None, redeem="0")]
    told = {
        row["receipt_number"]: row["status"]
        for row in api.post("purchases/batch", {"purchases": sent})["results"]
    }
    assert [told[str(n)] for n in range(20)] == [422] * 3 + [429] * 17
    assert (told["good"], told["nobody"]) == (429, 201)
    restart()
    assert api.post("members/lookup", {"code": code})["code"] == "throttled"


def test_wrong_confirmation_codes_of_many_members_are_slowed_down(api: Api, shop: factories.Shop) -> None:
    shop.programme.confirm_above = 0
    shop.programme.save()
    from campaigns import rulebooks

    rulebooks.refresh(shop.programme, factories.START)
    seen = []
    for number in range(5):
        person = factories.enrol(shop.programme, "120")
        confirmation.send(person, datetime.now(UTC))
        sale = coffee(str(number), member={"id": str(person.id)}, redeem="10", confirmation_code="0000000")
        seen.append(api.post("purchases", sale)["code"])
    assert seen == ["confirmation_invalid"] * 3 + ["throttled"] * 2


@pytest.mark.parametrize("path", ["quotes", "purchases", "purchases/batch"])
def test_guessed_codes_of_a_screen_are_slowed_down_as_confirmations_are(
    api: Api, shop: factories.Shop, member: Member, path: str
) -> None:
    from campaigns import rulebooks

    shop.programme.confirm_above, shop.programme.confirm_whom = 0, "unproven"
    shop.programme.save()
    rulebooks.refresh(shop.programme, factories.START)

    def ask(number: int) -> int:
        sale = coffee(
            str(number), member={"id": str(member.id)}, redeem="10", shown_code=f"{number:018}",
        )  # fmt: skip
        if path != "purchases/batch":
            api.post(path, sale)
            return api.status
        status: int = api.post(path, {"purchases": [sale]})["results"][0]["status"]
        return status

    slowed = [ask(number) for number in range(6)]
    assert slowed[:2] == [200 if path == "quotes" else 422] * 2
    assert slowed[-1] == 429


def test_unknown_referrals_tell_only_a_few_times_who_is_a_member(api: Api, member: Member) -> None:
    seen = [
        api.post("members", {"phone": f"+7903111220{n}", "referral": f"+7903000000{n}"})["code"]
        for n in range(3)
    ]
    assert seen == ["referral_not_found"] * 3
    restart()
    told = api.post("members", {"phone": "+79031112299", "referral": "+79161234545"})
    assert (api.status, told["code"]) == (429, "throttled")


def test_a_till_that_sells_to_known_customers_all_day_never_meets_the_guard(api: Api, member: Member) -> None:
    for number in range(40):
        api.post("members/lookup", {"phone": "+79161234545"})
        assert api.status == 200
        if number % 20 == 0:
            api.post("members/lookup", {"card": f"40000{number}"})  # a mistyped card now and then
            assert api.status == 404
    assert Guesses.objects.get().misses == [2, 2, 2]


def test_the_same_mistyped_card_again_is_no_new_guess(api: Api, member: Member) -> None:
    for _ in range(20):
        api.post("quotes", coffee(None, member={"card": "4000"}))
        assert api.status == 422


def test_whoever_asks_for_a_phone_and_registers_it_was_not_guessing(api: Api, shop: factories.Shop) -> None:
    for number in range(9):
        phone = f"+7903000000{number}"
        assert api.post("members/lookup", {"phone": phone})["code"] == "member_not_found"
        api.post("members", {"phone": phone})
        assert api.status == 201
    assert Guesses.objects.get().misses == [0, 0, 0]


def test_a_known_customer_costs_no_statement_for_the_guard(
    api: Api, member: Member, lasting_memory: None
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    api.post("quotes", coffee(None))
    with CaptureQueriesContext(connection) as seen:
        api.post("quotes", coffee(None))
    assert not [query for query in seen.captured_queries if "pos_guesses" in query["sql"]]


def test_many_keys_from_one_address_are_slowed_by_the_address(settings: Settings) -> None:
    settings.POS_MEMBER_MISSES_PER_MINUTE = 1
    shop = factories.open_shop()
    apis = [Api(factories.open_shop(programme=shop.programme).secret) for _ in range(12)]
    for number, api in enumerate(apis):
        api.browser.defaults["REMOTE_ADDR"] = "203.0.113.9"
        api.post("members/lookup", {"card": f"4000{number}"})
    assert [api.status for api in apis] == [404] * 10 + [429] * 2
    apis[-1].browser.defaults["REMOTE_ADDR"] = "203.0.113.10"
    apis[-1].post("members/lookup", {"card": "4999"})
    assert apis[-1].status == 404


# How it counts


def missed(at: datetime, *values: str, kind: Kind = Kind.MEMBER, many: bool = False) -> float:
    """For how many seconds the guesser waits after these misses; 0 when they were told."""
    try:
        guard.note(kind, [Guesser("key:k", many)], values, at)
    except TooMany as refusal:
        return refusal.wait.total_seconds()
    return 0


def test_slow_guessing_meets_the_hour_and_the_day(settings: Settings) -> None:
    told, at = 0, NOW
    for number in range(24 * 60):
        told += missed(at, f"a{number}", f"b{number}") == 0  # two a minute, all day
        at += MINUTE
    assert told < 100  # of 1,440


def test_each_further_block_lasts_twice_as_long_an_hour_at_most_and_a_calm_day_forgets() -> None:
    at, waits = NOW, []
    for number in range(9):
        missed(at, *[f"{number}x{n}" for n in range(3)])
        waits.append(missed(at, "one more") / 60)
        at += timedelta(minutes=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    at += timedelta(days=1)
    missed(at, "p", "q", "r")
    assert missed(at, "s") == 60


def test_a_partners_whole_system_may_ask_for_more_strangers_than_a_till() -> None:
    assert missed(NOW, *[f"m{n}" for n in range(29)], many=True) == 0
    assert missed(NOW, "x", many=True) == 0
    assert missed(NOW, "y", many=True) == 60


def test_what_was_asked_for_is_kept_as_a_digest_alone() -> None:
    missed(NOW, "+79030000001")
    assert not any("9030000001" in str(value) for row in Guesses.objects.values() for value in row.values())


def test_old_rows_are_swept_when_a_new_guesser_comes() -> None:
    missed(NOW, "a")
    guard.note(Kind.MEMBER, [Guesser("key:other")], ["b"], NOW + timedelta(days=3))
    assert Guesses.objects.get().who == "key:other"


# At the till page


@pytest.fixture
def corner() -> Corner:
    return open_corner()


@pytest.fixture
def till(corner: Corner, client: Browser) -> Browser:
    assert client.login(username="mila", password=PASSWORD)
    client.get(reverse("till:place"))
    return client


def post(client: Browser, name: str, **data: Any) -> str:
    response = client.post(reverse(f"till:{name}"), data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


SENTENCE = "Too many that nobody knows"


def test_guessing_phones_and_codes_at_the_till_page_ends_with_a_sentence(till: Browser) -> None:
    for number in range(3):
        assert SENTENCE not in post(till, "identify", who=f"+4915100000{number}00")
    restart()
    page = post(till, "identify", who=CARD)
    assert SENTENCE in page
    assert "Anna" not in page
    found = till.get(reverse("till:receipts"), {"q": CARD}).content.decode()
    assert SENTENCE in found
    assert "Rye bread" in post(till, "add", code="RYE")  # goods are sold meanwhile


def test_guessing_coupons_at_the_till_page_ends_with_a_sentence(till: Browser, settings: Settings) -> None:
    settings.POS_COUPON_MISSES_PER_MINUTE = 3
    post(till, "add", code="RYE")
    for number in range(3):
        assert SENTENCE not in post(till, "coupon", code=f"GUESS{number}")
    assert SENTENCE in post(till, "coupon", code="GUESS9")


def test_guessing_in_the_field_for_everything_ends_with_goods_alone(till: Browser) -> None:
    for number in range(6):
        assert SENTENCE not in post(till, "add", code=f"+4915100000{number}00")
    assert SENTENCE in post(till, "add", code=CARD)
    assert "Rye bread" in post(till, "add", code="RYE")


def test_a_wrong_confirmation_code_counts_once_against_the_members_code(
    till: Browser, corner: Corner
) -> None:
    corner.shop.programme.confirm_above = 0
    corner.shop.programme.save()
    from campaigns import rulebooks

    rulebooks.refresh(corner.shop.programme, factories.START)
    confirmation.send(corner.anna, datetime.now(UTC))
    post(till, "add", code=["COFFEE-1000", CARD])
    post(till, "spend", redeem="10")
    number = till.session["till_basket"]["number"]
    post(till, "pay", number=number, state="completed", confirmation_code="000000x")
    assert Code.objects.get(member=corner.anna).attempts == 1
