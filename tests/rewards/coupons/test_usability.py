"""Whether coupons can be used: the rule as tables, over plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rewards.coupons import usability
from rewards.coupons.usability import Held

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
ANNA, BORIS = UUID(int=1), UUID(int=2)
SECOND = timedelta(seconds=1)

PLAIN = Held(
    id=1, code="CODE1", state="issued", member_id=None, uses=0, most=1, opens=None, closes=None,
    series_id=1, series="spring", good_for="receipt", offer="", active=True, combinable=True,
    uses_of_member=0, most_per_member=None, uses_in_all=0, most_in_all=None,
)  # fmt: skip


def judge(*held: Held | None, member: UUID | None = ANNA, at: datetime = NOW) -> list[str]:
    """Why each cannot be used."""
    shown = [(f"code {n}", f"CODE{n}", one) for n, one in enumerate(held)]
    return [found.reason for found in usability.judge(shown, member, at)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        # its window, to the second
        ({"opens": NOW}, ""),
        ({"opens": NOW + SECOND}, "not_yet"),
        ({"closes": NOW}, ""),
        ({"closes": NOW - SECOND}, "expired"),
        # its label says nothing that dates and counters do not
        ({"state": "expired"}, ""),
        ({"state": "issued", "closes": NOW - SECOND}, "expired"),
        # its uses
        ({"uses": 1}, "used_up"),
        ({"state": "used", "uses": 1}, "used_up"),
        ({"state": "reserved", "uses": 1}, "used_up"),
        ({"uses": 4, "most": 5}, ""),
        ({"uses": 5, "most": 5}, "used_up"),
        ({"most": None}, ""),
        # whose it is
        ({"member_id": ANNA}, ""),
        ({"member_id": BORIS}, "not_yours"),
        ({"state": "waiting"}, "unknown"),
        # taken out of force
        ({"state": "revoked"}, "revoked"),
        ({"active": False}, "revoked"),
        # limits of the series
        ({"most_per_member": 2, "uses_of_member": 1}, ""),
        ({"most_per_member": 2, "uses_of_member": 2}, "member_limit"),
        ({"most_in_all": 100, "uses_in_all": 99}, ""),
        ({"most_in_all": 100, "uses_in_all": 100}, "total_limit"),
        # alone it goes with no other
        ({"combinable": False}, ""),
        # of several reasons the one that tells most
        ({"member_id": BORIS, "state": "revoked", "uses": 1}, "not_yours"),
        ({"uses": 1, "closes": NOW - SECOND}, "expired"),
    ],
)
def test_one_coupon(fields: dict[str, Any], reason: str) -> None:
    assert judge(replace(PLAIN, **fields)) == [reason]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"member_id": ANNA}, "not_yours"),
        ({"most_per_member": 1}, "member_required"),
    ],
)
def test_one_coupon_of_an_anonymous_shopper(fields: dict[str, Any], reason: str) -> None:
    assert judge(replace(PLAIN, **fields), member=None) == [reason]


def other(combinable: bool = True) -> Held:
    return replace(PLAIN, id=3, series_id=2, series="autumn", combinable=combinable)


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ((PLAIN, other()), ["", ""]),
        ((replace(PLAIN, combinable=False), other()), ["", "not_combinable"]),
        ((other(), replace(PLAIN, combinable=False)), ["", "not_combinable"]),
        ((replace(PLAIN, combinable=False, uses=1), other()), ["used_up", ""]),
        ((None, other(combinable=False)), ["unknown", ""]),
        (
            (replace(PLAIN, most_per_member=1), replace(PLAIN, id=2, most_per_member=1), other()),
            ["", "member_limit", ""],
        ),
        (
            (
                replace(PLAIN, most_in_all=9, uses_in_all=8),
                replace(PLAIN, id=2, most_in_all=9, uses_in_all=8),
            ),
            ["", "total_limit"],
        ),
    ],
)
def test_several_coupons_count_in_the_order_in_which_they_are_shown(
    held: tuple[Held | None, ...], found: list[str]
) -> None:
    assert judge(*held) == found


def test_nothing_is_told_of_a_coupon_that_is_somebody_elses() -> None:
    [found] = usability.judge([("x", "X", replace(PLAIN, member_id=BORIS, offer="10 off"))], ANNA, NOW)
    assert (found.reason, found.series, found.offer, found.closes) == ("not_yours", "", "", None)


@pytest.mark.parametrize(
    "reason",
    [
        "unknown", "revoked", "not_yet", "expired", "not_yours", "member_required", "used_up", "member_limit",
        "total_limit", "not_combinable",
    ],
)  # fmt: skip
def test_every_reason_is_told_in_words(reason: str) -> None:
    found = usability.Found("abc", "ABC", reason, opens=NOW, closes=NOW)
    assert found.text.endswith((".", "”."))
    assert not found.usable


def test_a_usable_coupon_needs_no_words() -> None:
    assert usability.Found("abc", "ABC").text == ""
