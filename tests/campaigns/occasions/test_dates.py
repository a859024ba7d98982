"""Birthdays, anniversaries and long absences: the right members, on the right day, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pgtrigger
import pytest
from django.db import connection

from analytics.models import MemberFacts
from campaigns import tasks
from campaigns.models import EventReward
from campaigns.occasions import dates, own_events
from loyalty.ledger import audit
from loyalty.models import Account, Programme, Transfer
from members.models import Event, Member
from members.timeline import events
from tests import factories

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)


def reward(event: str, points: str = "100", **what_for: Any) -> dict[str, Any]:
    return {
        "what_for": {"of": "event", "event": event, **what_for},
        "what": [{"effect": "points_fixed", "points": points}],
    }


@pytest.fixture
def programme() -> Programme:
    return factories.open_shop().programme


def publish(
    programme: Programme, event: str, points: str = "100", at: datetime = factories.START, **what_for: Any
) -> None:
    factories.publish_campaign(programme, reward(event, points, **what_for), at=at)


def born(programme: Programme, birthday: str, **fields: Any) -> Member:
    fields = {"joined_at": BEFORE, **fields}
    return factories.enrol(programme, birthday=date.fromisoformat(birthday), **fields)


def told(kind: str = "member.birthday") -> dict[UUID, str]:
    """The days on which events were meant to happen, by member; each member has one at most."""
    found = list(Event.objects.filter(kind=kind).values_list("member_id", "data__on"))
    assert len(found) == len(dict(found))
    return dict(found)


# Whose day it is


@pytest.mark.parametrize(
    ("day", "offset", "birthday", "due"),
    [
        ("2026-06-15", 0, "1990-06-15", True),
        ("2026-06-15", 0, "1990-06-16", False),
        ("2026-06-15", -3, "1990-06-18", True),
        ("2026-06-15", -3, "1990-06-15", False),
        ("2026-06-15", 7, "1990-06-08", True),
        ("2026-12-30", -3, "1990-01-02", True),  # over the new year
        ("2027-01-02", 5, "1990-12-28", True),
        ("2026-02-28", 0, "1992-02-29", True),  # a leap day's birthday in another year
        ("2026-03-01", 0, "1992-02-29", False),
        ("2028-02-28", 0, "1992-02-29", False),
        ("2028-02-29", 0, "1992-02-29", True),
        ("2028-02-28", 0, "1992-02-28", True),
        ("2028-02-29", 0, "1992-02-28", False),
        ("2026-02-26", -2, "1992-02-29", True),
        ("2028-02-27", -2, "1992-02-29", True),
        ("2026-03-02", 2, "1992-02-29", True),
    ],
)
def test_a_birthday_is_kept_on_its_day(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, day: str, offset: int, birthday: str, due: bool
) -> None:
    monkeypatch.setattr(dates, "CATCH_UP_DAYS", 0)
    publish(programme, "member.birthday", offset=offset)
    member = born(programme, birthday)

    dates.record(datetime.fromisoformat(f"{day}T12:00+00:00"))

    assert list(told()) == ([member.id] if due else [])


@pytest.mark.parametrize(
    ("zone", "now", "birthday"),
    [
        ("UTC", "2026-06-15T00:00:00Z", "06-15"),
        ("UTC", "2026-06-14T23:59:59Z", "06-14"),
        ("Pacific/Kiritimati", "2026-06-14T10:00:00Z", "06-15"),  # fourteen hours ahead
        ("Pacific/Kiritimati", "2026-06-14T09:59:59Z", "06-14"),
        ("Pacific/Pago_Pago", "2026-06-15T10:59:59Z", "06-14"),  # eleven behind
        ("Pacific/Pago_Pago", "2026-06-15T11:00:00Z", "06-15"),
        ("America/Santiago", "2026-09-06T04:00:00Z", "09-06"),  # midnight does not strike on that day
        ("America/Santiago", "2026-09-06T03:59:59Z", "09-05"),
    ],
)
def test_a_day_begins_by_the_clocks_of_the_programme(
    monkeypatch: pytest.MonkeyPatch, zone: str, now: str, birthday: str
) -> None:
    monkeypatch.setattr(dates, "CATCH_UP_DAYS", 0)
    programme = factories.open_shop(time_zone=zone).programme
    publish(programme, "member.birthday")
    for day in ("06-14", "06-15", "09-05", "09-06"):
        born(programme, f"1990-{day}")

    assert dates.record(datetime.fromisoformat(now)) == 1

    event = Event.objects.get(kind="member.birthday")
    assert event.member is not None
    assert f"{event.member.birthday:%m-%d}" == birthday
    assert event.at == datetime.fromisoformat(now)


def test_an_anniversary_counts_whole_years_from_joining_in_the_programme_s_calendar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dates, "CATCH_UP_DAYS", 0)
    programme = factories.open_shop(time_zone="Asia/Tokyo").programme
    publish(programme, "member.anniversary")
    joined = {
        name: factories.enrol(programme, joined_at=datetime.fromisoformat(at)).id
        for name, at in {
            "a year ago": "2025-06-15T00:00:00+09:00",
            "late that evening": "2021-06-15T23:59:59+09:00",
            "the day after": "2021-06-15T15:00:00+00:00",
            "today": "2026-06-15T08:00:00+09:00",
        }.items()
    }

    dates.record(datetime.fromisoformat("2026-06-15T12:00:00+09:00"))

    found = Event.objects.filter(kind="member.anniversary").values_list("member_id", "data__years")
    assert dict(found) == {joined["a year ago"]: 1, joined["late that evening"]: 5}


def test_whoever_joined_on_a_leap_day_has_the_anniversary_on_28_february(programme: Programme) -> None:
    publish(programme, "member.anniversary")
    factories.enrol(programme, joined_at=datetime(2024, 2, 29, 9, tzinfo=UTC))

    assert dates.record(datetime(2026, 2, 28, 9, tzinfo=UTC)) == 1
    assert dates.record(datetime(2026, 3, 1, 9, tzinfo=UTC)) == 0
    assert dates.record(datetime(2028, 2, 29, 9, tzinfo=UTC)) == 1


def bought(programme: Programme, last: str, purchases: int = 1, **fields: Any) -> Member:
    member = factories.enrol(programme, joined_at=BEFORE, **fields)
    factories.MemberFactsFactory(
        member=member,
        programme=programme,
        purchases=purchases,
        last_purchase_at=datetime.fromisoformat(last) if last else None,
    )
    return member


def test_an_absence_is_told_on_the_day_it_is_as_long_as_a_campaign_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dates, "CATCH_UP_DAYS", 0)
    programme = factories.open_shop(time_zone="Europe/Berlin").programme
    publish(programme, "member.dormant", days=30)
    publish(programme, "member.dormant", days=60)
    people = {
        at: bought(programme, at).id
        for at in (
            "2026-05-15T23:59:59+02:00",
            "2026-05-16T00:00:00+02:00",
            "2026-05-16T23:59:59.5+02:00",
            "2026-05-17T00:00:00+02:00",
            "2026-04-16T12:00:00+02:00",
        )
    }
    bought(programme, "", purchases=0)  # who never bought anything was never away
    bought(programme, "2026-05-16T12:00:00+02:00", status="blocked")

    dates.record(datetime.fromisoformat("2026-06-15T09:00:00+02:00"))

    found = Event.objects.filter(kind="member.dormant").values_list("member_id", "data__days")
    assert dict(found) == {
        people["2026-05-16T00:00:00+02:00"]: 30,
        people["2026-05-16T23:59:59.5+02:00"]: 30,
        people["2026-04-16T12:00:00+02:00"]: 60,
    }


def test_only_active_members_of_the_programme_who_had_joined_by_then_are_told(programme: Programme) -> None:
    publish(programme, "member.birthday")
    other = factories.open_shop().programme
    born(programme, "1990-06-15", status="blocked")
    born(other, "1990-06-15")
    factories.MemberFactory(birthday=date(1990, 6, 15))
    born(programme, "1990-06-14", joined_at=NOON - timedelta(hours=3))  # joined the day after

    assert dates.record(NOON) == 0


# Once


def test_nothing_is_written_where_no_live_campaign_waits(programme: Programme) -> None:
    born(programme, "1990-06-15")
    assert dates.record(NOON) == 0

    publish(programme, "member.birthday", offset=-30)
    publish(programme, "member.dormant", days=30)
    publish(programme, "review.left")
    assert dates.record(NOON) == 0


def test_each_occasion_is_told_once_however_often_the_job_runs(programme: Programme) -> None:
    publish(programme, "member.birthday")
    publish(programme, "member.birthday", offset=-7)
    member = born(programme, "1990-06-15")
    hours = [NOON - timedelta(days=9) + timedelta(hours=n) for n in range(24 * 20)]

    assert sum(dates.record(now) for now in hours[::7]) == 2
    assert sorted(Event.objects.filter(member=member).values_list("data__offset", flat=True)) == [-7, 0]
    assert dates.record(NOON.replace(year=2027)) == 1


# A birthday typed in


def retype(member: Member, on: date) -> datetime:
    """Change the birthday to that day of the year, as any door does; when the database noted it."""
    Member.objects.filter(id=member.id).update(birthday=on.replace(year=1992))
    member.refresh_from_db()
    assert member.birthday_changed_at is not None
    return member.birthday_changed_at


@pytest.mark.parametrize(
    ("wait", "ahead", "due"),
    [(14, -3, 0), (14, 0, 0), (14, 13, 0), (14, 14, 1), (14, 20, 1), (30, 20, 0), (0, -3, 0), (0, -1, 0), (0, 0, 1)],
)  # fmt: skip
def test_a_birthday_typed_in_is_rewarded_only_once_it_has_stood_for_the_days_that_the_programme_asks(
    wait: int, ahead: int, due: int
) -> None:
    programme = factories.open_shop(birthday_days=wait, time_zone="Pacific/Kiritimati").programme
    publish(programme, "member.birthday")
    member = born(programme, "1990-06-15")
    zone = ZoneInfo("Pacific/Kiritimati")
    typed = retype(member, date(1992, 6, 16)).astimezone(zone)
    birthday = (typed + timedelta(days=ahead)).date()
    assert retype(member, birthday).astimezone(zone).date() >= typed.date()

    for day in range(max(ahead, 0) + 4):
        dates.record(typed + timedelta(days=day, minutes=1))

    assert list(told()) == [member.id] * due


def test_a_birthday_moved_over_new_year_is_rewarded_once_in_three_days(programme: Programme) -> None:
    publish(programme, "member.birthday")
    member = born(programme, "1990-12-31")
    eve = datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert dates.record(eve) == 1

    with pgtrigger.ignore("members.Member:birthday_dated"):
        Member.objects.filter(id=member.id).update(birthday=date(1990, 1, 2), birthday_changed_at=eve)

    assert [dates.record(eve + timedelta(days=day)) for day in range(1, 6)] == [0] * 5
    assert dates.record(eve + timedelta(days=367)) == 1


def test_whoever_changes_their_birthday_has_one_a_year(programme: Programme) -> None:
    publish(programme, "member.birthday")
    next_year = datetime.now(UTC).year + 1
    member = born(programme, "1990-01-10")
    assert dates.record(datetime(next_year, 1, 10, 12, tzinfo=UTC)) == 1

    retype(member, date(1992, 3, 1))

    assert dates.record(datetime(next_year, 3, 1, 12, tzinfo=UTC)) == 0
    assert dates.record(datetime(next_year + 1, 3, 1, 12, tzinfo=UTC)) == 1


def test_the_database_alone_notes_when_a_birthday_changes(programme: Programme) -> None:
    member = born(programme, "1990-06-15")
    stale = Member.objects.get(id=member.id)
    Member.objects.filter(id=member.id).update(birthday_changed_at=BEFORE, first_name="Other")
    member.refresh_from_db()
    assert member.birthday_changed_at is None

    Member.objects.filter(id=member.id).update(birthday=date(1990, 6, 16))
    member.refresh_from_db()
    noted = member.birthday_changed_at
    stale.birthday = date(1990, 6, 16)
    stale.save()  # with no moment in it, as a form that was open meanwhile
    member.refresh_from_db()
    assert noted is not None
    assert member.birthday_changed_at == noted


def test_a_second_absence_is_told_after_another_purchase(programme: Programme) -> None:
    publish(programme, "member.dormant", days=30)
    bought(programme, "2026-05-16T12:00:00Z")
    assert dates.record(NOON) == 1

    MemberFacts.objects.update(last_purchase_at=NOON)

    assert dates.record(NOON + timedelta(days=29)) == 0
    assert dates.record(NOON + timedelta(days=30)) == 1
    MemberFacts.objects.update(last_purchase_at=datetime(2026, 5, 16, 12, tzinfo=UTC))  # it all came back
    assert dates.record(NOON + timedelta(days=1)) == 0


@pytest.mark.parametrize(("late", "due"), [(0, 1), (1, 1), (3, 1), (4, 0)])
def test_a_job_that_missed_days_catches_up_a_few(programme: Programme, late: int, due: int) -> None:
    publish(programme, "member.birthday")
    born(programme, "1990-06-15")

    assert dates.record(NOON + timedelta(days=late)) == due
    assert dates.record(NOON + timedelta(days=late)) == 0


def test_a_late_job_tells_nobody_dormant_who_came_back_meanwhile(programme: Programme) -> None:
    publish(programme, "member.dormant", days=30)
    bought(programme, "2026-05-15T12:00:00Z")
    MemberFacts.objects.update(last_purchase_at=NOON - timedelta(hours=1))

    assert dates.record(NOON) == 0


def test_a_late_job_goes_by_the_rules_of_the_day_it_missed(programme: Programme) -> None:
    publish(programme, "member.birthday", at=NOON)
    born(programme, "1990-06-14")
    born(programme, "1990-06-15")

    assert dates.record(NOON + timedelta(days=1)) == 1
    assert list(told().values()) == ["2026-06-15"]
    assert Event.objects.get(kind="member.birthday").at == datetime(2026, 6, 15, 23, 59, 59, tzinfo=UTC)


# What it gives


def test_dates_are_rewarded_by_the_campaigns_that_name_their_day_and_no_others(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dates, "CATCH_UP_DAYS", 0)
    publish(programme, "member.birthday", "100")
    publish(programme, "member.birthday", "30", offset=-3)
    publish(programme, "member.dormant", "7", days=30)
    publish(programme, "member.dormant", "9", days=60)
    today, soon = born(programme, "1990-06-15"), born(programme, "1990-06-18")
    away = bought(programme, "2026-05-16T12:00:00Z")

    assert dates.record(NOON) == 3
    assert own_events.reward_waiting(NOON) == 3
    assert own_events.reward_waiting(NOON + timedelta(days=1)) == 0

    held = {member: Account.objects.get(holders__member=member).balance for member in (today, soon, away)}
    assert held == {today: 100, soon: 30, away: 7}
    # the facts of who was away were made by hand: nobody bought what they tell of
    assert [(one.check, one.subject) for one in audit.audit().problems] == [
        ("facts_are_what_stands", f"member {away.pk}: purchases, spent, points")
    ]


def test_the_task_writes_and_rewards_in_one_go(programme: Programme) -> None:
    publish(programme, "member.birthday")
    today = datetime.now(UTC).date()
    born(programme, f"1992-{today:%m-%d}" if today.month != 2 else f"1992-02-{today.day:02}")

    tasks.record_dates()
    tasks.record_dates()

    assert Transfer.objects.filter(kind="accrue", reason="member.birthday").count() == 1
    assert EventReward.objects.filter(due_at=None).count() == 1


def test_two_programmes_keep_the_same_birthday_each_for_itself(programme: Programme) -> None:
    other = factories.open_shop().programme
    publish(programme, "member.birthday", "100")
    publish(other, "member.birthday", "20")
    member = born(programme, "1990-06-15")
    factories.ledger.open_account(member, other)

    assert dates.record(NOON) == 2
    own_events.reward_waiting(NOON)

    balances = Account.objects.filter(holders__member=member).values_list("programme_id", "balance")
    assert dict(balances) == {programme.id: Decimal(100), other.id: Decimal(20)}


@pytest.mark.parametrize("key", ["member.birthday:1:x:2026:0", "", "день:рождения"])
def test_the_id_of_an_event_is_the_same_in_python_and_in_sql(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {events.id_sql('%s::text')}", [key])
        assert cursor.fetchone()[0] == events.id_of(key)
    assert events.id_of(key).version == 8
