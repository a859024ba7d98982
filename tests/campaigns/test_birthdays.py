"""A birthday that was entered or changed lately counts at the till, in files and in backtests as it does on its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
import pytest
from django.db import connection

from campaigns.checkout import checkout, record, returns
from campaigns.checkout.bulk.selling import Replay
from campaigns.checkout.return_request import ReturnRequest
from loyalty.models import Receipt
from loyalty.shops import places
from members import birthdays
from members.models import Member
from tests import factories
from tests.races.selling import basket

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AROUND: dict[str, Any] = {
    "whom": {"who": "members"},
    "when": {"around": {"date": "birthday", "before": 3, "after": 7}},
    "what": [{"effect": "points_fixed", "points": "50"}],
}


@pytest.fixture
def member() -> Member:
    places.forget()
    programme = factories.open_shop(store="s", birthday_days=14).programme
    factories.publish_campaign(programme, AROUND, code="birthday", name="Birthday")
    return factories.enrol(programme, birthday=date(1990, 3, 3))


def changed(member: Member, days_ago: int) -> None:
    """The birthday was entered so many days ago."""
    with pgtrigger.ignore("members.Member:birthday_dated"):
        Member.objects.filter(pk=member.pk).update(birthday_changed_at=NOW - timedelta(days=days_ago))


@pytest.mark.parametrize(("days_ago", "points"), [(None, 50), (0, 0), (13, 0), (14, 50), (400, 50)])
def test_days_around_a_birthday_that_was_typed_in_today_give_nothing_until_it_has_stood(
    member: Member, days_ago: int | None, points: int
) -> None:
    if days_ago is not None:
        changed(member, days_ago)
    sale = basket(member, 1)
    quoted = checkout.quote(sale, NOW)
    sold = checkout.purchase(sale, NOW).body

    assert Decimal(sold["earned"]["points"]) == Decimal(quoted["earned"]["points"]) == points
    said = [(one["code"], one["text"]) for one in sold["declined"]]
    assert said == ([] if points else [
        ("birthday_new", "the birthday was entered or changed only lately and does not count yet")
    ])  # fmt: skip

    changed(member, 0)  # what is typed afterwards changes nothing of what was sold
    kept = record.load_shopper(Receipt.objects.get().shopper)
    assert (kept.birthday_from is None) == (days_ago is None)
    answer = returns.give_back(Receipt.objects.get().id, ReturnRequest("1", NOW, "all"), NOW).body
    assert Decimal(answer["revoked"]) == points


def test_receipts_of_a_file_know_it_too(member: Member) -> None:
    changed(member, 3)
    late = basket(member, 2, purchased_at=NOW - timedelta(hours=1))
    [result] = Replay().sell([late], NOW)
    assert result.refusal is None
    assert Receipt.objects.get().earned == 0
    changed(member, 30)
    [result] = Replay().sell([basket(member, 3)], NOW)
    assert Receipt.objects.get(number="3").earned == 50


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "UTC"])
@pytest.mark.parametrize("hour", [0, 4, 11, 23])
def test_the_day_from_which_a_birthday_counts_is_the_same_in_sql_and_in_python(
    member: Member, zone: str, hour: int
) -> None:
    at = datetime(2026, 2, 27, hour, 30, tzinfo=UTC)
    with pgtrigger.ignore("members.Member:birthday_dated"):
        Member.objects.filter(pk=member.pk).update(birthday_changed_at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {birthdays.COUNTS_FROM} FROM members_member m WHERE m.id = %(id)s",
            {"zone": zone, "birthday_days": 14, "id": member.pk},
        )
        assert cursor.fetchone() == (birthdays.counts_from(at, 14, ZoneInfo(zone)),)
    assert birthdays.counts_from(None, 14, ZoneInfo(zone)) is None
