"""What is made with a new member."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from members import consents, registration
from tests import factories

AT = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


def test_card_numbers_are_eans_with_a_right_check_digit() -> None:
    for _ in range(50):
        number = registration.make_card_number()
        assert len(number) == 13
        assert number.startswith("20")
        assert sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(number)) % 10 == 0


def test_referral_codes_avoid_letters_that_look_like_digits() -> None:
    for _ in range(50):
        assert not set(registration.make_referral_code()) & set("01IO")


@pytest.mark.django_db
def test_a_blocked_member_brings_nobody() -> None:
    blocked = factories.MemberFactory(status="blocked")
    assert registration.find_friend(blocked.referral_code) is None


@pytest.mark.django_db
def test_the_newest_consent_of_a_channel_is_in_force() -> None:
    member = factories.MemberFactory()
    consents.record(member, {"sms": True, "email": True}, AT, "till", {})
    consents.record(member, {"sms": False}, AT, "cabinet", {})
    assert consents.in_force(member) == {"sms": False, "email": True}
