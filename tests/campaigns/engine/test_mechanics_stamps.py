"""Stamp cards: accumulate and get; by receipt or by piece, rewarded with points, free pieces or a percent off."""

import pytest

from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import (
    anna,
    campaign,
    coupon,
    discounts,
    earned,
    fixed,
    off,
    only,
    percent,
    refusal,
    sell,
    stamp,
    to_pay,
)

COFFEE = only("coffee")


def card(*what, **parts):
    return campaign("card", *what, number=1, what_for=COFFEE, **parts)


def story(baskets, *campaigns):
    """What each basket brings: points, money off, the stamps shown and added; the card goes on."""
    stamps, told = 0, []
    for bought in baskets:
        outcome = sell(bought, *campaigns, shopper=anna(progress={1: stamps}))
        shown = [f"{step.value}/{step.goal} +{step.increment}" for step in outcome.progress]
        told.append((earned(outcome), str(outcome.discount), *shown))
        stamps += sum(step.increment for step in outcome.progress)
    return told


def test_every_third_receipt_with_coffee_brings_50_points():
    baskets = ["coffee 100", "tea 100", "coffee 100", "coffee 100 x5", "coffee 100"]
    assert story(baskets, card(stamp(3, points="50"))) == [
        ("0.00", "0.00", "1/3 +1"),
        ("0.00", "0.00"),  # no coffee, no stamp
        ("0.00", "0.00", "2/3 +1"),
        ("50.00", "0.00", "3/3 +1"),  # a receipt is one stamp, however much is on it
        ("0.00", "0.00", "1/3 +1"),
    ]


def test_every_sixth_coffee_is_free():
    baskets = ["coffee 200 x2", "coffee 300 x3", "coffee 100", "coffee 1300 x13", "coffee 500 x5"]
    assert story(baskets, card(stamp(6, "piece", free=1))) == [
        ("0.00", "0.00", "2/6 +2"),
        ("0.00", "0.00", "5/6 +3"),
        ("0.00", "100.00", "6/6 +1"),
        ("0.00", "200.00", "1/6 +13"),  # two rounds of six are full, one stamp is left
        ("0.00", "100.00", "6/6 +5"),
    ]


def test_every_third_piece_makes_the_receipts_coffee_a_quarter_cheaper_once():
    baskets = ["coffee 100, tea 50", "coffee 200 x2, tea 50", "coffee 700 x7"]
    assert story(baskets, card(stamp(3, "piece", percent="25"))) == [
        ("0.00", "0.00", "1/3 +1"),
        ("0.00", "50.00", "3/3 +2"),
        ("0.00", "175.00", "1/3 +7"),  # two rounds, and 25% once
    ]


def test_points_are_given_for_every_full_round():
    assert story(["coffee 700 x7"], card(stamp(3, "piece", points="50"))) == [("100.00", "0.00", "1/3 +7")]


@pytest.mark.parametrize(
    ("bought", "stamps"),
    [
        ("coffee 100 x0.350", 1),  # goods by weight are one piece
        ("coffee 100 x1.5", 1),
        ("coffee 100 x2.000", 2),
        ("coffee 100, coffee -100 x-1", 1),  # what is taken back is no piece
        ("coffee 0", 1),
    ],
)
def test_what_is_a_piece(bought, stamps):
    outcome = sell(bought, card(stamp(9, "piece", points="50")))
    assert [step.increment for step in outcome.progress] == [stamps]


def test_the_cheapest_of_the_receipts_pieces_is_free():
    both = campaign("card", stamp(3, free=1), number=1, what_for=only("coffee", "tea"))
    outcome = sell("coffee 100, tea 60 x2, soap 1", both, shopper=anna(progress={1: 2}))
    assert discounts(outcome) == ["0.00", "30.00", "0.00"]


def test_more_free_pieces_than_there_are_come_to_what_there_is():
    outcome = sell("coffee 100", card(stamp(2, free=3)), shopper=anna(progress={1: 1}))
    assert to_pay(outcome) == ["0.00"]


def test_stamps_are_collected_before_they_are_rewarded():
    assert refusal(sell("coffee 100", card(stamp(3, points="50")))) == "stamp_collected"
    assert refusal(sell("coffee 100", card(stamp(3, free=1)))) == "stamp_collected"


@pytest.mark.parametrize("reward", [{"points": "50"}, {"free": 1}, {"percent": "10"}])
def test_who_is_anonymous_has_no_card(reward):
    outcome = sell("coffee 100", card(stamp(2, **reward), off("5")), shopper=ANONYMOUS)
    assert (refusal(outcome), outcome.progress, outcome.discount) == ("no_member", (), 0)


def test_other_effects_of_the_campaign_do_not_wait_for_the_card():
    assert story(["coffee 100", "coffee 100"], card(stamp(2, free=1), percent("5"))) == [
        ("5.00", "0.00", "1/2 +1"),
        ("0.00", "100.00", "2/2 +1"),
    ]
    assert story(["coffee 100", "coffee 100"], card(stamp(2, points="50"), off("10"))) == [
        ("0.00", "10.00", "1/2 +1"),
        ("50.00", "10.00", "2/2 +1"),
    ]
    assert story(["coffee 100", "coffee 100"], card(stamp(2, points="50"), fixed("1"))) == [
        ("1.00", "0.00", "1/2 +1"),
        ("51.00", "0.00", "2/2 +1"),
    ]


def test_a_coupon_beside_the_card_is_issued_with_every_receipt():
    outcome = sell("coffee 100", card(stamp(3, points="50"), coupon("spring")))
    assert ([extra.code for extra in outcome.extras], outcome.declined) == (["spring"], ())
    assert [step.increment for step in outcome.progress] == [1]


def test_a_full_card_whose_reward_costs_nothing_any_more_says_so():
    free = campaign("a", off("100%"), number=2)
    outcome = sell("coffee 100", free, card(stamp(2, free=1)), shopper=anna(progress={1: 1}))
    assert (refusal(outcome), [step.increment for step in outcome.progress]) == ("nothing_left", [1])
