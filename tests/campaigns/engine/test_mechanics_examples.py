"""The mechanics that loyalty systems are sold with, in their own figures: one point is one ruble."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.campaigns.engine.build import (
    RUBLES,
    anna,
    by_line,
    campaign,
    cond,
    earned,
    fixed,
    given,
    only,
    percent,
    purse,
    sell,
    steps,
    times,
)

BASE = campaign("base", percent("2"), number=1)
HOURS = {"hours": [["13:00", "15:00"]]}
OVER_2000 = cond("receipt_amount", at_least="2000.01")


def test_5_percent_of_100_are_5_points():
    assert earned(sell("tea 100", campaign("c", percent("5")))) == "5.00"


@pytest.mark.parametrize(
    ("receipt", "points"),
    [
        # up to 1: nothing
        ("0.99", "0.00"),
        # 1 to 100: 5%
        ("1", "0.05"), ("50", "2.50"), ("99.99", "5.00"),
        # 100 to 500: 7%
        ("100", "7.00"), ("250", "17.50"), ("499.99", "35.00"),
        # 500 and more: 10%
        ("500", "50.00"), ("500.04", "50.00"), ("500.05", "50.01"), ("1000", "100.00"),
    ],
)  # fmt: skip
def test_5_7_and_10_percent_by_the_sum_of_the_receipt(receipt, points):
    scale = campaign("scale", steps(("1", "5%"), ("100", "7%"), ("500", "10%")))
    assert earned(sell(f"tea {receipt}", scale)) == points


@pytest.mark.parametrize(
    ("spent_before", "receipt", "points"),
    [
        ("0", "50", "2.50"),  # 50 in all: 5%
        ("49.99", "50", "2.50"),  # 99.99 in all: still 5%
        ("50", "50", "3.50"),  # 100 in all, this purchase included: 7%
        ("449", "50", "3.50"),  # 499 in all
        ("450", "50", "5.00"),  # 500 in all: 10%
        ("99999", "50", "5.00"),
    ],
)
def test_5_7_and_10_percent_by_all_that_was_ever_spent(spent_before, receipt, points):
    levels = [
        campaign("level-1", percent("5"), number=1, if_=cond("spent", period="ever", below=100)),
        campaign(
            "level-2", percent("7"), number=2, if_=cond("spent", period="ever", at_least=100, below=500)
        ),
        campaign("level-3", percent("10"), number=3, if_=cond("spent", period="ever", at_least=500)),
    ]
    member = anna(known={"spent:ever": Decimal(spent_before)})
    assert earned(sell(f"tea {receipt}", *levels, shopper=member)) == points


def test_3_percent_for_a_5_percent_for_b_and_2_percent_for_the_rest():
    outcome = sell(
        "coffee 100, tea 200, soap 300, bread 400",
        campaign("a", percent("3"), what_for=only("coffee")),
        campaign("b", percent("5"), what_for=only("tea")),
        campaign("rest", percent("2"), what_for={"of": "lines", "except": {"products": ["coffee", "tea"]}}),
    )
    assert by_line(outcome) == ["3.00", "10.00", "6.00", "8.00"]


@pytest.mark.parametrize(
    ("clock", "points"),
    [
        ("12:59", "2.00"), ("13:00", "52.00"), ("14:59", "52.00"), ("15:00", "2.00"),
    ],
)  # fmt: skip
def test_50_points_more_from_13_to_15(clock, points):
    happy = campaign("happy", fixed("50"), number=2, when=HOURS)
    assert earned(sell("tea 100", BASE, happy, when=f"2026-11-21 {clock}")) == points


@pytest.mark.parametrize(("clock", "points"), [("12:59", "2.00"), ("13:00", "4.00"), ("15:00", "2.00")])
def test_double_points_from_13_to_15(clock, points):
    double = campaign("double", times("2"), number=2, when=HOURS)
    assert earned(sell("tea 100", BASE, double, when=f"2026-11-21 {clock}")) == points


@pytest.mark.parametrize(
    ("receipt", "more_50", "doubled"),
    [("2000", "40.00", "40.00"), ("2000.01", "90.00", "80.00"), ("3000", "110.00", "120.00")],
)
def test_over_2000_there_are_50_points_more_or_double_points(receipt, more_50, doubled):
    bonus = campaign("bonus", fixed("50"), number=2, if_=OVER_2000)
    double = campaign("double", times("2"), number=3, if_=OVER_2000)
    assert earned(sell(f"tea {receipt}", BASE, bonus)) == more_50
    assert earned(sell(f"tea {receipt}", BASE, double)) == doubled


def year(baskets, *campaigns):
    """What Anna earns purchase by purchase; her counters go on."""
    progress: dict[int, int] = {}
    story = []
    for number, receipt in enumerate(baskets):
        outcome = sell(f"tea {receipt}", *campaigns, shopper=anna(purchases=number, progress=progress))
        story.append(given(outcome))
        progress = dict(progress)
        for step in outcome.progress:
            progress[step.campaign_id] = progress.get(step.campaign_id, 0) + step.increment
    return story


def test_every_fifth_and_every_tenth_purchase():
    fifth = campaign("fifth", fixed("100"), number=5, if_=cond("nth_purchase", every=5))
    tenth = campaign("tenth", fixed("500"), number=10, if_=cond("nth_purchase", every=10))
    story = year(["100"] * 20, BASE, fifth, tenth)
    assert [number for number, gave in enumerate(story, 1) if 5 in gave] == [5, 10, 15, 20]
    assert [number for number, gave in enumerate(story, 1) if 10 in gave] == [10, 20]
    assert story[9] == {1: "2.00", 5: "100.00", 10: "500.00"}


def test_every_fifth_purchase_over_500_counts_only_such_purchases():
    fifth = campaign("fifth", fixed("100"), number=5, if_=cond("nth_purchase", every=5, of_at_least="500.01"))
    story = year(["501", "500", "501", "501", "20", "501", "500", "501", "501"], fifth)
    assert [number for number, gave in enumerate(story, 1) if gave] == [8]


def test_points_of_a_promotion_burn_on_31_december():
    lots = {"expires": {"kind": "on_date", "date": "2026-12-31"}}
    (grant,) = sell("tea 100", campaign("fifth", fixed("100"), lots=lots)).grants
    assert grant.expires_at == datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)  # midnight in Moscow


@pytest.mark.parametrize(
    ("rule", "receipt", "balance", "spent", "left"),
    [
        # up to half of a receipt
        ({"max_share": "50"}, "1000", "9000", "500.00", "500.00"),
        ({"max_share": "50"}, "1000", "300", "300.00", "700.00"),
        ({"max_share": "50"}, "0.01", "300", "0.00", "0.01"),
        ({"max_share": "50"}, "99.99", "300", "49.99", "50.00"),
        # all but one ruble
        ({"leave": "1"}, "1000", "9000", "999.00", "1.00"),
        ({"leave": "1"}, "1", "9000", "0.00", "1.00"),
        ({"leave": "1"}, "1.50", "9000", "0.50", "1.00"),
    ],
)
def test_points_pay_up_to_half_of_a_receipt_or_all_but_one_ruble(rule, receipt, balance, spent, left):
    terms = replace(RUBLES, spending=rule)
    outcome = sell(f"tea {receipt}", terms=terms, shopper=anna(wallet=purse(balance)), redeem="max")
    assert (str(outcome.redemption.points), str(outcome.to_pay)) == (spent, left)


def test_10_percent_that_pay_at_most_half_last_for_two_purchases():
    half = replace(RUBLES, spending={"max_share": "50"})
    ten = campaign("ten", percent("10"))
    first = sell("tea 1000", ten, terms=half)
    assert earned(first) == "100.00"
    second = sell("tea 150", ten, terms=half, shopper=anna(wallet=purse("100")), redeem="max")
    assert (str(second.redemption.points), earned(second)) == ("75.00", "7.50")
