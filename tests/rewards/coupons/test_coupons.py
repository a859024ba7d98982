"""Coupons on receipts: found, used, reserved, confirmed, given back, and what each step counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation.refusals import Refused
from members.models import Event
from rewards.coupons import coupons
from rewards.models import Coupon, CouponUse, SeriesMember, SeriesTotal
from tests.factories import MemberFactory, ProgrammeFactory
from tests.rewards.coupons.build import (
    NOW,
    ask,
    back,
    confirm,
    count_of,
    make_coupon,
    make_receipt,
    make_series,
    reasons,
    spend,
)

pytestmark = pytest.mark.django_db


# Found


def test_a_code_is_found_however_it_is_typed_and_told_as_it_was_typed() -> None:
    series = make_series(offer="10 off")
    coupon = make_coupon(series, "7K2M9XQ4")
    [found] = ask(series, " 7k2m-9xq4")
    assert (found.code, found.kept, found.id, found.series) == (
        " 7k2m-9xq4",
        "7K2M9XQ4",
        coupon.id,
        series.code,
    )
    assert (found.good_for, found.offer, found.usable) == ("receipt", "10 off", True)


def test_a_code_shown_twice_is_one_coupon() -> None:
    series = make_series(uses_each=5)
    make_coupon(series, "TWICE")
    assert [found.code for found in ask(series, "twice", "TWICE", "tw-ice")] == ["twice"]


def test_a_code_is_unknown_in_another_programme() -> None:
    coupon = make_coupon(make_series())
    assert reasons(ask(make_series(), coupon)) == ["unknown"]


@pytest.mark.parametrize("shown", ["NOSUCH", "x", "", "50%", "a\0b", "Ж" * 300])
def test_whatever_is_no_code_is_unknown(shown: str) -> None:
    assert reasons(ask(make_series(), shown)) == ["unknown"]


def test_coupons_are_found_in_one_query() -> None:
    series = make_series(most_in_all=5, most_per_member=2)
    shown = [make_coupon(series) for _ in range(3)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = ask(series, *shown, "NOSUCH", member=MemberFactory.build())
    assert reasons(found) == ["", "", "member_limit", "unknown"]
    assert len(queries) == 1


def test_nothing_shown_asks_nothing() -> None:
    series = make_series()
    with CaptureQueriesContext(connection) as queries:
        assert ask(series) == []
    assert len(queries) == 0


MOSCOW = {"time_zone": "Europe/Moscow"}  # UTC+3: its days begin at 21:00 UTC


@pytest.mark.parametrize(
    ("dates", "at", "reason"),
    [
        ({"valid_from": date(2026, 5, 10)}, datetime(2026, 5, 9, 20, 59, 59, tzinfo=UTC), "not_yet"),
        ({"valid_from": date(2026, 5, 10)}, datetime(2026, 5, 9, 21, 0, 0, tzinfo=UTC), ""),
        ({"valid_until": date(2026, 5, 10)}, datetime(2026, 5, 10, 20, 59, 59, tzinfo=UTC), ""),
        ({"valid_until": date(2026, 5, 10)}, datetime(2026, 5, 10, 21, 0, 0, tzinfo=UTC), "expired"),
    ],
)
def test_dates_are_whole_days_of_the_programme(dates: dict[str, Any], at: datetime, reason: str) -> None:
    series = make_series(ProgrammeFactory(**MOSCOW), **dates)
    assert reasons(ask(series, make_coupon(series), at=at)) == [reason]


def test_a_coupons_own_end_and_the_series_end_count_whichever_is_first() -> None:
    series = make_series(valid_until=date(2026, 5, 20))
    short = make_coupon(series, valid_until=datetime(2026, 5, 12, 23, 59, 59, tzinfo=UTC))
    long = make_coupon(series, valid_until=datetime(2026, 6, 12, 23, 59, 59, tzinfo=UTC))
    assert reasons(ask(series, short, long, at=datetime(2026, 5, 13, tzinfo=UTC))) == ["expired", ""]
    assert reasons(ask(series, short, long, at=datetime(2026, 5, 21, tzinfo=UTC))) == ["expired", "expired"]


def test_a_late_receipt_is_judged_by_its_own_time_whatever_the_label_says() -> None:
    series = make_series(valid_until=date(2026, 5, 9))
    coupon = make_coupon(series, state="expired")
    assert reasons(ask(series, coupon)) == ["expired"]
    assert reasons(ask(series, coupon, at=NOW - timedelta(days=1))) == [""]


# Used


def test_a_single_coupon_is_used_once() -> None:
    series = make_series()
    coupon = make_coupon(series)
    receipt = spend(series, coupon)
    assert count_of(coupon) == ("used", 1, 0)
    assert list(CouponUse.objects.values_list("receipt", "coupon", "state", "at")) == [
        (receipt, coupon.id, "used", NOW)
    ]
    assert reasons(ask(series, coupon)) == ["used_up"]


def test_a_coupon_of_three_uses_stays_issued_until_the_last() -> None:
    series = make_series(uses_each=3)
    coupon = make_coupon(series)
    counts = []
    for _ in range(3):
        spend(series, coupon)
        counts.append(count_of(coupon))
    assert counts == [("issued", 1, 0), ("issued", 2, 0), ("used", 3, 0)]
    assert reasons(ask(series, coupon)) == ["used_up"]


def test_a_coupon_without_a_limit_is_not_counted_and_never_used_up() -> None:
    series = make_series(mass_code="Welcome-10")
    coupon = Coupon.objects.get()
    for _ in range(3):
        spend(series, "welcome10")
    assert count_of(coupon) == ("issued", 0, 0)
    assert CouponUse.objects.count() == 3


def test_a_code_for_all_may_have_a_number_of_uses() -> None:
    series = make_series(mass_code="FIRST2", uses_each=2)
    spend(series, "FIRST2")
    spend(series, "FIRST2")
    assert reasons(ask(series, "FIRST2")) == ["used_up"]


def test_a_member_uses_a_series_as_often_as_the_limit_says() -> None:
    series = make_series(mass_code="WELCOME", most_per_member=2)
    anna, boris = MemberFactory(), MemberFactory()
    spend(series, "WELCOME", member=anna)
    spend(series, "WELCOME", member=anna)
    assert reasons(ask(series, "WELCOME", member=anna)) == ["member_limit"]
    assert reasons(ask(series, "WELCOME", member=boris)) == [""]
    assert list(SeriesMember.objects.values_list("member", "uses", "most")) == [(anna.id, 2, 2)]


def test_a_series_is_used_as_often_in_all_as_the_limit_says() -> None:
    series = make_series(most_in_all=2)
    spend(series, make_coupon(series), make_coupon(series))
    assert reasons(ask(series, make_coupon(series))) == ["total_limit"]
    assert SeriesTotal.objects.get().uses == 2


def test_a_series_without_limits_has_no_counters() -> None:
    series = make_series()
    spend(series, make_coupon(series), member=MemberFactory())
    assert (SeriesTotal.objects.count(), SeriesMember.objects.count()) == (0, 0)


LIMITS: list[tuple[dict[str, Any], str]] = [
    ({}, "The coupon was used already."),
    (
        {"uses_each": None, "most_per_member": 1},
        "The member has used as many coupons of this kind as allowed.",
    ),
    ({"uses_each": None, "most_in_all": 1}, "All coupons of this kind have been used."),
]


@pytest.mark.parametrize(("limits", "told"), LIMITS)
def test_whoever_is_second_is_refused_and_nothing_of_it_stays(limits: dict[str, Any], told: str) -> None:
    series = make_series(**limits)
    coupon, anna = make_coupon(series), MemberFactory()
    both = [ask(series, coupon, member=anna) for _ in range(2)]
    receipts = [make_receipt(series.programme) for _ in range(2)]
    with transaction.atomic():
        coupons.use(both[0], receipts[0], anna.id, NOW)
    before = count_of(coupon)
    with pytest.raises(Refused) as refused, transaction.atomic():
        coupons.use(both[1], receipts[1], anna.id, NOW)
    assert (refused.value.code, refused.value.detail) == ("coupon_not_usable", f"{coupon.code}: {told}")
    assert count_of(coupon) == before
    assert [use.receipt_id for use in CouponUse.objects.all()] == [receipts[0]]
    assert Event.objects.filter(kind="coupon.used").count() == 1


@pytest.mark.parametrize("uses_each", [1, None])
def test_a_coupon_revoked_between_finding_and_using_is_refused(uses_each: int | None) -> None:
    series = make_series(uses_each=uses_each)
    coupon = make_coupon(series)
    found = ask(series, coupon)
    Coupon.objects.update(state="revoked")
    with pytest.raises(Refused, match="no longer in force"), transaction.atomic():
        coupons.use(found, make_receipt(series.programme), None, NOW)
    assert CouponUse.objects.count() == 0


def test_a_coupon_that_cannot_be_used_is_not_used() -> None:
    series = make_series()
    with pytest.raises(ValueError, match="not used"):
        coupons.use(ask(series, "NOSUCH"), make_receipt(series.programme), None, NOW)


def test_a_receipt_uses_a_coupon_once() -> None:
    series = make_series(uses_each=5)
    coupon = make_coupon(series)
    receipt = spend(series, coupon)
    with pytest.raises(IntegrityError, match="coupon_once_on_receipt"):
        spend(series, coupon, receipt=receipt)


@pytest.mark.parametrize(
    ("model", "change", "constraint"),
    [
        (Coupon, {"uses": 2}, "coupon_not_overused"),
        (Coupon, {"uses": 0, "reserved": 1}, "coupon_reserves_its_uses"),
        (Coupon, {"uses": 0, "state": "used"}, "coupon_used_up"),
        (Coupon, {"uses": 1, "state": "waiting"}, "coupon_waits_for_a_member"),
        (Coupon, {"code": "lower"}, "coupon_code_normal"),
        (Coupon, {"code": "WITH-DASH"}, "coupon_code_normal"),
        (SeriesMember, {"uses": 3}, "series_member_not_exceeded"),
        (SeriesTotal, {"uses": 6}, "series_total_not_exceeded"),
    ],
)
def test_the_database_itself_holds_every_limit(model: Any, change: dict[str, Any], constraint: str) -> None:
    series = make_series(most_in_all=5, most_per_member=2)
    spend(series, make_coupon(series), member=MemberFactory())
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**change)


def test_a_code_is_there_once_in_a_programme_and_again_in_another() -> None:
    series = make_series()
    make_coupon(series, "SAME")
    make_coupon(make_series(), "SAME")
    with pytest.raises(IntegrityError, match="coupon_code_in_programme"), transaction.atomic():
        make_coupon(make_series(series.programme), "SAME")


@pytest.mark.django_db(transaction=True)
def test_a_coupon_is_of_one_programme_with_its_series() -> None:
    series = make_series()
    with pytest.raises(IntegrityError, match="coupon_of_series_of_programme"):
        Coupon.objects.create(series=series, programme=ProgrammeFactory(), code="STRAY", most=1)


# Reserved, confirmed, given back


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["reserve"], ("reserved", 1, 1)),
        (["reserve", "confirm"], ("used", 1, 0)),
        (["reserve", "confirm", "confirm"], ("used", 1, 0)),
        (["reserve", "back"], ("issued", 0, 0)),
        (["reserve", "back", "back"], ("issued", 0, 0)),
        (["reserve", "back", "confirm"], ("issued", 0, 0)),
        (["reserve", "confirm", "back"], ("issued", 0, 0)),
        (["use"], ("used", 1, 0)),
        (["use", "confirm"], ("used", 1, 0)),
        (["use", "back"], ("issued", 0, 0)),
        (["use", "back", "back"], ("issued", 0, 0)),
        (["use", "back", "use"], ("used", 1, 0)),
        (["use", "back", "reserve", "confirm"], ("used", 1, 0)),
        (["reserve", "revoke"], ("revoked", 1, 1)),
        (["reserve", "revoke", "confirm"], ("revoked", 1, 0)),
        (["reserve", "revoke", "back"], ("revoked", 0, 0)),
        (["use", "revoke", "back"], ("revoked", 0, 0)),
        (["use", "late back"], ("expired", 0, 0)),
        (["reserve", "late back"], ("expired", 0, 0)),
        (["reserve", "late confirm"], ("used", 1, 0)),
    ],
)
def test_states_of_a_single_coupon(steps: list[str], expected: tuple[str, int, int]) -> None:
    series = make_series(valid_until=date(2026, 5, 31), most_in_all=1, most_per_member=1)
    coupon, anna = make_coupon(series), MemberFactory()
    late = NOW + timedelta(days=60)
    receipt = None
    for step in steps:
        match step:
            case "use" | "reserve":
                receipt = spend(series, coupon, member=anna, reserve=step == "reserve")
            case "confirm" | "late confirm":
                assert receipt
                confirm(receipt, late if "late" in step else NOW)
            case "back" | "late back":
                assert receipt
                back(receipt, late if "late" in step else NOW)
            case "revoke":
                Coupon.objects.update(state="revoked")
    assert count_of(coupon) == expected
    assert SeriesTotal.objects.get().uses == SeriesMember.objects.get().uses == expected[1]


def test_a_reservation_among_several_uses_is_counted_apart() -> None:
    series = make_series(uses_each=3)
    coupon = make_coupon(series)
    spend(series, coupon)
    held = [spend(series, coupon, reserve=True) for _ in range(2)]
    assert count_of(coupon) == ("reserved", 3, 2)
    confirm(held[0])
    assert count_of(coupon) == ("reserved", 3, 1)
    back(held[1])
    assert count_of(coupon) == ("issued", 2, 0)


def test_one_coupon_of_a_receipt_is_given_back_and_the_others_stay() -> None:
    series = make_series(most_in_all=9)
    first, second = make_coupon(series, "FIRST"), make_coupon(series, "SECOND")
    receipt = spend(series, first, second)
    assert back(receipt, only=["fir-st"]) == ["FIRST"]
    assert (count_of(first), count_of(second)) == (("issued", 0, 0), ("used", 1, 0))
    assert SeriesTotal.objects.get().uses == 1
    assert back(receipt, only=["first"]) == []
    assert back(receipt) == ["SECOND"]
    assert SeriesTotal.objects.get().uses == 0


def test_an_expired_coupon_given_back_cannot_be_used_even_while_its_label_waits() -> None:
    series = make_series(valid_until=date(2026, 5, 31))
    coupon = make_coupon(series)
    receipt = spend(series, coupon)
    back(receipt, NOW)
    assert count_of(coupon)[0] == "issued"
    assert reasons(ask(series, coupon, at=NOW + timedelta(days=60))) == ["expired"]


def test_a_receipt_without_coupons_gives_none_back() -> None:
    assert back(make_receipt(make_series().programme)) == []


def test_what_became_of_a_coupon_stands_on_the_members_timeline() -> None:
    series = make_series(code="spring")
    coupon, anna = make_coupon(series, "ANNAS"), MemberFactory()
    receipt = spend(series, coupon, member=anna, reserve=True)
    assert Event.objects.count() == 0
    confirm(receipt)
    back(receipt, NOW + timedelta(hours=1))
    told = {"coupon": "ANNAS", "series": "spring", "receipt": str(receipt)}
    assert list(Event.objects.order_by("at").values_list("kind", "member", "at", "data")) == [
        ("coupon.used", anna.id, NOW, told),
        ("coupon.returned", anna.id, NOW + timedelta(hours=1), told),
    ]


def test_nobodys_coupon_leaves_no_event() -> None:
    series = make_series()
    back(spend(series, make_coupon(series)))
    assert Event.objects.count() == 0
