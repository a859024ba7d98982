"""Coupons and promo codes: what they open, and which of those that were shown are used up."""

import pytest

from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import campaign, cond, earned, fixed, off, only, refusals, sell, to_pay

SPRING = cond("coupon", series=["spring"])
AUTUMN = cond("coupon", series=["autumn"])
EITHER = cond("coupon", series=["spring", "autumn"])
BIG = cond("receipt_amount", at_least=500)


def one(*what, if_=SPRING, **parts):
    return campaign("c", *what, number=1, if_=if_, **parts)


@pytest.mark.parametrize(
    ("shown", "paid", "used", "refused"),
    [
        ("A1:spring", "90.00", ("A1",), {}),
        ("A1:spring, B1:autumn", "90.00", ("A1",), {}),
        ("B1:autumn", "100.00", (), {1: "coupon_missing"}),
        ("", "100.00", (), {1: "coupon_missing"}),
        ("A2:spring, A1:spring", "90.00", ("A1",), {}),  # one is enough: the first by its code
    ],
)
def test_a_coupon_for_the_receipt(shown, paid, used, refused):
    outcome = sell("tea 100", one(off("10%")), shown=shown)
    assert (to_pay(outcome), outcome.coupons, refusals(outcome)) == ([paid], used, refused)


def test_a_coupon_for_an_item():
    outcome = sell("coffee 100, tea 100", one(off("10%"), what_for=only("coffee")), shown="A1:spring")
    assert (to_pay(outcome), outcome.coupons) == (["90.00", "100.00"], ("A1",))
    without = sell("tea 100", one(off("10%"), what_for=only("coffee")), shown="A1:spring")
    assert (without.coupons, refusals(without)) == ((), {1: "no_matching_lines"})


def test_a_coupon_of_a_campaign_that_gives_nothing_is_not_used_up():
    outcome = sell("tea 0", one(off("10%")), shown="A1:spring")
    assert (outcome.coupons, refusals(outcome)) == ((), {1: "nothing_left"})


@pytest.mark.parametrize(
    ("tree", "bought", "shown", "used"),
    [
        # a leaf that takes coupons of two series takes one
        (EITHER, "tea 100", "A1:spring, B1:autumn", ("A1",)),
        # both are asked for, both are used
        ({"all": [SPRING, AUTUMN]}, "tea 100", "A1:spring, B1:autumn", ("A1", "B1")),
        ({"all": [SPRING, AUTUMN]}, "tea 100", "A1:spring", None),
        # where the receipt is large enough no coupon is needed
        ({"any": [SPRING, BIG]}, "tea 100", "A1:spring", ("A1",)),
        ({"any": [SPRING, BIG]}, "tea 500", "A1:spring", ()),
        ({"any": [{"all": [SPRING, AUTUMN]}, AUTUMN]}, "tea 500", "A1:spring, B1:autumn", ("B1",)),
        # a coupon that shuts a campaign out is not used by it
        ({"none": [SPRING]}, "tea 100", "A1:spring", None),
        ({"all": [AUTUMN, {"none": [SPRING]}]}, "tea 100", "B1:autumn", ("B1",)),
    ],
)
def test_as_few_coupons_are_used_as_the_conditions_need(tree, bought, shown, used):
    outcome = sell(bought, one(fixed("5"), if_=tree), shown=shown)
    assert (outcome.coupons if not outcome.declined else None) == used


def test_one_coupon_opens_every_campaign_of_its_series():
    both = [one(off("10%")), campaign("d", fixed("5"), number=2, if_=SPRING)]
    outcome = sell("tea 100", *both, shown="A1:spring")
    assert (to_pay(outcome), earned(outcome), outcome.coupons) == (["90.00"], "5.00", ("A1",))


def test_who_is_anonymous_can_use_a_coupon_for_a_discount():
    outcome = sell("tea 100", one(off("10%")), shopper=ANONYMOUS, shown="A1:spring")
    assert (to_pay(outcome), outcome.coupons) == (["90.00"], ("A1",))


def test_who_is_anonymous_uses_up_no_coupon_for_points():
    outcome = sell("tea 100", one(fixed("5")), shopper=ANONYMOUS, shown="A1:spring")
    assert (outcome.coupons, refusals(outcome)) == ((), {1: "no_member"})
