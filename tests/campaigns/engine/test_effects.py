"""What campaigns give: worked examples."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.campaigns.engine.build import (
    RUBLES,
    by_line,
    campaign,
    earned,
    fixed,
    per,
    percent,
    refusal,
    sell,
    steps,
)

COFFEE = {"of": "lines", "products": ["coffee"]}


@pytest.mark.parametrize(
    ("bought", "share", "points"),
    [
        ("tea 100", "5", "5.00"),
        ("tea 259.82", "5", "12.99"),
        ("tea 0.10", "5", "0.01"),  # 0.005 rounds half up
        ("tea 0.09", "5", "0.00"),
        ("tea 33.33, bread 33.33, soap 33.34", "10", "10.00"),
        ("tea 1000", "0.25", "2.50"),
        ("tea 1000", "100", "1000.00"),
    ],
)
def test_a_percent_of_the_receipt(bought, share, points):
    assert earned(sell(bought, campaign("base", percent(share)))) == points


@pytest.mark.parametrize(
    ("places", "rule", "points"),
    [
        (2, "half_up", "12.35"),  # 5% of 246.90 is 12.345
        (2, "half_even", "12.34"),
        (2, "down", "12.34"),
        (2, "up", "12.35"),
        (1, "half_up", "12.3"),
        (0, "half_up", "12"),
        (0, "up", "13"),
    ],
)
def test_points_are_rounded_once_by_the_rule_of_the_programme(places, rule, points):
    terms = replace(RUBLES, point_decimals=places, rounding=rule)
    assert earned(sell("tea 123.45, soap 123.45", campaign("base", percent("5")), terms=terms)) == points


def test_a_percent_is_spread_over_lines_by_amount_and_adds_up():
    outcome = sell("tea 33.33, bread 33.33, soap 33.34", campaign("base", percent("5")))
    assert by_line(outcome) == ["1.67", "1.66", "1.67"]
    assert earned(outcome) == "5.00"


def test_whole_points_go_to_the_largest_remainders_and_among_equals_to_the_first_position():
    outcome = sell(
        "tea 10, bread 10, soap 10", campaign("base", percent("10")), terms=replace(RUBLES, point_decimals=0)
    )
    assert by_line(outcome) == ["1", "1", "1"]
    outcome = sell(
        "tea 10, bread 10, soap 10", campaign("base", percent("5")), terms=replace(RUBLES, point_decimals=0)
    )
    assert by_line(outcome) == ["1", "1", "0"]


def test_the_reason_of_a_percent_names_the_amount_it_was_reckoned_on():
    line = sell("tea 259.82", campaign("base", percent("5.00"))).lines[0]
    assert [(because.points, because.code, because.args) for because in line.because] == [
        (Decimal("12.99"), "percent", {"percent": "5", "of": "259.82"})
    ]


def test_fixed_points_of_a_receipt_belong_to_no_line():
    outcome = sell("tea 100, soap 50", campaign("hello", fixed("50")))
    assert by_line(outcome) == ["0.00", "0.00"]
    assert [(because.points, because.code) for because in outcome.receipt_because] == [
        (Decimal("50.00"), "fixed")
    ]
    assert outcome.by_line(outcome.grants[0].campaign_id) == {None: Decimal("50.00")}


def test_fixed_points_for_goods_are_given_once_and_spread_over_their_lines():
    outcome = sell("coffee 100, tea 70, coffee 300", campaign("coffee", fixed("50"), what_for=COFFEE))
    assert by_line(outcome) == ["12.50", "0.00", "37.50"]
    assert outcome.receipt_because == ()


@pytest.mark.parametrize(
    ("bought", "points"),
    [("tea 99.99", "0.00"), ("tea 100", "3.00"), ("tea 199.99", "3.00"), ("tea 150, soap 150", "9.00")],
)
def test_points_for_every_whole_sum_spent(bought, points):
    assert earned(sell(bought, campaign("per", per("3", "100")))) == points


@pytest.mark.parametrize(
    ("bought", "points"),
    [
        ("tea 0.99", "0.00"),
        ("tea 1", "0.05"),
        ("tea 99.99", "5.00"),
        ("tea 100", "7.00"),
        ("tea 499.99", "35.00"),
        ("tea 500", "35.00"),
        ("tea 500.01", "50.00"),
    ],
)
def test_5_7_and_10_percent_by_receipt_amount(bought, points):
    scale = steps(("1", "5%"), ("100", "7%"), ("500.01", "10%"))
    assert earned(sell(bought, campaign("scale", scale))) == points


@pytest.mark.parametrize(
    ("bought", "points"),
    [
        ("tea 50", "0.00"),
        ("tea 100", "0.00"),
        ("tea 100.20", "0.01"),  # 5% of 0.20
        ("tea 500", "20.00"),  # 5% of 400
        ("tea 700", "40.00"),  # 5% of 400 and 10% of 200
    ],
)
def test_slices_pay_each_part_its_own_percent(bought, points):
    scale = steps(("100", "5%"), ("500", "10%"), mode="sliced")
    assert earned(sell(bought, campaign("scale", scale))) == points


@pytest.mark.parametrize(
    ("bought", "points"), [("tea 999.99", "0.00"), ("tea 1000", "50.00"), ("tea 9000", "300.00")]
)
def test_steps_can_give_fixed_points(bought, points):
    outcome = sell(bought, campaign("scale", steps(("1000", "50"), ("3000", "300"))))
    assert earned(outcome) == points
    assert by_line(outcome) == ["0.00"]  # they belong to the receipt


@pytest.mark.parametrize(("by", "points"), [("scope", "5.00"), ("receipt", "10.00")])
def test_steps_on_goods_go_by_their_own_amount_or_by_the_receipt(by, points):
    scale = steps(("0", "5%"), ("500", "10%"), by=by)
    assert earned(sell("coffee 100, soap 400", campaign("scale", scale, what_for=COFFEE))) == points


def test_the_effects_of_one_campaign_add_up_to_one_grant():
    outcome = sell("tea 100", campaign("both", percent("5"), fixed("50")))
    assert earned(outcome) == "55.00"
    assert [grant.points for grant in outcome.grants] == [Decimal("55.00")]


def test_what_several_effects_give_to_one_line_is_one_share_of_it():
    both = campaign("both", percent("5"), per("1", "10"), fixed("3"))
    outcome = sell("tea 100, soap 50", both)
    shares = outcome.by_line(both.campaign_id)
    assert {position: str(share) for position, share in shares.items()} == {
        None: "3.00",
        1: "15.00",
        2: "7.50",
    }


def test_a_campaign_that_comes_to_nothing_says_so():
    assert refusal(sell("tea 0.01", campaign("base", percent("5")))) == "zero_points"
    assert refusal(sell("tea 0", campaign("base", percent("5")))) == "zero_points"
    assert refusal(sell("tea 50", campaign("per", per("3", "100")))) == "zero_points"


def test_a_3_percent_b_5_percent_the_rest_2_percent():
    rest = {"of": "lines", "except": {"products": ["coffee", "tea"]}}
    outcome = sell(
        "coffee 100, tea 200, soap 300, bread 400",
        campaign("a", percent("3"), what_for=COFFEE),
        campaign("b", percent("5"), what_for={"of": "lines", "products": ["tea"]}),
        campaign("rest", percent("2"), what_for=rest),
    )
    assert by_line(outcome) == ["3.00", "10.00", "6.00", "8.00"]
