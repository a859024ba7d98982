"""Coupons given to members under a key, and taken out of force again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from members.models import Event, Member
from rewards import codes
from rewards.coupons import handouts
from rewards.models import Coupon, Series
from tests.factories import MemberFactory, ProgrammeFactory
from tests.rewards.coupons.build import NOW, ask, back, count_of, make_coupon, make_series, reasons, spend

pytestmark = pytest.mark.django_db


def issue(series: Series, member: Member | None, key: str, at: datetime = NOW) -> Coupon | None:
    with transaction.atomic():
        return handouts.issue(series, member.id if member else None, at, key)


def withdraw(key: str, at: datetime = NOW) -> list[str]:
    with transaction.atomic():
        return handouts.withdraw(key, at)


def test_a_member_is_given_a_new_code_of_the_series() -> None:
    series, anna = make_series(prefix="SUN", length=10, uses_each=2), MemberFactory()
    coupon = issue(series, anna, "receipt-1")
    assert coupon is not None
    assert (coupon.member, coupon.state, coupon.most, coupon.cause) == (anna, "issued", 2, "receipt-1")
    assert len(coupon.code) == 13
    assert codes.is_right(coupon.code.removeprefix("SUN"))
    assert reasons(ask(series, coupon, member=anna)) == [""]
    assert reasons(ask(series, coupon, member=MemberFactory())) == ["not_yours"]
    event = Event.objects.get()
    assert (event.kind, event.member, event.data) == (
        "coupon.issued", anna, {"coupon": coupon.code, "series": series.code},
    )  # fmt: skip


def test_the_same_key_gives_the_same_coupon_again_whatever_became_of_it() -> None:
    series, anna = make_series(), MemberFactory()
    first = issue(series, anna, "k")
    assert first is not None
    spend(series, first, member=anna)
    assert issue(series, anna, "k") == first
    series.active = False
    assert issue(series, anna, "k") == first
    assert issue(make_series(series.programme), anna, "k") != first
    assert Event.objects.filter(kind="coupon.issued").count() == 2


def test_a_coupon_without_a_member_serves_whoever_shows_it() -> None:
    series = make_series()
    coupon = issue(series, None, "k")
    assert reasons(ask(series, coupon or "", member=MemberFactory())) == [""]
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("zone", "days", "end"),
    [
        ("UTC", 0, datetime(2026, 5, 10, 23, 59, 59, tzinfo=UTC)),
        ("UTC", 1, datetime(2026, 5, 11, 23, 59, 59, tzinfo=UTC)),
        ("Europe/Moscow", 30, datetime(2026, 6, 9, 20, 59, 59, tzinfo=UTC)),
    ],
)
def test_days_run_from_the_issue_to_the_end_of_a_day_of_the_programme(
    zone: str, days: int, end: datetime
) -> None:
    series = make_series(ProgrammeFactory(time_zone=zone), days=days)
    coupon = issue(series, MemberFactory(), "k")
    assert coupon is not None
    assert coupon.valid_until == end


def test_codes_of_the_pool_count_only_from_when_they_are_handed_out() -> None:
    series = make_series(from_pool=True, days=7)
    for number in range(2):
        make_coupon(series, f"POOL{number}", state="waiting", issued_at=None)
    anna = MemberFactory()
    assert reasons(ask(series, "POOL0", "POOL1", member=anna)) == ["unknown", "unknown"]
    given = [issue(series, anna, f"k{number}") for number in range(2)]
    assert {coupon.code for coupon in given if coupon} == {"POOL0", "POOL1"}
    assert {coupon.valid_until for coupon in given if coupon} == {
        datetime(2026, 5, 17, 23, 59, 59, tzinfo=UTC)
    }
    assert reasons(ask(series, "POOL0", member=anna)) == [""]
    assert issue(series, anna, "k0") == given[0]
    assert issue(series, anna, "k2") is None
    assert Event.objects.filter(kind="coupon.issued").count() == 2


@pytest.mark.parametrize("fields", [{"active": False}, {"valid_until": date(2026, 5, 9)}])
def test_a_series_that_is_closed_gives_nothing(fields: dict[str, Any]) -> None:
    assert issue(make_series(**fields), MemberFactory(), "k") is None
    assert issue(make_series(mass_code="ALL", **fields), MemberFactory(), "k") is None
    assert Coupon.objects.filter(cause="k").count() == 0


def test_of_a_series_of_one_code_that_code_is_given_and_stays_everybodys() -> None:
    series = make_series(mass_code="ALL")
    coupon = issue(series, MemberFactory(), "k")
    assert coupon is not None
    assert (coupon.code, coupon.member, coupon.cause) == ("ALL", None, None)
    assert withdraw("k") == []
    assert count_of(coupon)[0] == "issued"


@pytest.mark.parametrize("uses_each", [1, 3, None])
def test_what_was_issued_is_withdrawn_and_what_is_used_up_when_it_comes_back(uses_each: int | None) -> None:
    series, anna = make_series(uses_each=uses_each), MemberFactory()
    free, used, returned = (issue(series, anna, key) for key in ("free", "used", "returned"))
    assert free and used and returned
    receipt = spend(series, used, member=anna)
    back(spend(series, returned, member=anna))
    assert withdraw("free", NOW + timedelta(hours=1)) == [free.code]
    assert withdraw("free") == []
    assert withdraw("used") == ([] if uses_each == 1 else [used.code])
    assert withdraw("used") == []
    assert withdraw("returned") == [returned.code]
    assert reasons(ask(series, free, used, member=anna)) == [
        "revoked", "used_up" if uses_each == 1 else "revoked",
    ]  # fmt: skip
    assert back(receipt) == [used.code]
    assert reasons(ask(series, used, member=anna)) == ["revoked"]
    told = Event.objects.filter(kind="coupon.revoked").values_list("data__coupon", flat=True)
    assert sorted(told) == sorted([free.code, returned.code, used.code])


def test_a_reserved_coupon_is_withdrawn_when_it_is_let_go() -> None:
    series, anna = make_series(), MemberFactory()
    coupon = issue(series, anna, "k")
    assert coupon
    receipt = spend(series, coupon, member=anna, reserve=True)
    assert withdraw("k") == []
    assert count_of(coupon)[0] == "reserved"
    back(receipt)
    assert count_of(coupon) == ("revoked", 0, 0)


def test_coupons_are_revoked_by_hand_whatever_they_are_but_used() -> None:
    series = make_series(uses_each=1)
    coupons = {state: make_coupon(series, state=state) for state in ("issued", "waiting", "expired")}
    used, held = make_coupon(series), make_coupon(series)
    receipt = spend(series, used)
    spend(series, held, reserve=True)
    everything = [*coupons.values(), used, held]
    with transaction.atomic():
        revoked = handouts.revoke([coupon.pk for coupon in everything], NOW)
    assert sorted(revoked) == sorted(coupon.code for coupon in everything if coupon != used)
    assert {count_of(coupon)[0] for coupon in everything if coupon != used} == {"revoked"}
    assert count_of(used) == ("used", 1, 0)
    back(receipt)
    assert count_of(used) == ("revoked", 0, 0)


def test_a_whole_series_is_revoked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handouts, "BATCH", 3)
    series = make_series()
    for _ in range(7):
        make_coupon(series)
    other = make_coupon(make_series(series.programme))
    assert handouts.revoke_series(series.pk, NOW) == 7
    assert handouts.revoke_series(series.pk, NOW) == 0
    assert Coupon.objects.filter(series=series, state="revoked").count() == 7
    assert count_of(other)[0] == "issued"


def issue_again(series: Any, member: Any, key: str) -> Any:
    with transaction.atomic():
        return handouts.issue_again(series, member.id, NOW, key)


def test_what_was_withdrawn_and_comes_back_has_another_code_and_the_first_stays_revoked() -> None:
    series, anna = make_series(), MemberFactory()
    codes_ = []
    for _ in range(3):
        coupon = issue_again(series, anna, "event-1")
        assert issue_again(series, anna, "event-1") == coupon, "asked twice, given once"
        codes_.append(coupon.code)
        assert withdraw("event-1") == [coupon.code]
        assert withdraw("event-1") == []
    assert len(set(codes_)) == 3
    assert set(Coupon.objects.values_list("state", flat=True)) == {"revoked"}
    assert withdraw("event-10") == []


def test_a_used_coupon_that_was_withdrawn_stands_again_in_place_of_another() -> None:
    series, anna = make_series(), MemberFactory()
    coupon = issue_again(series, anna, "event-1")
    Coupon.objects.filter(pk=coupon.pk).update(state="used", uses=1)
    assert withdraw("event-1") == []
    assert Coupon.objects.get().withdrawn

    assert issue_again(series, anna, "event-1") == coupon
    assert [(one.state, one.withdrawn) for one in Coupon.objects.all()] == [("used", False)]


def test_what_was_used_of_a_coupon_is_not_to_be_had_again_when_it_comes_back() -> None:
    series, anna = make_series(uses_each=3), MemberFactory()
    spend(series, issue_again(series, anna, "event-1"), member=anna)
    withdraw("event-1")
    assert issue_again(series, anna, "event-1").most == 2


def test_coupons_of_one_cause_are_not_handed_out_again_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handouts, "MOST_AGAIN", 1)
    series, anna = make_series(), MemberFactory()
    for _ in range(2):
        assert issue_again(series, anna, "event-1") is not None
        withdraw("event-1")
    assert issue_again(series, anna, "event-1") is None
