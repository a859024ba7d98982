"""Expiry and activation dates: one line of a table for each month end, leap day and change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from loyalty.rules import days, expiry
from loyalty.rules.days import Period
from loyalty.rules.document import DocumentError
from loyalty.rules.expiry import activates_at, expires_at, inactive_since, lapses_at

ZONES = [
    "UTC",
    "Europe/Moscow",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Beirut",
    "America/Nuuk",
    "Australia/Lord_Howe",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def shown(moment: datetime | None) -> str | None:
    assert moment is None or moment.utcoffset() == timedelta(0)
    return moment.replace(tzinfo=None).isoformat() if moment else None


def after(**period: int) -> dict[str, object]:
    return {"kind": "after", **period}


def yearly(month: int, day: int, **at_least: int) -> dict[str, object]:
    return {"kind": "yearly", "month": month, "day": day} | ({"at_least": at_least} if at_least else {})


def end_of(unit: str, after: int = 0) -> dict[str, object]:
    return {"kind": "end_of", "unit": unit, "after": after}


@pytest.mark.parametrize(
    ("policy", "earned", "zone", "expected"),
    [
        # the example of the POS API: a year, in Moscow
        (after(years=1), "2026-11-21T12:31+03:00", "Europe/Moscow", "2027-11-21T20:59:59"),
        (None, "2026-11-21T12:31+03:00", "Europe/Moscow", None),
        ({"kind": "never"}, "2026-11-21T12:31+03:00", "Europe/Moscow", None),
        # the local day counts, not the day in UTC
        (after(days=1), "2026-11-21T20:59:59+00:00", "Europe/Moscow", "2026-11-22T20:59:59"),
        (after(days=1), "2026-11-21T21:00:00+00:00", "Europe/Moscow", "2026-11-23T20:59:59"),
        # zones far from UTC: +14 and -11
        (after(days=30), "2026-01-01T09:59:59+00:00", "Pacific/Kiritimati", "2026-01-31T09:59:59"),
        (after(days=30), "2026-01-01T10:00:00+00:00", "Pacific/Kiritimati", "2026-02-01T09:59:59"),
        (after(days=30), "2026-01-01T10:59:59+00:00", "Pacific/Pago_Pago", "2026-01-31T10:59:59"),
        (after(days=30), "2026-01-01T11:00:00+00:00", "Pacific/Pago_Pago", "2026-02-01T10:59:59"),
        (end_of("year"), "2026-12-31T09:59:59+00:00", "Pacific/Kiritimati", "2026-12-31T09:59:59"),
        (end_of("year"), "2026-12-31T10:00:00+00:00", "Pacific/Kiritimati", "2027-12-31T09:59:59"),
        (end_of("year"), "2027-01-01T10:59:59+00:00", "Pacific/Pago_Pago", "2027-01-01T10:59:59"),
        # month ends and leap days
        (after(weeks=2), "2026-02-20T12:00+00:00", "UTC", "2026-03-06T23:59:59"),
        (after(months=1), "2026-01-31T12:00+00:00", "UTC", "2026-02-28T23:59:59"),
        (after(months=1), "2028-01-31T12:00+00:00", "UTC", "2028-02-29T23:59:59"),
        (after(months=1), "2026-02-28T12:00+00:00", "UTC", "2026-03-28T23:59:59"),
        (after(months=13), "2026-12-31T12:00+00:00", "UTC", "2028-01-31T23:59:59"),
        (after(months=6), "2026-08-31T12:00+00:00", "UTC", "2027-02-28T23:59:59"),
        (after(years=1), "2028-02-29T12:00+00:00", "UTC", "2029-02-28T23:59:59"),
        (after(years=4), "2028-02-29T12:00+00:00", "UTC", "2032-02-29T23:59:59"),
        (after(days=1), "2028-02-28T12:00+00:00", "UTC", "2028-02-29T23:59:59"),
        # clocks go forward, clocks go back: the end of the day moves with them
        (after(days=1), "2026-03-28T12:00+00:00", "Europe/Berlin", "2026-03-29T21:59:59"),
        (after(days=1), "2026-03-27T12:00+00:00", "Europe/Berlin", "2026-03-28T22:59:59"),
        (after(days=1), "2026-10-24T12:00+00:00", "Europe/Berlin", "2026-10-25T22:59:59"),
        (after(days=1), "2026-10-23T12:00+00:00", "Europe/Berlin", "2026-10-24T21:59:59"),
        # 23:59:59 strikes twice in Beirut that night: the second one counts
        (after(days=1), "2021-10-29T12:00+00:00", "Asia/Beirut", "2021-10-30T21:59:59"),
        # the clocks of Nuuk jumped from 22:00 to 23:00 that evening; 23:59:59 still comes
        (after(days=1), "2024-03-29T12:00+00:00", "America/Nuuk", "2024-03-31T00:59:59"),
        # midnight itself is skipped in Beirut: the day before ends as ever
        (after(days=1), "2021-03-26T12:00+00:00", "Asia/Beirut", "2021-03-27T21:59:59"),
        # Samoa skipped 30 December 2011: points of that day end with the 29th
        (after(days=1), "2011-12-29T12:00-10:00", "Pacific/Apia", "2011-12-30T09:59:59"),
        (after(days=2), "2011-12-29T12:00-10:00", "Pacific/Apia", "2011-12-31T09:59:59"),
        # half an hour of summer time
        (after(days=1), "2026-04-04T12:00+11:00", "Australia/Lord_Howe", "2026-04-05T13:29:59"),
        # fixed dates, also one that has passed
        ({"kind": "on_date", "date": "2026-12-31"}, "2026-05-05T00:00+00:00", "UTC", "2026-12-31T23:59:59"),
        ({"kind": "on_date", "date": "2026-12-31"}, "2027-05-05T00:00+00:00", "UTC", "2026-12-31T23:59:59"),
        # a fixed day of every year: the day itself still counts, unless a minimum life says no
        (yearly(12, 31), "2026-05-05T00:00+00:00", "UTC", "2026-12-31T23:59:59"),
        (yearly(12, 31), "2026-12-31T23:00+00:00", "UTC", "2026-12-31T23:59:59"),
        (yearly(12, 31, days=1), "2026-12-31T23:00+00:00", "UTC", "2027-12-31T23:59:59"),
        (yearly(12, 31, days=30), "2026-12-01T12:00+00:00", "UTC", "2026-12-31T23:59:59"),
        (yearly(12, 31, days=30), "2026-12-02T12:00+00:00", "UTC", "2027-12-31T23:59:59"),
        (yearly(3, 31, months=1), "2026-02-28T12:00+00:00", "UTC", "2026-03-31T23:59:59"),
        (yearly(3, 1, months=1), "2026-01-31T12:00+00:00", "UTC", "2026-03-01T23:59:59"),
        (yearly(2, 28, months=1), "2026-01-31T12:00+00:00", "UTC", "2026-02-28T23:59:59"),
        (yearly(2, 27, months=1), "2026-01-31T12:00+00:00", "UTC", "2027-02-27T23:59:59"),
        (yearly(2, 29), "2026-01-10T12:00+00:00", "UTC", "2026-02-28T23:59:59"),
        (yearly(2, 29), "2028-01-10T12:00+00:00", "UTC", "2028-02-29T23:59:59"),
        (yearly(2, 29), "2028-03-01T12:00+00:00", "UTC", "2029-02-28T23:59:59"),
        (yearly(1, 15, years=1), "2026-01-16T12:00+00:00", "UTC", "2028-01-15T23:59:59"),
        # ends of months, quarters, years
        (end_of("month"), "2026-02-10T12:00+00:00", "UTC", "2026-02-28T23:59:59"),
        (end_of("month"), "2028-02-10T12:00+00:00", "UTC", "2028-02-29T23:59:59"),
        (end_of("month"), "2026-01-31T23:59:59+00:00", "UTC", "2026-01-31T23:59:59"),
        (end_of("month", 1), "2026-01-31T12:00+00:00", "UTC", "2026-02-28T23:59:59"),
        (end_of("month", 12), "2027-02-01T12:00+00:00", "UTC", "2028-02-29T23:59:59"),
        (end_of("month", 2), "2026-11-30T12:00+00:00", "UTC", "2027-01-31T23:59:59"),
        (end_of("quarter"), "2026-11-21T12:00+00:00", "UTC", "2026-12-31T23:59:59"),
        (end_of("quarter"), "2026-04-01T00:00+00:00", "UTC", "2026-06-30T23:59:59"),
        (end_of("quarter", 1), "2026-11-21T12:00+00:00", "UTC", "2027-03-31T23:59:59"),
        (end_of("quarter", 5), "2026-03-31T12:00+00:00", "UTC", "2027-06-30T23:59:59"),
        (end_of("year"), "2026-01-01T00:00+00:00", "UTC", "2026-12-31T23:59:59"),
        (end_of("year", 2), "2026-12-31T23:59:59+00:00", "UTC", "2028-12-31T23:59:59"),
    ],
)
def test_points_expire_with_the_last_second_of_the_day_their_policy_means(
    policy: object, earned: str, zone: str, expected: str | None
) -> None:
    assert shown(expires_at(expiry.parse(policy), at(earned), ZoneInfo(zone))) == expected


@pytest.mark.parametrize(
    ("joined", "at_least", "earned", "expected"),
    [
        ("2020-03-15", None, "2026-01-10T12:00+00:00", "2026-03-15T23:59:59"),
        ("2020-03-15", None, "2026-03-14T12:00+00:00", "2026-03-15T23:59:59"),
        ("2020-03-15", None, "2026-03-15T00:00+00:00", "2027-03-15T23:59:59"),
        ("2026-03-15", None, "2026-03-15T00:00+00:00", "2027-03-15T23:59:59"),
        ("2026-03-15", None, "2026-03-14T12:00+00:00", "2027-03-15T23:59:59"),
        ("2024-02-29", None, "2026-01-10T12:00+00:00", "2026-02-28T23:59:59"),
        ("2024-02-29", None, "2026-02-28T12:00+00:00", "2027-02-28T23:59:59"),
        ("2024-02-29", None, "2028-02-28T12:00+00:00", "2028-02-29T23:59:59"),
        ("2020-03-15", {"days": 30}, "2026-02-13T12:00+00:00", "2026-03-15T23:59:59"),
        ("2020-03-15", {"days": 30}, "2026-02-14T12:00+00:00", "2027-03-15T23:59:59"),
        ("2020-03-15", {"years": 1}, "2026-03-15T12:00+00:00", "2027-03-15T23:59:59"),
    ],
)
def test_points_expire_on_the_next_anniversary_of_joining(
    joined: str, at_least: object, earned: str, expected: str
) -> None:
    policy = expiry.parse({"kind": "anniversary", "at_least": at_least})
    moment = expires_at(policy, at(earned), ZoneInfo("UTC"), date.fromisoformat(joined))
    assert shown(moment) == expected


def test_an_anniversary_without_a_day_of_joining_is_refused() -> None:
    with pytest.raises(ValueError, match="give joined_on"):
        expires_at(expiry.Anniversary(), at("2026-01-01T00:00+00:00"), ZoneInfo("UTC"))


def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)
    with pytest.raises(ValueError, match="aware"):
        expires_at(expiry.After(Period(1)), naive, ZoneInfo("UTC"))
    with pytest.raises(ValueError, match="aware"):
        activates_at(expiry.Delay("days", 1), naive, ZoneInfo("UTC"))


def test_a_remembered_answer_does_not_leak_between_zones_policies_or_days() -> None:
    moment = at("2026-06-15T12:00+00:00")
    policies = [expiry.parse(after(days=count)) for count in (1, 2)]
    answers = {
        expires_at(policy, moment + timedelta(days=ahead), ZoneInfo(zone))
        for policy in policies
        for ahead in (0, 10)
        for zone in ("UTC", "Europe/Moscow", "Pacific/Pago_Pago")
    }
    assert len(answers) == 12


@pytest.mark.parametrize(
    ("delay", "earned", "zone", "expected"),
    [
        (None, "2026-11-21T12:31+03:00", "Europe/Moscow", None),
        ({"days": 0}, "2026-11-21T12:31+03:00", "Europe/Moscow", None),
        ({"hours": 0}, "2026-11-21T12:31+03:00", "Europe/Moscow", None),
        ({"hours": 24}, "2026-11-21T12:31+03:00", "Europe/Moscow", "2026-11-22T09:31:00"),
        ({"days": 1}, "2026-11-21T12:31+03:00", "Europe/Moscow", "2026-11-21T21:00:00"),
        ({"days": 1}, "2026-11-21T23:59:59+03:00", "Europe/Moscow", "2026-11-21T21:00:00"),
        ({"days": 1}, "2026-11-22T00:00:00+03:00", "Europe/Moscow", "2026-11-22T21:00:00"),
        ({"return_window": 14}, "2026-11-21T12:31+03:00", "Europe/Moscow", "2026-12-05T21:00:00"),
        ({"return_window": 0}, "2026-11-21T12:31+03:00", "Europe/Moscow", "2026-11-21T21:00:00"),
        ({"days": 1}, "2026-01-31T12:00+00:00", "Pacific/Kiritimati", "2026-02-01T10:00:00"),
        ({"days": 1}, "2026-01-31T12:00+00:00", "Pacific/Pago_Pago", "2026-02-01T11:00:00"),
        # hours run on the clock: the night in Berlin is an hour longer, a day of waiting is not
        ({"hours": 24}, "2026-10-24T12:00+02:00", "Europe/Berlin", "2026-10-25T10:00:00"),
        ({"days": 1}, "2026-10-24T12:00+02:00", "Europe/Berlin", "2026-10-24T22:00:00"),
        ({"days": 2}, "2026-10-24T12:00+02:00", "Europe/Berlin", "2026-10-25T23:00:00"),
        # midnight is skipped in Beirut: the day begins at 01:00
        ({"days": 1}, "2021-03-27T12:00+00:00", "Asia/Beirut", "2021-03-27T22:00:00"),
        # 23:00 to midnight comes twice in Beirut: the day begins after the second time
        ({"days": 1}, "2021-10-30T12:00+00:00", "Asia/Beirut", "2021-10-30T22:00:00"),
    ],
)
def test_pending_points_become_active(delay: object, earned: str, zone: str, expected: str | None) -> None:
    assert shown(activates_at(expiry.parse_delay(delay), at(earned), ZoneInfo(zone))) == expected


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("never", "expiry: 'never' is not an object"),
        ({}, "expiry.kind: is missing; add it"),
        ({"kind": "soon"}, "expiry.kind: 'soon' is not known; use one of never, after"),
        ({"kind": "never", "days": 3}, "expiry.days: is not known here; known are kind"),
        ({"kind": "after"}, "expiry: has 0 of days, weeks, months, years; give exactly one"),
        ({"kind": "after", "days": 1, "years": 1}, "expiry: has 2 of days, weeks, months, years"),
        ({"kind": "after", "days": 0}, "expiry.days: 0 will not do; give a whole number from 1 to 36500"),
        ({"kind": "after", "days": "7"}, "expiry.days: '7' will not do"),
        ({"kind": "after", "days": True}, "expiry.days: True will not do"),
        ({"kind": "after", "years": 101}, "expiry.years: 101 will not do; give a whole number from 1 to 100"),
        ({"kind": "on_date"}, "expiry.date: is missing"),
        (
            {"kind": "on_date", "date": "31.12.2026"},
            "expiry.date: '31.12.2026' is not a day; write it as YYYY-",
        ),
        ({"kind": "on_date", "date": "2026-02-30"}, "expiry.date: '2026-02-30' is not a day"),
        ({"kind": "on_date", "date": "1026-02-03"}, "expiry.date: 1026-02-03 will not do"),
        (
            {"kind": "yearly", "month": 2, "day": 30},
            "expiry.day: 30 will not do; give a whole number from 1 to 29",
        ),
        ({"kind": "yearly", "month": 13, "day": 1}, "expiry.month: 13 will not do"),
        (yearly(1, 1) | {"at_least": {"hours": 1}}, "expiry.at_least: has 0 of days, weeks"),
        (yearly(1, 1) | {"at_least": {"days": 1, "x": 1}}, "expiry.at_least.x: is not known here"),
        (
            {"kind": "end_of", "unit": "week"},
            "expiry.unit: 'week' is not known; use one of month, quarter, year",
        ),
        (end_of("month", -1), "expiry.after: -1 will not do; give a whole number from 0 to 100"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_field_and_the_fix(
    document: object, complaint: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        expiry.parse(document)
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({}, "delay: has 0 of hours, days, return_window; give exactly one"),
        ({"days": 1, "hours": 2}, "delay: has 2 of"),
        ({"days": 367}, "delay.days: 367 will not do; give a whole number from 0 to 366"),
        ({"weeks": 2}, "delay: has 0 of"),
        ({"days": 2, "weeks": 2}, "delay.weeks: is not known here"),
    ],
)
def test_a_delay_that_makes_no_sense_is_refused(document: object, complaint: str) -> None:
    with pytest.raises(DocumentError) as refused:
        expiry.parse_delay(document)
    assert str(refused.value).startswith(complaint)


SCALARS = st.one_of(
    st.none(), st.integers(-2, 110), st.sampled_from(["month", "year", "2026-12-31", "soon", "days"])
)
PERIODS = st.dictionaries(st.sampled_from([*days.UNITS, "hours"]), SCALARS, max_size=2)
FIELDS = st.sampled_from([*days.UNITS, "date", "month", "day", "at_least", "unit", "after", "other"])
DOCUMENTS = st.builds(
    lambda kind, fields: {"kind": kind} | fields,
    st.sampled_from(["never", "after", "on_date", "yearly", "anniversary", "end_of", "other"]),
    st.dictionaries(FIELDS, SCALARS | PERIODS, max_size=3),
)


@given(document=DOCUMENTS)
def test_what_the_parser_accepts_the_schema_accepts(document: dict[str, object]) -> None:
    try:
        expiry.parse(document)
    except DocumentError:
        return
    given = {name: value for name, value in document.items() if value is not None}
    Draft202012Validator(expiry.SCHEMA).validate(given)


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
ZONE = st.sampled_from(ZONES).map(ZoneInfo)
LENGTHS = st.builds(Period, st.integers(1, 40), st.sampled_from(days.UNITS))
POLICIES = st.one_of(
    LENGTHS.map(expiry.After),
    st.builds(expiry.Yearly, st.integers(1, 12), st.integers(1, 28), LENGTHS | st.just(Period(0))),
    st.builds(expiry.EndOf, st.sampled_from(["month", "quarter", "year"]), st.integers(0, 12)),
    LENGTHS.map(expiry.Anniversary),
)


@given(policy=POLICIES, earned=MOMENTS, zone=ZONE, joined=st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_no_relative_policy_lets_points_expire_before_they_are_earned_and_all_end_a_local_day(
    policy: expiry.Expiry, earned: datetime, zone: ZoneInfo, joined: date
) -> None:
    moment = expires_at(policy, earned, zone, joined)
    assert moment is not None
    assert moment >= earned.replace(microsecond=0)
    assert moment.astimezone(zone).date() < (moment + timedelta(seconds=1)).astimezone(zone).date()


@given(policy=POLICIES, earned=MOMENTS, zone=ZONE, later=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_points_earned_later_never_expire_sooner(
    policy: expiry.Expiry, earned: datetime, zone: ZoneInfo, later: timedelta
) -> None:
    joined = date(2010, 3, 15)
    first, second = (expires_at(policy, moment, zone, joined) for moment in (earned, earned + later))
    assert first is not None
    assert second is not None
    assert first <= second


@pytest.mark.parametrize(
    ("period", "last_active", "expected"),
    [
        (Period(180), "2026-01-01T12:00+00:00", "2026-06-30T23:59:59"),
        (Period(12, "months"), "2028-02-29T12:00+00:00", "2029-02-28T23:59:59"),
    ],
)
def test_an_account_lapses_a_period_after_it_was_last_active(
    period: Period, last_active: str, expected: str
) -> None:
    assert shown(lapses_at(period, at(last_active), ZoneInfo("UTC"))) == expected


@given(period=LENGTHS, last_active=MOMENTS, zone=ZONE, data=st.data())
def test_an_account_has_lapsed_exactly_when_it_was_last_active_before_the_cut(
    period: Period, last_active: datetime, zone: ZoneInfo, data: st.DataObject
) -> None:
    last_active = last_active.replace(microsecond=0)
    now = lapses_at(period, last_active, zone) + timedelta(seconds=data.draw(st.integers(-200_000, 200_000)))
    has_lapsed = lapses_at(period, last_active, zone) < now
    assert (last_active <= inactive_since(period, now, zone)) == has_lapsed
