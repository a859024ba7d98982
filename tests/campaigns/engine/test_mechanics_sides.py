"""What a campaign gives beside points and discounts: coupons, badges, points for cashiers and referrers, texts."""

from dataclasses import replace

import pytest

from campaigns.engine.reasons import fill
from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import (
    RUBLES,
    anna,
    badge,
    campaign,
    coupon,
    earned,
    fixed,
    off,
    only,
    percent,
    referrer,
    refusal,
    sell,
    staff,
)


def one(*what, **parts):
    return campaign("c", *what, number=1, **parts)


def others(outcome):
    return [(other.to, str(other.points)) for other in outcome.others]


def extras(outcome):
    return [(extra.kind, extra.code) for extra in outcome.extras]


def test_a_coupon_and_a_badge_for_a_purchase():
    outcome = sell("tea 100", one(coupon("spring"), badge("tea-lover")))
    assert (extras(outcome), outcome.told) == ([("coupon", "spring"), ("badge", "tea-lover")], (1,))
    assert (outcome.declined, outcome.earned, outcome.grants) == ((), 0, ())


def test_beside_points_and_discounts():
    assert extras(sell("tea 100", one(fixed("5"), coupon("spring")))) == [("coupon", "spring")]
    outcome = sell("tea 100", one(off("5"), coupon("spring")))
    assert (extras(outcome), outcome.told, str(outcome.discount)) == ([("coupon", "spring")], (), "5.00")


def test_they_do_not_wait_for_the_points():
    outcome = sell("tea 0.01", one(percent("1"), coupon("spring")))
    assert (extras(outcome), outcome.told, outcome.declined) == ([("coupon", "spring")], (1,), ())


@pytest.mark.parametrize("what", [coupon("spring"), badge("tea-lover")])
def test_only_members_get_them(what):
    assert refusal(sell("tea 100", one(what), shopper=ANONYMOUS)) == "no_member"
    cheaper = sell("tea 100", one(off("5"), what), shopper=ANONYMOUS)
    assert (extras(cheaper), str(cheaper.discount), cheaper.declined) == ([], "5.00", ())


@pytest.mark.parametrize(
    ("what", "cashier", "referred", "gave"),
    [
        ([staff("3")], "C-1", False, [("cashier", "3.00")]),
        ([staff("2%")], "C-1", False, [("cashier", "2.50")]),
        ([staff("2%"), staff("3")], "C-1", False, [("cashier", "5.50")]),  # one grant for each of them
        ([referrer("4")], "", True, [("referrer", "4.00")]),
        ([referrer("10%"), staff("1")], "C-1", True, [("cashier", "1.00"), ("referrer", "12.50")]),
        ([referrer("10%"), staff("1")], "", True, [("referrer", "12.50")]),
        ([fixed("5"), staff("1")], "C-1", False, [("cashier", "1.00")]),
        ([fixed("5"), staff("1")], "", False, []),
        ([off("25"), staff("2%")], "C-1", False, [("cashier", "2.00")]),  # of what is left to pay
    ],
)
def test_points_for_the_cashier_and_for_who_brought_the_member(what, cashier, referred, gave):
    outcome = sell("tea 100, soap 25", one(*what), cashier=cashier, shopper=anna(referred=referred))
    assert others(outcome) == gave


def test_a_percent_for_others_is_one_of_the_goods_that_are_meant():
    promoted = one(staff("10%"), what_for=only("lamp"))
    assert others(sell("lamp 50, tea 100", promoted, cashier="C-1")) == [("cashier", "5.00")]
    assert refusal(sell("tea 100", promoted, cashier="C-1")) == "no_matching_lines"


@pytest.mark.parametrize(
    ("what", "bought", "cashier", "refused"),
    [
        ([staff("3")], "tea 100", "", "no_cashier"),
        ([referrer("3")], "tea 100", "C-1", "not_referred"),
        ([staff("1%")], "tea 0.01", "C-1", "zero_points"),
    ],
)
def test_points_for_nobody(what, bought, cashier, refused):
    outcome = sell(bought, one(*what), cashier=cashier)
    assert (refusal(outcome), outcome.told, outcome.others) == (refused, (), ())


def test_cashiers_get_their_points_from_anonymous_receipts_too():
    assert others(sell("lamp 50", one(staff("5")), shopper=ANONYMOUS, cashier="C-1")) == [("cashier", "5.00")]


def test_what_others_get_lives_as_the_campaigns_lots_do():
    lots = {"expires": {"kind": "never"}, "funder": "acme", "terms": {"max_share": "20"}}
    (other,) = sell("tea 100", one(staff("5"), lots=lots), cashier="C-1").others
    assert (other.expires_at, other.funder, other.terms) == (None, "acme", {"max_share": "20"})


def test_what_others_get_is_not_earned_by_the_member():
    outcome = sell("tea 100", one(staff("5")), cashier="C-1")
    assert (earned(outcome), outcome.grants) == ("0.00", ())


def test_points_of_others_are_rounded_by_the_programmes_rule():
    whole = replace(RUBLES, point_decimals=0)
    assert others(sell("tea 150", one(staff("1%")), cashier="C-1", terms=whole)) == [("cashier", "2")]


@pytest.mark.parametrize(
    ("what", "text"),
    [([fixed("5")], "5.00 of 12.00"), ([off("5")], "0.00 of 12.00"), ([coupon("spring")], "0.00 of 12.00"),
     ([], "0.00 of 12.00")],
)  # fmt: skip
def test_texts_are_told_with_whatever_a_campaign_gives(what, text):
    seven = campaign("d", fixed("12" if what != [fixed("5")] else "7"), number=2)
    outcome = sell("tea 100", one(*what, tell={"till": "{points} of {earned}"}), seven)
    assert [fill(message.text, message.args) for message in outcome.till_messages] == [text]
