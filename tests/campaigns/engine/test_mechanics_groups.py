"""Groups: which campaigns may apply together, over discounts, exchanges, points and multipliers."""

import pytest

from tests.campaigns.engine.build import (
    anna,
    campaign,
    coupon,
    earned,
    exchange,
    fixed,
    off,
    only,
    percent,
    purse,
    refusals,
    sell,
    times,
    to_pay,
)

A, B, C = 1, 2, 3


def member(number, *what, mode="best", priority=0, **parts):
    """A campaign of the group; its code is a letter: 1 is a, 2 is b."""
    stacking = {"group": "g", "mode": mode, "priority": priority}
    return campaign("abcdef"[number - 1], *what, number=number, stacking=stacking, **parts)


@pytest.mark.parametrize(
    ("campaigns", "paid", "points", "refused"),
    [
        # discounts among themselves: the best by money
        ([member(A, off("10")), member(B, off("20%"))], "80.00", "0.00", {A: "beaten"}),
        ([member(A, off("20")), member(B, off("20%"))], "80.00", "0.00", {B: "beaten"}),
        ([member(A, off("5"), mode="exclusive"), member(B, off("20%"))], "95.00", "0.00", {B: "excluded_by"}),
        ([member(A, off("5"), mode="all"), member(B, off("20%"), mode="all")], "76.00", "0.00", {}),
        # the best within its budget
        ([member(A, off("90"), judge={"budget": {"money": "3"}}), member(B, off("4"))], "96.00", "0.00", {A: "beaten"}),
        # money comes before points: of the group's best only one applies
        ([member(A, fixed("999")), member(B, off("1"))], "99.00", "0.00", {A: "came_first"}),
        ([member(A, fixed("999"), mode="all"), member(B, off("1"))], "99.00", "999.00", {}),
        ([member(A, fixed("999"), mode="exclusive", priority=9), member(B, off("1"))], "99.00", "0.00",
         {A: "excluded_by"}),
        ([member(A, fixed("999")), member(B, off("1"), mode="exclusive")], "99.00", "0.00", {A: "excluded_by"}),
        # a discount that does not apply shuts nobody out
        ([member(A, fixed("7")), member(B, off("1"), what_for=only("lamp"))], "100.00", "7.00",
         {B: "no_matching_lines"}),
        # who lost with its discount gives no points and no coupon either
        ([member(A, off("1"), fixed("50"), coupon("spring")), member(B, off("2"))], "98.00", "0.00", {A: "beaten"}),
        # who won brings its points along
        ([member(A, off("3"), fixed("50")), member(B, off("2"))], "97.00", "50.00", {B: "beaten"}),
        ([member(A, off("3"), fixed("50")), member(B, fixed("80"))], "97.00", "50.00", {B: "came_first"}),
        # whose discount comes to nothing takes part with its points
        ([member(A, off("3"), fixed("50"), judge={"budget": {"money": "1"}}), member(B, fixed("80"), mode="all")],
         "99.00", "130.00", {}),
        # multipliers come last
        ([member(A, percent("5")), member(B, times("2"))], "100.00", "5.00", {B: "came_first"}),
        ([member(A, percent("5"), mode="all"), member(B, times("2"))], "100.00", "10.00", {}),
        ([member(A, off("1")), member(B, times("2")), campaign("z", percent("10"), number=C)], "99.00", "9.90",
         {B: "came_first"}),
    ],
)  # fmt: skip
def test_one_group(campaigns, paid, points, refused):
    outcome = sell("tea 100", *campaigns)
    assert (to_pay(outcome), earned(outcome), refusals(outcome)) == ([paid], points, refused)
    assert sell("tea 100", *reversed(campaigns)) == outcome


def test_what_gives_no_points_counts_as_zero_in_its_group():
    outcome = sell("tea 100", member(A, coupon("spring")), member(B, fixed("1")))
    assert (earned(outcome), outcome.extras, refusals(outcome)) == ("1.00", (), {A: "beaten"})


def test_of_several_texts_of_a_group_only_the_first_is_said():
    texts = [member(A, tell={"till": "bag?"}), member(B, tell={"till": "card?"}, priority=1)]
    outcome = sell("tea 100", *texts)
    assert ([m.text for m in outcome.till_messages], refusals(outcome)) == (["card?"], {A: "beaten"})


def test_an_exchange_comes_after_discounts_and_before_points():
    rich = anna(wallet=purse("500"))
    swap = member(A, exchange("100", "50"))
    with_points = sell("tea 100", swap, member(B, fixed("5")), shopper=rich, exchanges=["a"])
    assert (to_pay(with_points), refusals(with_points)) == (["50.00"], {B: "came_first"})
    with_discount = sell("tea 100", swap, member(B, off("5")), shopper=rich, exchanges=["a"])
    assert (to_pay(with_discount), refusals(with_discount)) == (["95.00"], {A: "came_first"})


def test_an_exchange_that_nobody_asks_for_shuts_nobody_out():
    campaigns = member(A, exchange("100", "50"), mode="exclusive"), member(B, fixed("5"))
    outcome = sell("tea 100", *campaigns, shopper=anna(wallet=purse("100")))
    assert (earned(outcome), refusals(outcome)) == ("5.00", {A: "not_asked"})


def test_an_exchange_is_offered_only_where_it_can_be_made():
    campaigns = (member(A, exchange("100", "50"), mode="all"),)
    for bought, points, code in (("tea 50", "100", "not_asked"), ("tea 49.99", "100", "exchange_too_large"),
                                 ("tea 50", "99.99", "exchange_balance")):  # fmt: skip
        assert refusals(sell(bought, *campaigns, shopper=anna(wallet=purse(points)))) == {A: code}
