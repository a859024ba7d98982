"""Ready mechanics by the clock: hours and weekdays are the store's, dates, days and months are the programme's.

The programme is at home in Moscow (UTC+3). The store in Kamchatka is nine hours ahead of it, the one in Berlin
two behind in winter and one in summer.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.campaigns.desk.ready.filling import ready
from tests.campaigns.desk.ready.stage import Stage, back, born, buys, play
from tests.campaigns.desk.ready.story import BASE

pytestmark = pytest.mark.django_db

NIGHT = {"when": {"hours": [["02:00", "03:00"]]}}


@pytest.mark.parametrize(
    ("key", "store", "moment", "points"),
    [
        # from 13:00 to 15:00 by the clock on the store's wall: 04:00 to 06:00 in Moscow
        ("happy_hours", "kamchatka", "2026-04-10T12:59+12:00", "0.00"),
        ("happy_hours", "kamchatka", "2026-04-10T13:00+12:00", "50.00"),
        ("happy_hours", "kamchatka", "2026-04-10T14:59+12:00", "50.00"),
        ("happy_hours", "kamchatka", "2026-04-10T15:00+12:00", "0.00"),
        ("happy_hours", "kamchatka", "2026-04-10T13:00+03:00", "0.00"),  # in Moscow it is time
        # Berlin in winter, on the last Friday of it, and in summer, on the first Monday
        ("happy_hours", "berlin", "2026-03-27T11:59Z", "0.00"),
        ("happy_hours", "berlin", "2026-03-27T12:00Z", "50.00"),
        ("happy_hours", "berlin", "2026-03-27T14:00Z", "0.00"),
        ("happy_hours", "berlin", "2026-03-30T10:59Z", "0.00"),
        ("happy_hours", "berlin", "2026-03-30T11:00Z", "50.00"),
        ("happy_hours", "berlin", "2026-03-30T13:00Z", "0.00"),
        # Tuesday in the store, though it is Monday in Moscow; and the other way round
        ("weekday", "kamchatka", "2026-04-14T00:30+12:00", "10.00"),
        ("weekday", "kamchatka", "2026-04-15T00:30+12:00", "0.00"),
    ],
)
def test_hours_and_weekdays_are_the_stores(
    key: str, store: str, moment: str, points: str, django_capture_on_commit_callbacks: Any
) -> None:
    stage = Stage(django_capture_on_commit_callbacks)
    stage.launch(ready(key))
    stage.do(buys("lamp 100", moment, store=store))
    assert stage.tell().startswith(f"100.00 paid, {points} points")


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        # spring: at two the clocks go to three, and there is no such hour
        ("2026-03-28T01:00Z", True), ("2026-03-29T00:59Z", False), ("2026-03-29T01:00Z", False),
        # autumn: at three they go back to two, and the hour comes twice
        ("2026-10-24T23:59Z", False), ("2026-10-25T00:00Z", True), ("2026-10-25T01:00Z", True),
        ("2026-10-25T01:59Z", True), ("2026-10-25T02:00Z", False),
    ],
)  # fmt: skip
def test_double_points_from_two_to_three_on_the_nights_when_the_clocks_are_changed(
    moment: str, open_: bool, django_capture_on_commit_callbacks: Any
) -> None:
    stage = Stage(django_capture_on_commit_callbacks)
    stage.launch(ready("happy_moment", **NIGHT), BASE)
    stage.do(buys("lamp 100", moment, store="berlin"))
    assert stage.tell() == f"100.00 paid, {'10.00' if open_ else '5.00'} points"


def test_one_day_is_the_programmes_in_whichever_store(django_capture_on_commit_callbacks: Any) -> None:
    """Lunch in Kamchatka and in Berlin on one day of Moscow is rewarded once, and again when it came back."""
    rows = (
        (buys("lamp 10", "2026-04-10T13:30+12:00", store="kamchatka"), "10.00 paid, 50.00 points, 1 in 2026-04-10"),
        (buys("lamp 10", "2026-04-10T13:30+02:00", store="berlin"), "20.00 paid, 50.00 points, 1 in 2026-04-10"),
        (back(of=1), "10.00 paid, 0.00 points"),
        (buys("lamp 10", "2026-04-10T14:30+02:00", store="berlin"), "20.00 paid, 50.00 points, 1 in 2026-04-10"),
    )  # fmt: skip
    stage = Stage(django_capture_on_commit_callbacks)
    stage.launch(ready("happy_hours"))
    assert play(stage, rows) == [stands for _, stands in rows]


def test_a_birthday_begins_at_midnight_of_the_programme(django_capture_on_commit_callbacks: Any) -> None:
    rows = (
        (buys("lamp 100", "2026-04-10T08:59+12:00", store="kamchatka"), "100.00 paid, 5.00 points"),
        (buys("lamp 100", "2026-04-10T09:00+12:00", store="kamchatka"), "200.00 paid, 15.00 points"),
        (back(), "100.00 paid, 5.00 points"),
    )
    stage = Stage(django_capture_on_commit_callbacks, **born("1990-04-13"))
    stage.launch(ready("birthday_days"), BASE)
    assert play(stage, rows) == [stands for _, stands in rows]


def test_a_month_ends_at_midnight_of_the_programme(django_capture_on_commit_callbacks: Any) -> None:
    rows = (
        (buys("lamp 200", "2026-04-30T12:00+12:00", store="kamchatka"), "200.00 paid, 0.00 points"),
        (buys("lamp 100", "2026-05-01T08:59+12:00", store="kamchatka"), "300.00 paid, 150.00 points, 1 in 2026-04"),
        (back(), "200.00 paid, 0.00 points"),
        (buys("lamp 100", "2026-05-01T09:00+12:00", store="kamchatka"), "300.00 paid, 0.00 points"),
    )  # fmt: skip
    stage = Stage(django_capture_on_commit_callbacks)
    stage.launch(ready("goal"))
    assert play(stage, rows) == [stands for _, stands in rows]


def test_points_pay_on_the_stores_quiet_days_and_expire_by_the_programmes_clock(
    django_capture_on_commit_callbacks: Any,
) -> None:
    rows = (
        (buys("lamp 50"), "50.00 paid, 50.00 points"),
        (buys("soap 40", "2026-04-13T00:30+12:00", store="kamchatka", redeem="max"), "50.00 paid, 10.00 points"),
        (back(), "50.00 paid, 50.00 points"),
        (buys("soap 40", "2026-04-16T00:30+12:00", store="kamchatka", redeem="max"), "90.00 paid, 50.00 points"),
        (buys("soap 40", "2026-04-15T23:30+02:00", store="berlin", redeem="max"), "90.00 paid, 10.00 points"),
        (back(), "90.00 paid, 50.00 points"),
    )  # fmt: skip
    stage = Stage(django_capture_on_commit_callbacks)
    stage.launch(ready("quiet_days"))
    assert play(stage, rows) == [stands for _, stands in rows]
