"""Money off: percent, sum, fixed price, the cheapest free, gifts; alone, together, and with points."""

from decimal import Decimal

import pytest

from campaigns.engine.shopper import ANONYMOUS
from loyalty.rules.basket import Settled
from tests.campaigns.engine.build import (
    anna,
    by_line,
    campaign,
    cheapest,
    cond,
    discounts,
    earned,
    fixed,
    gift,
    off,
    only,
    per_piece,
    percent,
    price,
    purse,
    refusal,
    refusals,
    sell,
    times,
    to_pay,
)


def one(*what, **parts):
    return campaign("c", *what, number=1, **parts)


# Percent and sum


@pytest.mark.parametrize(
    ("bought", "much", "taken"),
    [
        ("tea 100", "10%", ["10.00"]),
        ("tea 0.05", "10%", ["0.01"]),  # half a cent goes up
        ("tea 0.04", "10%", ["0.00"]),
        ("tea 33.33, bread 33.33, soap 33.34", "10%", ["3.33", "3.33", "3.34"]),  # 10.00 in all, then spread
        ("tea 100", "100%", ["100.00"]),
        ("tea 100, soap 300", "100", ["25.00", "75.00"]),
        ("tea 60, soap 30", "100", ["60.00", "30.00"]),  # no more than there is
        ("tea 0, soap 30", "10", ["0.00", "10.00"]),
        ("tea -20, soap 30", "50%", ["0.00", "15.00"]),  # what is taken back is made no cheaper
    ],
)  # fmt: skip
def test_a_percent_or_a_sum_off_the_receipt(bought, much, taken):
    outcome = sell(bought, one(off(much)))
    assert discounts(outcome) == taken
    assert outcome.to_pay == outcome.total - outcome.discount == sum(line.to_pay for line in outcome.lines)


def test_only_the_lines_that_are_meant_are_cheaper():
    outcome = sell("coffee 100, soap 50", one(off("10%"), what_for=only("coffee")))
    assert to_pay(outcome) == ["90.00", "50.00"]


def test_the_reason_of_a_discount_stands_on_its_lines_with_its_money():
    outcome = sell("coffee 100, soap 50", one(off("10%"), what_for=only("coffee")))
    (because,) = outcome.lines[0].because
    assert (because.code, because.discount, because.points) == ("off_percent", Decimal("10.00"), 0)
    assert outcome.lines[1].because == ()


def test_where_nothing_costs_anything_nothing_is_taken_off():
    assert refusal(sell("tea 0", one(off("10%")))) == "nothing_left"
    assert refusal(sell("tea -5", one(off("5")))) == "nothing_left"


# Fixed price


@pytest.mark.parametrize(
    ("bought", "each", "paid"),
    [
        ("coffee 100", "80", ["80.00"]),
        ("coffee 300 x3", "80", ["240.00"]),
        ("coffee 100 x0.333", "80", ["26.64"]),  # goods by weight: 80 a kilogram
        ("coffee 100 x0.001", "4.99", ["0.00"]),  # half a cent would go up, 0.499 of one goes down
        ("coffee 100 x0.001", "5", ["0.01"]),
        ("coffee 100", "0", ["0.00"]),
        ("coffee 79.99, coffee 100", "80", ["79.99", "80.00"]),  # what is cheaper stays as it is
        ("coffee -100 x-1, coffee 100", "80", ["-100.00", "80.00"]),
    ],
)
def test_every_piece_at_a_fixed_price(bought, each, paid):
    assert to_pay(sell(bought, one(price(each), what_for=only("coffee")))) == paid


def test_what_is_cheaper_already_is_told():
    assert refusal(sell("coffee 80", one(price("80")))) == "cheaper_already"


# The cheapest free


@pytest.mark.parametrize(
    ("bought", "what", "taken"),
    [
        # three for two
        ("coffee 300 x3", cheapest(3), ["100.00"]),
        ("coffee 100, tea 70, bread 30", cheapest(3), ["0.00", "0.00", "30.00"]),
        ("coffee 200 x2, tea 70", cheapest(3), ["0.00", "70.00"]),
        ("coffee 500 x5", cheapest(3), ["100.00"]),
        ("coffee 600 x6", cheapest(3), ["200.00"]),
        ("coffee 400 x4, tea 60 x2", cheapest(3), ["0.00", "60.00"]),  # of six the two cheapest
        ("coffee 400 x4, tea 30, bread 35", cheapest(3), ["0.00", "30.00", "35.00"]),
        ("tea 100 x3", cheapest(3), ["33.33"]),  # a third of a line, rounded half up
        ("tea 50, bread 50, soap 50", cheapest(3), ["50.00", "0.00", "0.00"]),  # among equals the first
        # four for two, and the second at half its price
        ("coffee 400 x4", cheapest(4, free=2), ["200.00"]),
        ("coffee 100, tea 60", cheapest(2, percent="50"), ["0.00", "30.00"]),
        ("coffee 100, tea 60.01", cheapest(2, percent="50"), ["0.00", "30.01"]),
        # goods by weight are one piece a line
        ("coffee 100, tea 60 x0.350", cheapest(2), ["0.00", "60.00"]),
        # what costs nothing or is taken back is no piece
        ("coffee 100, tea 60, bread 0", cheapest(2), ["0.00", "60.00", "0.00"]),
        ("coffee 100 x2, tea -60 x-1", cheapest(2), ["50.00", "0.00"]),
    ],
)  # fmt: skip
def test_the_cheapest_pieces_are_free(bought, what, taken):
    assert discounts(sell(bought, one(what))) == taken


