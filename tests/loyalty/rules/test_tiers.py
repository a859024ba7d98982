"""Which tier a ladder makes of which purchases, on which day: every basis, window and rule, and their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from loyalty.rules import tiers
from loyalty.rules.tiers import BELOW, Bought, Ladder, Span, Step

MOSCOW = ZoneInfo("Europe/Moscow")
STEPS = tuple(
    Step(number + 1, code, code.title(), Decimal(threshold))
    for number, (code, threshold) in enumerate((("classic", 0), ("silver", 300), ("gold", 900)))
)
YEAR, QUARTER, MONTH = (Span(months, "months", calendar=True) for months in (12, 3, 1))


def ladder(**rules: Any) -> Ladder:
    return Ladder(**{"steps": STEPS, "zone": MOSCOW, **rules})


def bought(day: str, spent: str | int, points: str | int = 0) -> Bought:
    """A purchase at noon of a day in Moscow, or at the given time."""
    at = datetime.fromisoformat(day if "T" in day else f"{day}T12:00").replace(tzinfo=MOSCOW)
    return Bought(UUID(int=int(at.timestamp())), at, Decimal(spent), Decimal(points))


def told(rules: Ladder, purchases: list[tuple[str, Any]], day: str) -> str:
    """The tier on a day, and until when it is kept: ``gold until 2026-12-31``."""
    climb = tiers.fold(rules, [bought(*purchase) for purchase in purchases])
    at = date.fromisoformat(day)
    step, last = rules.step(tiers.level_on(rules, climb, at)), tiers.last_day(rules, climb, at)
    return (step.code if step else "none") + (f" until {last}" if last else "")


# What counts


@pytest.mark.parametrize(
    ("basis", "purchases", "expected"),
    [
        ("spent", [("2026-01-10", "299.99")], "classic"),
        ("spent", [("2026-01-10", "299.99"), ("2026-02-10", "0.01")], "silver"),
        ("spent", [("2026-01-10", 400), ("2026-02-10", 500)], "gold"),
        ("points", [("2026-01-10", 5000, 299)], "classic"),
        ("points", [("2026-01-10", 10, 300)], "silver"),
        ("visits", [("2026-01-10", 5000)], "classic"),
    ],
)
def test_money_points_or_visits_count(basis: str, purchases: Any, expected: str) -> None:
    rules = ladder(basis=basis, window=YEAR)
    climb = tiers.fold(rules, [bought(*purchase) for purchase in purchases])

    assert rules.step(tiers.level_on(rules, climb, date(2026, 3, 1))).code == expected  # type: ignore[union-attr]


def test_visits_are_purchases() -> None:
    steps = (Step(1, "guest", "Guest", Decimal(0)), Step(2, "regular", "Regular", Decimal(3)))
    rules = ladder(steps=steps, basis="visits", window=MONTH)
    visits = [("2026-01-10", 0), ("2026-01-10", 5), ("2026-01-31", 1)]

    assert told(rules, visits[:2], "2026-01-31") == "guest"
    assert told(rules, visits, "2026-01-31") == "regular"


def test_below_the_lowest_threshold_there_is_no_tier() -> None:
    rules = ladder(steps=STEPS[1:])

    assert rules.level(Decimal("299.99")) == BELOW
    assert rules.level(Decimal(300)) == 0
    assert told(ladder(steps=STEPS[1:], window=YEAR), [("2026-01-10", 100)], "2026-01-10") == "none"


# When it counts


@pytest.mark.parametrize(
    ("window", "days", "expected"),
    [
        # the year ends with Moscow's midnight
        (YEAR, ("2026-12-31", "2026-12-31T23:59:59"), "silver"),
        (YEAR, ("2026-12-31", "2027-01-01T00:00:00"), "classic"),
        (QUARTER, ("2026-01-01T00:00:00", "2026-03-31T23:59:59"), "silver"),
        (QUARTER, ("2026-03-31", "2026-04-01"), "classic"),
        (MONTH, ("2028-02-01", "2028-02-29"), "silver"),  # a leap day
        (MONTH, ("2028-02-29", "2028-03-01"), "classic"),
        # the last 30 days, today with them
        (Span(30), ("2026-01-01", "2026-01-30"), "silver"),
        (Span(30), ("2026-01-01", "2026-01-31"), "classic"),
        (Span(1), ("2026-01-01T00:00:00", "2026-01-01T23:59:59"), "silver"),
        # the last month: from the day after the same day of the month before
        (Span(1, "months"), ("2026-02-01", "2026-02-28"), "silver"),
        (Span(1, "months"), ("2026-01-29", "2026-02-28"), "silver"),
        (Span(1, "months"), ("2026-01-28", "2026-02-28"), "classic"),
        (Span(1, "months"), ("2026-02-28", "2026-03-31"), "classic"),
        (Span(1, "months"), ("2026-03-01", "2026-03-31"), "silver"),
        (Span(12, "months"), ("2027-03-01", "2028-02-29"), "silver"),
        (Span(12, "months"), ("2027-02-28", "2028-02-29"), "classic"),
    ],
)
def test_two_purchases_count_together_within_the_window(
    window: Span, days: tuple[str, str], expected: str
) -> None:
    rules = ladder(window=window)

    assert told(rules, [(days[0], 150), (days[1], 150)], days[1][:10]) == expected


def test_days_are_those_of_the_programme() -> None:
    late = datetime(2026, 12, 31, 21, 30, tzinfo=UTC)  # half past midnight in Moscow, still 2026 in London
    purchases = [
        Bought(UUID(int=1), datetime(2026, 12, 1, tzinfo=UTC), Decimal(200), Decimal(0)),
        Bought(UUID(int=2), late, Decimal(200), Decimal(0)),
    ]
    for zone, expected in ((MOSCOW, 0), (ZoneInfo("Europe/London"), 1)):
        rules = ladder(window=YEAR, zone=zone)
        assert tiers.level_on(rules, tiers.fold(rules, purchases), rules.day(late)) == expected


@pytest.mark.parametrize("window", [None, YEAR, MONTH, Span(30), Span(2, "months")])
def test_a_ladder_that_knows_no_way_down_keeps_what_was_reached(window: Span | None) -> None:
    rules = ladder(window=window)

    assert told(rules, [("2026-01-10", 900), ("2029-05-05", 1)], "2031-01-01") == "gold"


# Going down


@pytest.mark.parametrize(
    ("day", "one_step", "lowest"),
    [
        ("2026-01-10", "gold until 2026-04-10", "gold until 2026-04-10"),
        ("2026-04-10", "gold until 2026-04-10", "gold until 2026-04-10"),
        ("2026-04-11", "silver until 2026-07-09", "classic"),
        ("2026-07-09", "silver until 2026-07-09", "classic"),
        ("2026-07-10", "classic", "classic"),
        ("2036-01-01", "classic", "classic"),
    ],
)
def test_without_a_purchase_for_ninety_days_members_go_down(day: str, one_step: str, lowest: str) -> None:
    purchases = [("2026-01-10", 900)]

    assert told(ladder(down="idle", term=Span(90)), purchases, day) == one_step
    assert told(ladder(down="idle", term=Span(90), lowest=True), purchases, day) == lowest


def test_any_purchase_keeps_who_must_not_be_idle() -> None:
    rules = ladder(down="idle", term=Span(90))

    assert told(rules, [("2026-01-10", 900), ("2026-04-10", 0)], "2026-04-11") == "gold until 2026-07-09"
    assert told(rules, [("2026-01-10", 900), ("2026-04-11", 0)], "2026-04-11") == "silver until 2026-07-10"


def test_grace_lengthens_the_time() -> None:
    rules = ladder(down="idle", term=Span(90), grace=14)
    purchases = [("2026-01-10", 900)]

    assert told(rules, purchases, "2026-04-24") == "gold until 2026-04-24"
    assert told(rules, purchases, "2026-04-25") == "silver until 2026-08-06"
    assert told(rules, [*purchases, ("2026-04-24", 1)], "2026-04-25") == "gold until 2026-08-06"


def test_who_came_down_counts_anew() -> None:
    rules = ladder(down="idle", term=Span(90))
    fallen = [("2026-01-10", 1000), ("2026-05-01", 899)]

    assert told(rules, fallen, "2026-05-01") == "silver until 2026-07-30"
    assert told(rules, [*fallen, ("2026-05-02", 1)], "2026-05-02") == "gold until 2026-07-31"
    climb = tiers.fold(rules, [bought(*fallen[0])])
    assert tiers.counted_on(rules, climb, date(2026, 4, 10)) == 1000
    assert tiers.counted_on(rules, climb, date(2026, 4, 11)) == 0


@pytest.mark.parametrize(
    ("purchases", "day", "expected"),
    [
        # in all 900, and at least 100 in the last 30 days
        ([("2026-01-10", 900)], "2026-02-09", "gold until 2026-02-09"),
        ([("2026-01-10", 900)], "2026-02-10", "silver until 2026-03-11"),
        ([("2026-01-10", 900), ("2026-02-08", 99)], "2026-02-10", "gold until 2026-03-10"),  # 999 in 30 days
        ([("2026-01-10", 900), ("2026-02-09", 99)], "2026-02-10", "silver until 2026-03-11"),  # 99 in 30 days
        ([("2026-01-10", 900), ("2026-02-09", 100)], "2026-02-10", "gold until 2026-03-11"),
        (
            [("2026-01-10", 900), ("2026-02-05", 60), ("2026-02-09", 40)],
            "2026-02-10",
            "gold until 2026-03-11",
        ),
    ],
)
def test_with_less_than_an_amount_in_some_days_members_go_down(
    purchases: Any, day: str, expected: str
) -> None:
    assert told(ladder(down="below", below=Decimal(100), term=Span(30)), purchases, day) == expected


@pytest.mark.parametrize(
    ("purchases", "day", "expected"),
    [
        ([("2026-03-10", 900)], "2026-12-31", "gold until 2027-12-31"),  # the first year is not judged
        ([("2026-03-10", 900)], "2027-12-31", "gold until 2027-12-31"),
        ([("2026-03-10", 900)], "2028-01-01", "silver until 2028-12-31"),
        ([("2026-03-10", 900), ("2027-12-31", 100)], "2028-01-01", "gold until 2028-12-31"),
        ([("2026-03-10", 900), ("2027-12-31", "99.99")], "2028-01-01", "silver until 2028-12-31"),
        (
            [("2026-03-10", 900), ("2027-06-01", 50), ("2027-12-31", 50)],
            "2028-01-01",
            "gold until 2028-12-31",
        ),
    ],
)
def test_with_less_than_an_amount_in_a_calendar_year_members_go_down(
    purchases: Any, day: str, expected: str
) -> None:
    assert told(ladder(down="below", below=Decimal(100), term=YEAR), purchases, day) == expected


@pytest.mark.parametrize(
    ("purchases", "day", "one_step", "lowest"),
    [
        ([("2026-03-10", 900)], "2026-12-31", *2 * ["gold until 2027-12-31"]),
        ([("2026-03-10", 900)], "2028-01-01", "silver until 2028-12-31", "classic"),
        ([("2026-03-10", 900)], "2029-01-01", "classic", "classic"),
        ([("2026-03-10", 900), ("2027-03-10", 899)], "2028-01-01", *2 * ["silver until 2028-12-31"]),
        ([("2026-03-10", 900), ("2027-03-10", 900)], "2028-01-01", *2 * ["gold until 2028-12-31"]),
        ([("2026-03-10", 300), ("2027-12-31", 900)], "2028-01-01", *2 * ["gold until 2028-12-31"]),
    ],
)  # fmt: skip
def test_a_tier_of_a_year_is_kept_through_the_next_and_must_then_be_reached_anew(
    purchases: Any, day: str, one_step: str, lowest: str
) -> None:
    rules: dict[str, Any] = {"window": YEAR, "down": "below", "term": YEAR}

    assert told(ladder(**rules), purchases, day) == one_step
    assert told(ladder(**rules, lowest=True), purchases, day) == lowest


def test_in_the_grace_after_a_year_the_tier_is_still_held_and_can_be_reached_anew() -> None:
    rules = ladder(window=YEAR, down="below", term=YEAR, grace=31)
    year = [("2026-03-10", 900)]

    assert told(rules, year, "2028-01-31") == "gold until 2028-01-31"
    assert told(rules, year, "2028-02-01") == "silver until 2029-01-31"
    assert told(rules, [*year, ("2028-01-31", 900)], "2028-02-01") == "gold until 2030-01-31"
    assert told(rules, [*year, ("2028-01-31", 300)], "2028-02-01") == "silver until 2030-01-31"


@pytest.mark.parametrize(
    ("purchases", "day", "one_step", "lowest"),
    [
        ([("2026-01-10", 900)], "2026-04-20", *2 * ["gold until 2026-04-20"]),
        ([("2026-01-10", 900)], "2026-04-21", "silver until 2026-07-29", "classic"),
        # 400 with the 900 in sight is gold again; 400 alone, a day later, is silver
        ([("2026-01-10", 900), ("2026-04-19", 400)], "2026-04-21", *2 * ["gold until 2026-07-28"]),
        ([("2026-01-10", 900), ("2026-04-20", 400)], "2026-04-20", *2 * ["gold until 2026-04-20"]),
        ([("2026-01-10", 900), ("2026-04-20", 400)], "2026-04-21", *2 * ["silver until 2026-07-29"]),
        ([("2026-04-20", 400), ("2026-05-01", 499)], "2026-05-01", *2 * ["silver until 2026-08-09"]),
        ([("2026-04-20", 400), ("2026-05-01", 500)], "2026-05-01", *2 * ["gold until 2026-08-09"]),
    ],
)  # fmt: skip
def test_a_tier_of_a_hundred_days_is_kept_so_long_after_it_was_last_reached(
    purchases: Any, day: str, one_step: str, lowest: str
) -> None:
    rules: dict[str, Any] = {"window": Span(100), "down": "below", "term": Span(100)}

    assert told(ladder(**rules), purchases, day) == one_step
    assert told(ladder(**rules, lowest=True), purchases, day) == lowest


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
    ],
)
def test_months_end_with_the_last_day_of_a_shorter_month(start: str, months: int, last: str) -> None:
    rules = ladder(down="below", below=Decimal(1), term=Span(months, "months"))

    assert told(rules, [(start, 900)], start) == f"gold until {last}"
    after = date.fromisoformat(last) + timedelta(days=1)
    assert told(rules, [(start, 900)], str(after)).startswith("silver")


def test_nobody_goes_down_for_what_was_before_the_rule_applied() -> None:
    old = [("2020-01-10", 900)]

    idle = ladder(down="idle", term=Span(90), down_from=date(2026, 3, 1))
    assert told(idle, old, "2026-05-30") == "gold until 2026-05-30"
    assert told(idle, old, "2026-05-31") == "silver until 2026-08-28"
    year = ladder(window=YEAR, down="below", term=YEAR, down_from=date(2026, 3, 1))
    assert (
        told(year, old, "2026-12-31") == "gold until 2026-12-31"
    )  # the year of the rule is the first judged
    assert told(year, old, "2027-01-01") == "silver until 2027-12-31"


def test_members_go_down_no_further_than_the_lowest_tier() -> None:
    rules = ladder(steps=STEPS[1:], down="idle", term=Span(10))

    assert told(rules, [("2026-01-10", 900)], "2036-01-10") == "silver"


# The way a purchase goes


@pytest.mark.parametrize(
    "span", [Span(30), Span(7), Span(1, "months"), Span(3, "months"), MONTH, QUARTER, YEAR]
)
@pytest.mark.parametrize("grace", [0, 1, 14, 40])
def test_the_number_of_falls_agrees_with_their_last_days(span: Span, grace: int) -> None:
    for offset in range(0, 70, 3):
        start = date(2027, 12, 20) + timedelta(days=offset)
        for days in range(0, 500, 7):
            day = start + timedelta(days=days)
            falls = span.falls(start, day, grace)
            assert falls == 0 or span.last_held(start, falls, grace) < day
            assert span.last_held(start, falls + 1, grace) >= day
