"""Codes that prove a phone or e-mail: bound to the browser, single, short-lived, few, and silent about who is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection

from foundation.refusals import Refused, TooMany
from members.codes import entry
from members.codes.entry import Address, Asker
from members.models import EntryCode
from tests.cabinet import post

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PHONE, EMAIL = Address("sms", "+4915112345678"), Address("email", "anna@example.org")
HERE, ELSEWHERE = Asker("browser one", "192.0.2.1"), Asker("browser two", "192.0.2.2")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def box(settings: LazySettings) -> Iterator[list[post.Sent]]:
    with post.box(settings) as sent:
        yield sent


def send(address: Address = PHONE, asker: Asker = HERE, at: datetime = NOW) -> str:
    """The code that was sent."""
    entry.send(address, asker, "Your code", "{code} is your code.", at)
    return post.SENT[-1].code


def refusal(address: Address, asker: Asker, code: str, at: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        entry.prove(address, asker, code, at)
    return refused.value.code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize("address", [PHONE, EMAIL])
def test_the_code_that_was_sent_proves_the_address_once(address: Address) -> None:
    code = send(address)

    entry.prove(address, HERE, f"{code[:3]} {code[3:]}", NOW + timedelta(minutes=9))

    assert refusal(address, HERE, code) == "code_over"
    assert (post.SENT[0].kind, post.SENT[0].to) == (address.kind, address.to)


def test_nothing_that_is_kept_can_be_read() -> None:
    code = send()

    with connection.cursor() as cursor:
        cursor.execute("select entry::text from members_entrycode entry")
        kept = cursor.fetchone()[0]

    for secret in (code, PHONE.to, PHONE.to[1:], HERE.browser, HERE.caller):
        assert secret not in kept


def test_another_browser_cannot_use_the_code() -> None:
    code = send()

    assert refusal(PHONE, ELSEWHERE, code) == "code_over"
    entry.prove(PHONE, HERE, code, NOW)


def test_a_code_is_over_after_ten_minutes_and_when_another_is_sent() -> None:
    first = send()
    assert refusal(PHONE, HERE, first, NOW + timedelta(minutes=10, seconds=1)) == "code_over"

    second = send(at=NOW + timedelta(minutes=1))
    if first != second:
        assert refusal(PHONE, HERE, first, NOW + timedelta(minutes=1)) == "code_wrong"
    entry.prove(PHONE, HERE, second, NOW + timedelta(minutes=1))


def test_five_tries_and_the_right_code_is_no_use_any_more() -> None:
    code = send()

    assert [refusal(PHONE, HERE, wrong(code)) for _ in range(5)] == ["code_wrong"] * 5
    assert refusal(PHONE, HERE, code) == "code_over"


def test_an_address_gets_three_codes_in_a_quarter_of_an_hour_whoever_asks() -> None:
    asked = [NOW + timedelta(minutes=number) for number in range(4)]
    for number, at in enumerate(asked[:3]):
        send(asker=Asker(f"browser {number}", f"192.0.2.{number}"), at=at)

    with pytest.raises(TooMany) as refused:
        send(asker=Asker("browser 9", "192.0.2.9"), at=asked[3])

    assert refused.value.wait == timedelta(minutes=12)
    send(at=NOW + timedelta(minutes=15, seconds=1))


def test_no_two_codes_within_half_a_minute() -> None:
    send()

    with pytest.raises(TooMany) as refused:
        send(at=NOW + timedelta(seconds=10))

    assert refused.value.wait == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("who", "most"), [("browser", 10), ("caller", 60)], ids=["one browser", "one address of the network"]
)
def test_one_asker_cannot_have_codes_sent_to_many_addresses(who: str, most: int) -> None:
    for number in range(most):
        asker = Asker("one", f"192.0.2.{number}") if who == "browser" else Asker(f"{number}", "192.0.2.1")
        send(Address("sms", f"+49151{number:08d}"), asker, NOW)

    with pytest.raises(TooMany):
        send(Address("sms", "+4915199999999"), Asker("one", "192.0.2.1"), NOW + timedelta(minutes=1))
    send(Address("sms", "+4915199999999"), Asker("another", "198.51.100.7"), NOW + timedelta(minutes=1))


def test_what_does_not_arrive_is_said() -> None:
    post.DEAD.add(PHONE.to)

    with pytest.raises(Refused) as refused:
        send()

    assert refused.value.code == "code_not_deliverable"


def test_codes_that_are_over_are_swept_away_by_the_next_one() -> None:
    send()
    send(EMAIL, at=NOW + timedelta(days=3))

    assert EntryCode.objects.count() == 1


def test_the_login_for_reviewers_works_for_its_phone_alone_and_is_off_by_default(
    settings: LazySettings,
) -> None:
    code = send()
    assert refusal(PHONE, HERE, "000000") == "code_wrong" or code == "000000"

    settings.REVIEW_LOGIN = f"{PHONE.to}:000000"
    entry.prove(PHONE, HERE, "000000", NOW)

    other = Address("sms", "+4915100000001")
    other_code = send(other)
    assert other_code == "000000" or refusal(other, HERE, "000000") == "code_wrong"