@pytest.mark.parametrize("bought", ["coffee 200 x2", "coffee 200 x2, tea 0", "coffee 200 x2, tea -10 x-3"])
def test_too_few_pieces(bought):
    declined = sell(bought, one(cheapest(3))).declined[0]
    assert (declined.code, declined.args["pieces"], declined.args["missing"]) == ("pieces_short", "2", "1")


# Gifts


@pytest.mark.parametrize(
    ("bought", "what", "taken"),
    [
        ("coffee 100, lamp 30", gift("lamp"), ["0.00", "30.00"]),
        ("coffee 100, lamp 60 x2", gift("lamp"), ["0.00", "30.00"]),
        ("coffee 100, lamp 60 x2", gift("lamp", pieces=5), ["0.00", "60.00"]),
        (
            "coffee 100, lamp 30, soap 20",
            gift("lamp", "soap"),
            ["0.00", "0.00", "20.00"],
        ),  # the cheapest of them
        ("coffee 100, lamp 30, soap 20", gift("lamp", "soap", pieces=2), ["0.00", "30.00", "20.00"]),
    ],
)
def test_a_gift_is_free_when_it_is_on_the_receipt(bought, what, taken):
    assert discounts(sell(bought, one(what, what_for=only("coffee")))) == taken


def test_a_gift_that_is_missing_is_told_to_the_cashier():
    declined = sell("coffee 100", one(gift("lamp"), what_for=only("coffee"))).declined[0]
    assert (declined.code, declined.args) == ("gift_missing", {"wanted": "lamp", "pieces": "1"})


def test_a_gift_needs_what_it_is_given_for():
    assert refusal(sell("lamp 30", one(gift("lamp"), what_for=only("coffee")))) == "no_matching_lines"


# Several discounts


def test_each_campaign_reckons_on_what_is_left_by_priority_then_by_code():
    half, ten = campaign("a", off("50%"), number=1), campaign("b", off("10"), number=2)
    assert to_pay(sell("tea 100", half, ten)) == ["40.00"]  # 100 → 50 → 40
    first = campaign("b", off("10"), number=2, stacking={"priority": 1})
    assert to_pay(sell("tea 100", half, first)) == ["45.00"]  # 100 → 90 → 45


def test_the_effects_of_one_campaign_follow_each_other():
    assert to_pay(sell("tea 100", one(off("50%"), off("10")))) == ["40.00"]
    assert to_pay(sell("tea 100", one(off("10"), off("50%")))) == ["45.00"]


def test_a_line_never_goes_below_zero():
    outcome = sell("tea 100, soap 5", campaign("a", off("60%"), number=1), campaign("b", off("999"), number=2),
                   campaign("c", off("10%"), number=3))  # fmt: skip
    assert to_pay(outcome) == ["0.00", "0.00"]
    assert refusals(outcome) == {3: "nothing_left"}


def test_conditions_of_discounts_speak_of_what_the_goods_cost_before_any_of_them():
    big = campaign("b", off("10%"), number=2, if_=cond("receipt_amount", at_least=100))
    assert to_pay(sell("tea 100", campaign("a", off("50%"), number=1), big)) == ["45.00"]


def test_one_that_leaves_out_what_others_made_cheaper():
    sale = campaign("a", off("50%"), number=1, what_for=only("coffee"))
    rest = campaign("b", off("10%"), number=2, stacking={"discounted": "exclude"})
    assert to_pay(sell("coffee 100, soap 100", sale, rest)) == ["50.00", "90.00"]
    assert refusals(sell("coffee 100", sale, rest)) == {2: "all_discounted"}


# Discounts and points


def test_points_are_earned_on_what_is_left_to_pay():
    outcome = sell(
        "coffee 100, tea 50", campaign("a", off("20%"), number=1), campaign("b", percent("10"), number=2)
    )
    assert (to_pay(outcome), by_line(outcome)) == (["80.00", "40.00"], ["8.00", "4.00"])


def test_points_pay_what_is_left_after_discounts():
    cheap = campaign("a", off("20%"), number=1)
    outcome = sell("tea 100", cheap, shopper=anna(wallet=purse("500")), redeem="max")
    assert (str(outcome.discount), str(outcome.redemption.amount), to_pay(outcome)) == (
        "20.00",
        "80.00",
        ["0.00"],
    )


