"""The job that labels coupons whose time is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from members.models import Event
from rewards import tasks
from rewards.coupons import expiry as coupon_expiry
from rewards.models import Coupon
from tests.factories import MemberFactory, ProgrammeFactory
from tests.rewards.coupons.build import NOW, count_of, make_coupon, make_series, spend

pytestmark = pytest.mark.django_db
YESTERDAY = NOW - timedelta(days=1)


def test_coupons_expire_by_their_own_end_and_by_that_of_their_series() -> None:
    moscow = ProgrammeFactory(time_zone="Europe/Moscow")
    ended = make_series(moscow, valid_until=date(2026, 5, 10))
    running = make_series(valid_until=date(2026, 5, 11))
    gone = [
        make_coupon(ended),
        make_coupon(ended, state="waiting", issued_at=None),
        make_coupon(running, valid_until=NOW),
    ]
    kept = [make_coupon(running), make_coupon(running, valid_until=NOW + timedelta(hours=9))]
    at = datetime(2026, 5, 10, 20, 59, 59, tzinfo=UTC)
    assert coupon_expiry.expire(at) == 1
    assert coupon_expiry.expire(at + timedelta(seconds=1)) == 2
    assert [count_of(coupon)[0] for coupon in gone] == ["expired"] * 3
    assert [count_of(coupon)[0] for coupon in kept] == ["issued"] * 2
    assert coupon_expiry.expire(at + timedelta(seconds=1)) == 0


def test_used_reserved_and_revoked_coupons_keep_their_label() -> None:
    series = make_series(valid_until=date(2026, 5, 10))
    used, held = make_coupon(series), make_coupon(series)
    spend(series, used)
    spend(series, held, reserve=True)
    make_coupon(series, state="revoked")
    assert coupon_expiry.expire(NOW + timedelta(days=9)) == 0


def test_many_are_worked_off_in_batches() -> None:
    series = make_series()
    for _ in range(7):
        make_coupon(series, valid_until=YESTERDAY)
    assert coupon_expiry.expire(NOW, batch=3) == 7
    assert Coupon.objects.filter(state="expired").count() == 7


def test_members_are_told_and_nobody_else() -> None:
    series, anna = make_series(code="spring"), MemberFactory()
    make_coupon(series, "ANNAS", member=anna, valid_until=YESTERDAY)
    make_coupon(series, valid_until=YESTERDAY)
    coupon_expiry.expire(NOW)
    event = Event.objects.get()
    assert (event.kind, event.member, event.at) == ("coupon.expired", anna, NOW)
    assert event.data == {"coupon": "ANNAS", "series": "spring"}


def test_the_task_expires_by_the_clock() -> None:
    coupon = make_coupon(make_series(), valid_until=YESTERDAY - timedelta(days=9000))
    tasks.expire_coupons()
    assert count_of(coupon)[0] == "expired"
