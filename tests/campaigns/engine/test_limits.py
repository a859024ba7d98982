"""Limits per member: what is left is given, and no more."""

from decimal import Decimal

import pytest

from campaigns.engine.limits import period_keys
from tests.campaigns.engine.build import anna, at, campaign, earned, fixed, percent, refusal, sell

CODE = 99


def limited(*limits, what=None, **parts):
    return campaign("c", what or percent("10"), number=CODE, judge={"limits": list(limits)}, **parts)


def used(period: str, times: int, points: str):
    return anna(uses={(CODE, period): (times, Decimal(points))})


@pytest.mark.parametrize(
    ("limit", "before", "points", "refused"),
    [
        ({"period": "receipt", "points": "30"}, anna(), "30.00", None),
        ({"period": "day", "points": "30"}, anna(), "30.00", None),
        ({"period": "day", "points": "30"}, used("2026-11-21", 1, "20"), "10.00", None),
        ({"period": "day", "points": "30"}, used("2026-11-20", 1, "20"), "30.00", None),
        ({"period": "day", "points": "30"}, used("2026-11-21", 1, "30"), "0.00", "limit_reached"),
        ({"period": "day", "points": "30"}, used("2026-11-21", 1, "45"), "0.00", "limit_reached"),
        ({"period": "week", "points": "500"}, used("2026-W47", 1, "450"), "50.00", None),
        ({"period": "month", "points": "500"}, used("2026-11", 1, "499.99"), "0.01", None),
        ({"period": "year", "points": "500"}, used("2026", 9, "500"), "0.00", "limit_reached"),
        ({"period": "ever", "points": "120"}, used("ever", 9, "20"), "100.00", None),
        ({"period": "day", "times": 1}, anna(), "100.00", None),
        ({"period": "day", "times": 1}, used("2026-11-21", 1, "7"), "0.00", "limit_reached"),
        ({"period": "month", "times": 3}, used("2026-11", 2, "7"), "100.00", None),
    ],
)
def test_a_receipt_of_1000_at_10_percent(limit, before, points, refused):
    outcome = sell("tea 1000", limited(limit), shopper=before)
    assert (earned(outcome), refusal(outcome)) == (points, refused)


def test_the_tightest_of_several_limits_counts():
    limits = [
        {"period": "day", "points": "40"},
        {"period": "receipt", "points": "30"},
        {"period": "ever", "points": "50"},
    ]
    outcome = sell("tea 1000", limited(*limits))
    assert outcome.lines[0].because[0].args == {
        "percent": "10", "of": "1000.00", "cut_to": "30.00", "limit": "30", "period": "receipt",
    }  # fmt: skip


def test_what_is_cut_is_spread_over_the_lines_and_adds_up():
    outcome = sell("tea 333, soap 333, bread 334", limited({"period": "receipt", "points": "10"}))
    assert [str(line.earned) for line in outcome.lines] == ["3.33", "3.33", "3.34"]


def test_a_cut_takes_from_the_last_effect_first():
    both = campaign(
        "c", percent("10"), fixed("50"), judge={"limits": [{"period": "receipt", "points": "120"}]}
    )
    outcome = sell("tea 1000", both)
    assert [str(because.points) for because in outcome.lines[0].because] == ["100.00"]
    assert [(str(b.points), b.args["cut_to"]) for b in outcome.receipt_because] == [("20.00", "20.00")]
    assert earned(sell("tea 2000", both)) == "120.00"


def test_each_period_that_is_limited_is_told_what_to_add():
    limits = [
        {"period": "receipt", "points": "30"},
        {"period": "month", "points": "500"},
        {"period": "day", "times": 2},
    ]
    outcome = sell("tea 1000", limited(*limits))
    assert [(use.period, use.times, str(use.points)) for use in outcome.uses] == [
        ("2026-11", 1, "30.00"), ("2026-11-21", 1, "30.00"),
    ]  # fmt: skip


def test_what_was_declined_uses_no_limit():
    outcome = sell("tea 1000", limited({"period": "day", "times": 1}), shopper=used("2026-11-21", 1, "1"))
    assert outcome.uses == ()


def test_a_text_is_told_as_often_as_its_limit_allows():
    hint = campaign(
        "c", number=CODE, tell={"till": "Offer a bag"}, judge={"limits": [{"period": "day", "times": 1}]}
    )
    first = sell("tea 1", hint)
    assert (first.told, [(use.period, use.times) for use in first.uses]) == ((CODE,), [("2026-11-21", 1)])
    assert refusal(sell("tea 1", hint, shopper=used("2026-11-21", 1, "0"))) == "limit_reached"


@pytest.mark.parametrize(
    ("moment", "keys"),
    [
        ("2026-11-21 12:30", "2026-11-21 2026-W47 2026-11 2026 ever"),
        ("2027-01-01 00:00", "2027-01-01 2026-W53 2027-01 2027 ever"),  # the week is still the old year's
        ("2026-12-31 23:59", "2026-12-31 2026-W53 2026-12 2026 ever"),
    ],
)
def test_the_keys_of_periods(moment, keys):
    assert " ".join(period_keys(at(moment).in_programme).values()) == keys
