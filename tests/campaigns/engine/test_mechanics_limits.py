"""Limits and budgets: per member, per store, for the campaign; in times, points and money."""

from decimal import Decimal

import pytest

from campaigns.engine.limits import period_keys
from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import (
    anna,
    at,
    campaign,
    cheapest,
    coupon,
    discounts,
    earned,
    fixed,
    off,
    percent,
    referrer,
    refusal,
    sell,
    staff,
    times,
    to_pay,
)

#: What the keys of this moment are.
DAY, WEEK, MONTH, YEAR, EVER = period_keys(at("2026-11-21 12:30").in_programme).values()


def one(*what, **judge):
    return campaign("c", *(what or (percent("10"),)), number=1, judge=judge)


def limit(**fields):
    return {"limits": [fields]}


def used(key, times_, points, money="0", **more):
    """Anna, of a campaign that everybody used so far."""
    uses = {(1, key): (times_, Decimal(points), Decimal(money))}
    return anna(uses=uses, **more)


def tallies(outcome):
    return [(t.key, t.times, str(t.points), str(t.money)) for t in outcome.tallies]


@pytest.mark.parametrize(
    ("judge", "before", "points", "refused"),
    [
        # a store's limits count everybody in this store, a campaign's everybody everywhere
        (limit(per="store", period="day", points="30"), used(f"s:{DAY}", 2, "20"), "10.00", None),
        (limit(per="store", period="day", points="30"), used(f"c:{DAY}", 2, "20"), "30.00", None),
        (limit(per="store", period="day", points="30"), used(DAY, 2, "20"), "30.00", None),
        (limit(per="store", period="week", times=3), used(f"s:{WEEK}", 3, "1"), "0.00", "limit_reached"),
        (limit(per="campaign", period="month", times=3), used(f"c:{MONTH}", 3, "1"), "0.00", "limit_reached"),
        (limit(per="campaign", period="month", times=3), used(f"c:{MONTH}", 2, "1"), "100.00", None),
        (
            limit(per="campaign", period="year", points="30"),
            used(f"c:{YEAR}", 9, "30"),
            "0.00",
            "limit_reached",
        ),
        # the budget is one for ever
        ({"budget": {"points": "1000"}}, used("c:ever", 9, "950"), "50.00", None),
        ({"budget": {"points": "1000"}}, used("c:ever", 9, "1000"), "0.00", "limit_reached"),
        ({"budget": {"points": "1000"}}, used("c:ever", 9, "1200"), "0.00", "limit_reached"),
    ],
)
def test_points_of_a_receipt_of_1000_at_10_percent(judge, before, points, refused):
    outcome = sell("tea 1000", one(**judge), shopper=before)
    assert (earned(outcome), refusal(outcome)) == (points, refused)


def test_what_everybodys_limits_count_is_told_with_the_most_they_allow():
    judge = {
        "limits": [
            {"per": "store", "period": "day", "times": 5},
            {"per": "campaign", "period": "ever", "points": "900"},
            {"per": "member", "period": "day", "times": 1},
        ],
        "budget": {"points": "800", "money": "70"},
    }
    outcome = sell("tea 1000", one(percent("10"), off("10"), **judge))
    assert [tuple(map(str, tally)) for tally in outcome.tallies] == [
        ("1", f"s:{DAY}", "1", "99.00", "10.00", "5", "None", "None"),
        ("1", "c:ever", "1", "99.00", "10.00", "None", "800.00", "70.00"),  # the stricter of two
    ]
    assert [(use.period, use.times) for use in outcome.uses] == [(DAY, 1)]


@pytest.mark.parametrize(
    ("before", "taken", "cut"),
    [("0", ["7.50", "2.50"], None), ("93", ["5.25", "1.75"], "7.00"), ("99.99", ["0.01", "0.00"], "0.01")],
)
def test_a_budget_in_money_is_spent_to_the_last_cent(before, taken, cut):
    outcome = sell(
        "tea 75, soap 25", one(off("10"), budget={"money": "100"}), shopper=used("c:ever", 3, "0", before)
    )
    assert discounts(outcome) == taken
    assert outcome.lines[0].because[0].args.get("cut_money") == cut
    assert tallies(outcome) == [("c:ever", 1, "0.00", str(outcome.discount))]


def test_a_budget_in_money_that_is_used_up():
    spent = one(off("10"), budget={"money": "100"})
    declined = sell("tea 75", spent, shopper=used("c:ever", 3, "0", "100")).declined[0]
    assert (declined.code, declined.args) == (
        "limit_reached",
        {"money": "100", "period": "ever", "per": "campaign"},
    )


