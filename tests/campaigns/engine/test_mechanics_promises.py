"""Extra percent at the next purchase: promised by one purchase, kept by the next."""

from decimal import Decimal

import pytest

from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import (
    anna,
    campaign,
    cond,
    fixed,
    given,
    next_purchase,
    off,
    percent,
    purse,
    refusals,
    sell,
    times,
    to_pay,
)

#: 10% of the next purchase within 30 days, for receipts of 500 and more.
DEFINITION = {"if_": cond("receipt_amount", at_least=500)}


def promise(*more, **parts):
    return campaign("p", next_purchase("10", 30), *more, number=1, **{**DEFINITION, **parts})


def uses(outcome):
    return [(use.period, use.times, str(use.points)) for use in outcome.uses]


def open_until(*keys):
    return anna(uses={(1, key): (1, Decimal(0)) for key in keys})


def test_a_purchase_promises_and_gives_nothing_yet():
    outcome = sell("tea 500", promise())
    assert (given(outcome), outcome.told, uses(outcome)) == ({}, (1,), [("n20261221", 1, "0.00")])


def test_the_next_purchase_keeps_it_whatever_it_is():
    outcome = sell("tea 80, soap 20", promise(), shopper=open_until("n20261221"))
    assert (given(outcome), uses(outcome)) == ({1: "10.00"}, [("n20261221", -1, "0.00")])
    assert [str(line.earned) for line in outcome.lines] == ["8.00", "2.00"]
    assert refusals(outcome) == {}  # it gave, though it promises nothing for so small a receipt


@pytest.mark.parametrize(
    ("when", "kept"),
    [("2026-12-21 23:59", True), ("2026-12-22 00:00", False), ("2026-11-21 12:31", True)],
)
def test_a_promise_holds_to_the_end_of_its_last_day(when, kept):
    outcome = sell("tea 100", promise(), shopper=open_until("n20261221"), when=when)
    assert bool(given(outcome)) == kept


def test_a_purchase_can_keep_one_promise_and_make_another():
    outcome = sell("tea 600", promise(), shopper=open_until("n20261201"))
    assert (given(outcome), uses(outcome)) == (
        {1: "60.00"},
        [("n20261221", 1, "0.00"), ("n20261201", -1, "0.00")],
    )


def test_two_purchases_of_one_day_make_and_keep_under_one_key_and_it_stays():
    outcome = sell("tea 600", promise(), shopper=open_until("n20261221"))
    assert (given(outcome), uses(outcome)) == ({1: "60.00"}, [])


def test_of_several_promises_the_one_that_ends_first_is_kept_one_at_a_time():
    outcome = sell("tea 100", promise(), shopper=open_until("n20261221", "n20261130", "n20261120"))
    assert (given(outcome), uses(outcome)) == ({1: "10.00"}, [("n20261130", -1, "0.00")])


def test_a_promise_that_was_taken_back_is_not_kept():
    taken_back = anna(uses={(1, "n20261221"): (0, Decimal(0)), (1, "n20261222"): (-1, Decimal(0))})
    assert given(sell("tea 100", promise(), shopper=taken_back)) == {}


def test_a_purchase_that_comes_to_nothing_leaves_the_promise_open():
    outcome = sell("tea 0.04", promise(), shopper=open_until("n20261221"))
    assert (given(outcome), uses(outcome)) == ({}, [])


def test_a_promise_counts_on_what_is_paid_after_discounts_and_points():
    shopper = anna(uses={(1, "n20261221"): (1, Decimal(0))}, wallet=purse("40"))
    outcome = sell(
        "tea 100", promise(), campaign("a", off("10"), number=2), shopper=shopper, redeem=Decimal(40)
    )
    assert (to_pay(outcome), given(outcome)) == (["50.00"], {1: "5.00"})


def test_a_multiplier_multiplies_what_was_promised_too():
    double = campaign("x", times("2"), number=2)
    assert given(sell("tea 100", promise(), double, shopper=open_until("n20261221"))) == {
        1: "10.00",
        2: "10.00",
    }


def test_points_now_and_a_promise_become_one_grant():
    outcome = sell("tea 600", promise(percent("1")), shopper=open_until("n20261221"))
    assert [(grant.campaign_id, str(grant.points)) for grant in outcome.grants] == [(1, "66.00")]
    assert [because.code for because in outcome.lines[0].because] == ["promised", "percent"]
    assert outcome.by_line(1) == {1: Decimal("66.00")}


def test_a_discount_and_a_promise_in_one_campaign():
    outcome = sell("tea 600", promise(off("100")))
    assert (to_pay(outcome), uses(outcome)) == (["500.00"], [("n20261221", 1, "0.00")])


def test_a_promise_is_made_even_where_the_points_beside_it_come_to_nothing():
    outcome = sell("tea 0.01", promise(percent("1"), if_=cond("line_count", at_least=1)))
    assert (outcome.told, uses(outcome)) == ((1,), [("n20261221", 1, "0.00")])


@pytest.mark.parametrize(
    ("limit", "before", "kept", "added"),
    [
        # the times a campaign is used are the times it promises: keeping is not counted again
        ({"period": "ever", "times": 1}, (1, "0"), "10.00", [("ever", 0, "10.00")]),
        # points count when they are given
        ({"period": "ever", "points": "4"}, (1, "0"), "4.00", [("ever", 0, "4.00")]),
        ({"period": "ever", "points": "14"}, (1, "8"), "6.00", [("ever", 0, "6.00")]),
        # nothing left: the promise stays open
        ({"period": "ever", "points": "8"}, (1, "8"), None, None),
        ({"period": "receipt", "points": "7"}, (1, "8"), "7.00", []),
    ],
)
def test_promises_within_limits(limit, before, kept, added):
    shopper = anna(uses={(1, "n20261221"): (1, Decimal(0)), (1, "ever"): (before[0], Decimal(before[1]))})
    outcome = sell("tea 100", promise(judge={"limits": [limit]}), shopper=shopper)
    assert given(outcome) == ({1: kept} if kept else {})
    assert uses(outcome) == ([*added, ("n20261221", -1, "0.00")] if kept else [])


def test_a_promise_and_points_share_one_limit():
    both = promise(fixed("50"), judge={"limits": [{"period": "receipt", "points": "70"}]})
    outcome = sell("tea 600", both, shopper=open_until("n20261221"))
    assert given(outcome) == {1: "70.00"}
    assert [(b.code, str(b.points)) for b in outcome.lines[0].because] == [("promised", "60.00")]
    assert [(b.code, str(b.points)) for b in outcome.receipt_because] == [("fixed", "10.00")]


def test_who_is_anonymous_is_promised_nothing():
    assert refusals(sell("tea 600", promise(), shopper=ANONYMOUS)) == {1: "no_member"}
    with_points = sell("tea 600", promise(fixed("5")), shopper=ANONYMOUS)
    assert refusals(with_points) == {1: "no_member"}
