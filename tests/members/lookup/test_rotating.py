"""The code on a member's screen: RFC 6238, for a few minutes, of a device that is logged in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from members import devices
from members.lookup import lookup, rotating
from members.lookup.lookup import Manner
from members.models import Device, Member
from tests import factories

NOW = datetime(2026, 11, 30, 12, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_table_in_rfc_6238_appendix_b(
    seconds: int, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "secret_of", lambda number: b"12345678901234567890")

    code = rotating.code_at("1000000001", datetime.fromtimestamp(seconds, UTC))

    assert code == "1000000001" + shown


@pytest.mark.parametrize(
    ("late", "holds"),
    [(0, True), (-30, True), (-75, False), (30, True), (299, True), (345, False), (3600, False)],
)
def test_a_code_holds_for_a_sale_and_not_for_a_screenshot(late: int, holds: bool) -> None:
    number = "1234567890"
    code = rotating.code_at(number, NOW)

    found = rotating.proven(code, NOW + timedelta(seconds=late))

    assert found == (number if holds else None)


@pytest.mark.parametrize(
    "text", ["", "123", "1" * 18, "1" * 17, "x" * 18, "１" * 18, " 123456789012345678 9"]
)
def test_other_texts_are_no_codes(text: str) -> None:
    assert rotating.proven(text, NOW) is None


def test_another_devices_digits_prove_nothing() -> None:
    mine, theirs = rotating.code_at("1234567890", NOW), rotating.code_at("1234567891", NOW)

    assert rotating.proven(mine[:10] + theirs[10:], NOW) is None


@pytest.mark.django_db
def test_the_code_finds_the_member_until_the_device_is_logged_out() -> None:
    member = factories.MemberFactory()
    devices.open_on(member, "club", "Chrome, Android", NOW)
    code = rotating.code_at(Device.objects.get().number, NOW)
    sought = lookup.seek_any(code, Manner())

    assert lookup.find(sought, NOW) == member
    assert lookup.find(sought, NOW + timedelta(hours=1)) is None

    devices.end(member, NOW)
    assert lookup.find(sought, NOW) is None


@pytest.mark.django_db
def test_devices_are_found_while_they_are_in_use_and_their_member_is_active() -> None:
    member = factories.MemberFactory()
    token = devices.open_on(member, "club", "Firefox, Linux", NOW)

    assert devices.find(token, "club", NOW) is not None
    assert devices.find(token, "other", NOW) is None
    assert devices.find(token + "x", "club", NOW) is None
    assert devices.find("", "club", NOW) is None
    later = NOW + devices.LIFE - timedelta(hours=1)
    assert devices.find(token, "club", later) is not None  # and being seen puts the end off
    assert devices.find(token, "club", later + devices.LIFE) is None

    Member.objects.update(status=Member.Status.BLOCKED)
    assert devices.find(token, "club", NOW) is None