def test_points_are_still_given_where_only_the_money_is_used_up():
    both = one(off("10"), fixed("5"), budget={"money": "100"})
    outcome = sell("tea 75", both, shopper=used("c:ever", 3, "0", "100"))
    assert (to_pay(outcome), earned(outcome), outcome.declined) == (["75.00"], "5.00", ())


def test_a_budget_is_cut_across_the_effects_of_a_campaign():
    both = one(off("10%"), off("20"), budget={"money": "25"})
    outcome = sell("tea 100", both)
    assert [(str(b.discount), b.args.get("cut_money")) for b in outcome.lines[0].because] == [
        ("10.00", None), ("15.00", "15.00"),
    ]  # fmt: skip


def test_times_limit_discounts_too():
    once = one(off("10"), **limit(period="day", times=1))
    assert to_pay(sell("tea 75", once)) == ["65.00"]
    assert refusal(sell("tea 75", once, shopper=used(DAY, 1, "0"))) == "limit_reached"


def test_an_anonymous_shopper_has_no_limits_of_their_own_but_shares_everybodys():
    mine = one(off("10"), **limit(period="day", times=1))
    assert sell("tea 75", mine, shopper=ANONYMOUS).uses == ()
    ours = one(off("10"), **limit(per="store", period="day", times=1))
    outcome = sell("tea 75", ours, shopper=ANONYMOUS)
    assert tallies(outcome) == [(f"s:{DAY}", 1, "0.00", "10.00")]


def test_what_points_others_get_counts_for_everybody_and_not_for_the_member():
    shared = one(
        fixed("5"), staff("3"), referrer("2"),
        limits=[{"period": "day", "points": "5"}, {"per": "campaign", "period": "day", "points": "100"}],
    )  # fmt: skip
    outcome = sell("tea 100", shared, shopper=anna(referred=True), cashier="C-1")
    assert [(use.period, str(use.points)) for use in outcome.uses] == [(DAY, "5.00")]
    assert tallies(outcome) == [(f"c:{DAY}", 1, "10.00", "0.00")]


@pytest.mark.parametrize(
    ("budget", "mine", "theirs"),
    [
        ("10", "5.00", {"cashier": "3.00", "referrer": "2.00"}),
        ("9", "5.00", {"cashier": "3.00", "referrer": "1.00"}),
        ("7", "5.00", {"cashier": "2.00"}),
        ("5", "5.00", {}),
        ("4", "4.00", {}),
    ],
)
def test_where_a_budget_ends_the_member_comes_first_then_the_cashier(budget, mine, theirs):
    shared = one(fixed("5"), staff("3"), referrer("2"), budget={"points": budget})
    outcome = sell("tea 100", shared, shopper=anna(referred=True), cashier="C-1")
    assert (earned(outcome), {other.to: str(other.points) for other in outcome.others}) == (mine, theirs)


def test_what_a_multiplier_adds_has_limits_of_its_own():
    double = campaign("x", times("2"), number=1, judge=limit(per="store", period="day", points="3"))
    outcome = sell("tea 100", campaign("base", percent("5"), number=2), double)
    assert (earned(outcome), tallies(outcome)) == ("8.00", [(f"s:{DAY}", 1, "3.00", "0.00")])


def test_a_coupon_is_issued_as_often_as_its_limit_allows():
    once = one(coupon("spring"), **limit(period="month", times=1))
    first = sell("tea 1", once)
    assert ([e.code for e in first.extras], [(u.period, u.times) for u in first.uses]) == (
        ["spring"],
        [(MONTH, 1)],
    )
    again = sell("tea 1", once, shopper=used(MONTH, 1, "0"))
    assert (again.extras, refusal(again), again.uses) == ((), "limit_reached", ())


def test_a_text_for_everybody_is_told_so_many_times_a_day():
    hint = campaign("c", number=1, tell={"till": "Bag?"}, judge=limit(per="store", period="day", times=2))
    assert tallies(sell("tea 1", hint)) == [(f"s:{DAY}", 1, "0.00", "0.00")]
    assert refusal(sell("tea 1", hint, shopper=used(f"s:{DAY}", 2, "0"))) == "limit_reached"


def test_what_gives_nothing_uses_nothing():
    three = one(cheapest(3), **limit(per="store", period="day", times=2))
    assert (sell("tea 100 x2", three).tallies, sell("tea 100 x2", three).uses) == ((), ())
