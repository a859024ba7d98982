"""Series of coupons: what they refuse, and limits that are set, moved and lifted while coupons are in use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from foundation.refusals import Conflict, Invalid
from rewards.coupons import series as house
from rewards.models import Coupon, Series, SeriesMember, SeriesTotal
from tests.factories import MemberFactory, ProgrammeFactory
from tests.rewards.coupons.build import NOW, ask, back, count_of, make_coupon, make_series, reasons, spend

pytestmark = pytest.mark.django_db


def save(series: Series, most_in_all: int | None = None, **fields: Any) -> Series:
    for name, value in fields.items():
        setattr(series, name, value)
    with transaction.atomic():
        return house.save(series, most_in_all, NOW + timedelta(days=1))


def test_a_code_for_all_is_made_with_its_series() -> None:
    series = make_series(mass_code="Welcome-10", uses_each=3)
    coupon = house.code_for_all(series)
    assert (coupon.code, coupon.state, coupon.most, coupon.member) == ("WELCOME10", "issued", 3, None)


def test_a_code_for_all_that_is_taken_is_refused_with_the_series() -> None:
    programme = ProgrammeFactory()
    make_series(programme, mass_code="WELCOME")
    with pytest.raises(Conflict, match="WELCOME"):
        make_series(programme, mass_code="wel come", code="second")
    assert not Series.objects.filter(code="second").exists()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"most_in_all": 0}, "most_in_all", "too_small"),
        ({"prefix": "50%"}, "prefix", "not_alphanumeric"),
        ({"valid_from": date(2026, 5, 2), "valid_until": date(2026, 5, 1)}, "valid_until", "before_start"),
        ({"kind": "mass"}, "mass_code", "malformed"),
        ({"mass_code": "a%"}, "mass_code", "malformed"),
        ({"mass_code": "ALL", "from_pool": True}, "from_pool", "one_code"),
        ({"mass_code": "ALL", "days": 5}, "days", "one_code"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(fields: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_series(**fields)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [(field, code)]
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"code": "other"}, "code"), ({"uses_each": 2}, "uses_each"), ({"from_pool": True}, "from_pool")],
)
def test_what_coupons_rely_on_is_chosen_once(change: dict[str, Any], field: str) -> None:
    series = make_series()
    with pytest.raises(Invalid) as refused:
        save(series, **change)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_prefix_is_kept_as_codes_are_read() -> None:
    assert make_series(prefix="sum-mer ").prefix == "SUMMER"


def test_a_limit_set_later_counts_what_was_used_before_and_not_what_came_back() -> None:
    series = make_series(mass_code="ALL")
    anna, boris = MemberFactory(), MemberFactory()
    spend(series, "ALL", member=anna)
    spend(series, "ALL", member=anna)
    back(spend(series, "ALL", member=boris))
    spend(series, "ALL", reserve=True)
    save(series, 4, most_per_member=2)
    assert (SeriesTotal.objects.get().uses, SeriesTotal.objects.get().most) == (3, 4)
    assert list(SeriesMember.objects.values_list("member", "uses")) == [(anna.id, 2)]
    assert reasons(ask(series, "ALL", member=anna)) == ["member_limit"]
    spend(series, "ALL", member=boris)
    assert reasons(ask(series, "ALL", member=boris)) == ["total_limit"]


def test_a_limit_below_what_was_used_is_refused() -> None:
    series = make_series(mass_code="ALL")
    spend(series, "ALL")
    spend(series, "ALL")
    for most_now in (None, 5):
        save(series, most_now)
        with pytest.raises(Invalid, match="2 coupons have been used"):
            save(series, 1)
    save(series, 2)
    assert reasons(ask(series, "ALL")) == ["total_limit"]


def test_a_limit_of_members_below_what_one_used_stops_that_one() -> None:
    series = make_series(mass_code="ALL", most_per_member=3)
    anna = MemberFactory()
    receipts = [spend(series, "ALL", member=anna) for _ in range(2)]
    save(series, most_per_member=1)
    assert reasons(ask(series, "ALL", member=anna)) == ["member_limit"]
    back(receipts[0])
    assert reasons(ask(series, "ALL", member=anna)) == ["member_limit"]
    back(receipts[1])
    spend(series, "ALL", member=anna)
    assert list(SeriesMember.objects.values_list("uses", "most")) == [(1, 1)]


def test_a_limit_that_is_lifted_leaves_no_counters_and_returns_go_on() -> None:
    series = make_series(mass_code="ALL", most_in_all=1, most_per_member=1)
    anna = MemberFactory()
    receipt = spend(series, "ALL", member=anna)
    save(series, None, most_per_member=None)
    assert (SeriesTotal.objects.count(), SeriesMember.objects.count()) == (0, 0)
    spend(series, "ALL", member=anna)
    assert back(receipt) == ["ALL"]


def test_a_series_that_goes_on_longer_takes_its_coupons_along() -> None:
    series = make_series(valid_until=date(2026, 5, 9))
    over = make_coupon(series, state="expired")
    own = make_coupon(series, state="expired", valid_until=NOW - timedelta(days=1))
    pooled = make_coupon(series, state="expired", issued_at=None)
    save(series, valid_until=date(2026, 5, 31))
    assert [count_of(coupon)[0] for coupon in (over, own, pooled)] == ["issued", "expired", "waiting"]
    save(series, valid_until=None)
    assert Coupon.objects.get(pk=own.pk).state == "expired"
