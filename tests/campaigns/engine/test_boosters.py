"""Multipliers of what other campaigns gave."""

from tests.campaigns.engine.build import by_line, campaign, earned, fixed, percent, refusals, sell, times

COFFEE = {"of": "lines", "products": ["coffee"]}
BASE = campaign("base", percent("5"), number=1)


def test_double_points_on_a_receipt():
    outcome = sell("tea 100, soap 50", BASE, campaign("double", times("2"), number=2))
    assert (earned(outcome), by_line(outcome)) == ("15.00", ["10.00", "5.00"])


def test_double_points_on_coffee_leave_the_rest_alone():
    outcome = sell("coffee 100, soap 50", BASE, campaign("double", times("2"), number=2, what_for=COFFEE))
    assert by_line(outcome) == ["10.00", "2.50"]


def test_the_reason_shows_what_was_added():
    outcome = sell("coffee 100", BASE, campaign("x", times("1.5"), number=2))
    because = outcome.lines[0].because[1]
    assert (str(because.points), because.code, because.args) == (
        "2.50",
        "multiplier",
        {"by": "1.5", "of": "5.00"},
    )


def test_points_of_the_whole_receipt_are_multiplied_only_by_a_booster_of_the_receipt():
    hello = campaign("hello", fixed("10"), number=3)
    assert earned(sell("coffee 100", hello, campaign("x", times("2"), number=2))) == "20.00"
    outcome = sell("coffee 100", hello, campaign("x", times("2"), number=2, what_for=COFFEE))
    assert (earned(outcome), refusals(outcome)) == ("10.00", {2: "nothing_to_multiply"})


def test_boosters_do_not_multiply_each_other():
    boosters = [campaign("x", times("2"), number=2), campaign("y", times("3"), number=3)]
    assert earned(sell("tea 100", BASE, *boosters)) == "20.00"  # 5 + 5 + 10


def test_a_booster_comes_after_the_others_whatever_its_code():
    assert earned(sell("tea 100", BASE, campaign("a-booster", times("2"), number=2))) == "10.00"


def test_over_2000_double():
    double = campaign("x", times("2"), number=2, if_={"condition": "receipt_amount", "at_least": "2000.01"})
    assert [earned(sell(f"tea {amount}", BASE, double)) for amount in ("2000", "2000.01")] == [
        "100.00",
        "200.00",
    ]


def test_what_a_booster_adds_is_limited_and_its_own_grant():
    double = campaign("x", times("2"), number=2, judge={"limits": [{"period": "month", "points": "3"}]})
    outcome = sell("tea 100", BASE, double)
    assert [(grant.campaign_id, str(grant.points)) for grant in outcome.grants] == [(1, "5.00"), (2, "3.00")]
    assert [(use.campaign_id, str(use.points)) for use in outcome.uses] == [(2, "3.00")]