def test_one_campaign_can_give_both_and_counts_once():
    both = one(off("10%"), percent("5"), judge={"limits": [{"period": "day", "times": 3}]})
    outcome = sell("tea 100", both)
    assert (to_pay(outcome), earned(outcome), outcome.declined) == (["90.00"], "4.50", ())
    assert [(because.code) for because in outcome.lines[0].because] == ["off_percent", "percent"]
    assert [(use.times, str(use.points)) for use in outcome.uses] == [(1, "4.50")]


def test_both_counts_towards_every_second_purchase_once():
    both = one(off("10%"), percent("5"), if_=cond("nth_purchase", every=2, counting="campaign"))
    outcome = sell("tea 100", both, shopper=anna(progress={1: 1}))
    assert [(step.value, step.increment) for step in outcome.progress] == [(2, 1)]
    assert (to_pay(outcome), earned(outcome)) == (["90.00"], "4.50")


@pytest.mark.parametrize(
    ("bought", "paid", "points"),
    [
        ("tea 300 x3", ["200.00"], "10.00"),
        ("tea 200 x2", ["200.00"], "10.00"),  # no piece is free, the points are given all the same
    ],
)
def test_either_part_of_a_campaign_gives_what_it_can(bought, paid, points):
    outcome = sell(bought, one(cheapest(3), percent("5")))
    assert (to_pay(outcome), earned(outcome), outcome.declined) == (paid, points, ())


def test_a_campaign_that_only_took_money_off_is_not_declined_for_its_points():
    outcome = sell("tea 0.01, soap 100", one(off("100%"), percent("5")))
    assert (to_pay(outcome), earned(outcome), outcome.declined) == (["0.00", "0.00"], "0.00", ())


@pytest.mark.parametrize(
    ("bought", "points"),
    [("coffee 100, tea 50", {2: "5.00"}), ("coffee 100", {}), ("tea 50", {2: "5.00"})],
)
def test_lines_that_another_campaign_made_cheaper_earn_nothing_where_it_says_so(bought, points):
    sale = campaign("a", off("20%"), number=1, what_for=only("coffee"))
    full = campaign("b", percent("10"), number=2, stacking={"discounted": "exclude"})
    outcome = sell(bought, sale, full)
    assert {grant.campaign_id: str(grant.points) for grant in outcome.grants} == points
    assert (refusals(outcome).get(2) == "all_discounted") == (not points)


def test_pieces_made_cheaper_by_others_earn_no_points_a_piece_where_it_says_so():
    sale = campaign("a", off("20%"), number=1, what_for=only("coffee"))
    pieces = campaign("b", per_piece("3"), number=2, stacking={"discounted": "exclude"})
    assert by_line(sell("coffee 200 x2, tea 50 x4", sale, pieces)) == ["0.00", "12.00"]


def test_its_own_discount_does_not_stand_in_the_way_of_its_points():
    own = one(off("20%"), percent("10"), stacking={"discounted": "exclude"})
    assert (to_pay(outcome := sell("tea 100", own)), earned(outcome)) == (["80.00"], "8.00")


def test_a_multiplier_can_leave_out_what_others_made_cheaper():
    base, sale = (
        campaign("base", percent("10"), number=1),
        campaign("a", off("50%"), number=2, what_for=only("tea")),
    )
    double = campaign("x", times("2"), number=3, stacking={"discounted": "exclude"})
    assert by_line(sell("tea 100, soap 100", base, sale, double)) == ["5.00", "20.00"]
    assert refusals(sell("tea 100", base, sale, double)) == {3: "nothing_to_multiply"}


# Who gets them


def test_who_is_anonymous_gets_the_discounts_that_are_for_everyone():
    outcome = sell("tea 100", one(off("10%"), percent("5"), fixed("1")), shopper=ANONYMOUS)
    assert (to_pay(outcome), earned(outcome), outcome.declined) == (["90.00"], "0.00", ())
    assert (
        refusal(sell("tea 100", one(off("10%"), whom={"who": "members"}), shopper=ANONYMOUS)) == "not_member"
    )


# After a return


def test_what_remains_of_a_receipt_is_never_cheaper_than_what_points_paid_of_it():
    """100 off two lines of 100; points paid 50 of the second; the first comes back: 50 of the second were paid."""
    hundred = one(off("100"))
    assert to_pay(sell("tea 100, soap 100", hundred, redeem=Settled({2: (Decimal(50), Decimal(50))}))) == [
        "50.00", "0.00",
    ]  # fmt: skip
    outcome = sell("tea 100", hundred, redeem=Settled({1: (Decimal(50), Decimal(50))}))
    assert (discounts(outcome), to_pay(outcome)) == (["50.00"], ["0.00"])
