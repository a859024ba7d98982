"""And if: every condition with its edges. Anna buys; what she did before is given where it matters."""

from datetime import date
from decimal import Decimal

import pytest

from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import anna, campaign, cond, fixed, off, only, purse, refusal, sell

TEA = {"products": ["tea"]}
FOOD = {"categories": ["food"]}
BREAKFAST = {"sets": ["breakfast"]}
DOVE = {"brands": ["Dove"]}


def judged(condition, bought="tea 100", what_for=None, **more):
    parts = {"what_for": what_for} if what_for else {}
    return refusal(sell(bought, campaign("c", fixed("50"), number=1, if_=condition, **parts), **more))


# What is on the receipt


@pytest.mark.parametrize(
    ("condition", "bought", "refused"),
    [
        (cond("line_count", at_least=2), "tea 100", "lines_too_low"),
        (cond("line_count", at_least=2), "tea 100, soap 100", None),
        (cond("line_count", at_most=2), "tea 100, soap 100, tea 0", "lines_too_high"),
        # lines of the same pieces count once, as they would if they stood on one
        (cond("line_count", at_least=2), "tea 100, tea 100", "lines_too_low"),
        (cond("line_count", at_least=2), "tea 100, tea 90", None),
        (cond("line_count", at_least=1, at_most=1), "tea 100 x9", None),
        # pieces are counted as they are sold: 0.350 of a kilogram is 0.35
        (cond("piece_count", at_least=3), "tea 100 x2, soap 10", None),
        (cond("piece_count", at_least=3), "tea 100 x2, soap 10 x0.999", "pieces_too_low"),
        (cond("piece_count", at_least="2.5"), "tea 100 x2, soap 10 x0.5", None),
        (cond("piece_count", at_most=2), "tea 100 x2, soap 10 x0.001", "pieces_too_high"),
        (cond("piece_count", at_least=2, **TEA), "tea 100, soap 10 x5", "pieces_too_low"),
        (cond("piece_count", at_least=2, **TEA), "tea 100 x2", None),
        (cond("piece_count", at_most=0, **TEA), "soap 10", None),
        (cond("piece_count", at_least=2), "tea 100 x3, tea -50 x-2", "pieces_too_low"),
        # goods by product, set, category (with all below it) and brand; any of them will do
        (cond("contains", **TEA), "soap 10", "goods_missing"),
        (cond("contains", **TEA), "tea 10", None),
        (cond("contains", pieces=2, **TEA), "tea 10", "goods_missing"),
        (cond("contains", pieces=2, **TEA), "tea 10, tea 10", None),
        (cond("contains", pieces="0.5", **TEA), "tea 10 x0.500", None),
        (cond("contains", pieces="0.5", **TEA), "tea 10 x0.499", "goods_missing"),
        (cond("contains", pieces=2, **FOOD), "tea 10, bread 5", None),
        (cond("contains", **BREAKFAST), "tea 10", "goods_missing"),
        (cond("contains", **BREAKFAST), "coffee 10", None),
        (cond("contains", **DOVE), "soap 10", None),
        (cond("contains", **DOVE), "lamp 10", "goods_missing"),  # a lamp has no brand
        (cond("contains", pieces=2, **TEA, **DOVE), "tea 10, soap 10", None),
        # A and B together, one of A and B, none of A
        ({"all": [cond("contains", **TEA), cond("contains", **DOVE)]}, "tea 10", "goods_missing"),
        ({"all": [cond("contains", **TEA), cond("contains", **DOVE)]}, "tea 10, soap 10", None),
        ({"any": [cond("contains", **TEA), cond("contains", **DOVE)]}, "soap 10", None),
        ({"none": [cond("contains", **TEA)]}, "soap 10", None),
        ({"none": [cond("contains", **TEA)]}, "soap 10, tea 1", "ruled_out"),
        # what goods come to
        (cond("matching_amount", at_least=100, **TEA), "tea 99.99, soap 100", "goods_amount_too_low"),
        (cond("matching_amount", at_least=100, **TEA), "tea 60, tea 40", None),
        (cond("matching_amount", below=100, **TEA), "tea 100", "goods_amount_too_high"),
        (cond("matching_amount", below=100, **TEA), "soap 100", None),
        (cond("matching_amount", at_least=50, below=100, **FOOD), "tea 30, bread 30, soap 99", None),
    ],
)
def test_what_is_on_the_receipt(condition, bought, refused):
    assert judged(condition, bought) == refused


def test_conditions_look_at_the_whole_receipt_whatever_earns():
    only_coffee = only("coffee")
    assert judged(cond("contains", **TEA), "coffee 10, tea 10", only_coffee) is None
    assert judged(cond("line_count", at_least=2), "coffee 10, tea 10", only_coffee) is None


@pytest.mark.parametrize(
    ("condition", "redeem", "refused"),
    [
        (cond("paid_with_points", is_=True), "0", "not_paid_with_points"),
        (cond("paid_with_points", is_=True), "0.01", None),
        (cond("paid_with_points", is_=False), "0", None),
        (cond("paid_with_points", is_=False), "5", "paid_with_points"),
    ],
)
def test_paid_with_points_or_not(condition, redeem, refused):
    assert judged(condition, shopper=anna(wallet=purse("50")), redeem=Decimal(redeem)) == refused


def test_points_that_could_not_be_spent_do_not_count_as_paid():
    assert judged(cond("paid_with_points", is_=False), shopper=anna(wallet=purse("0")), redeem="max") is None


@pytest.mark.parametrize(
    ("cashier", "refused"), [("C-17", None), ("C-18", "wrong_cashier"), ("", "wrong_cashier")]
)
def test_the_cashier(cashier, refused):
    assert judged(cond("cashier", in_=["C-17", "C-19"]), cashier=cashier) == refused


# Who buys


@pytest.mark.parametrize(
    ("condition", "facts", "refused"),
    [
        (cond("tier", in_=["gold"]), {}, "wrong_tier"),
        (cond("tier", in_=["gold", "silver"]), {}, None),
        (cond("tier", in_=["gold"]), {"tier": ""}, "wrong_tier"),
        (cond("card_kind", in_=["virtual"]), {}, "wrong_card"),
        (cond("card_kind", in_=["plastic"]), {}, None),
        (cond("segment", in_=["vip", "new"]), {"segments": frozenset({"new", "old"})}, None),
        (cond("segment", in_=["vip"]), {"segments": frozenset({"new"})}, "wrong_segment"),
        (cond("segment", in_=["vip"]), {}, "wrong_segment"),
        (cond("gender", is_="female"), {"gender": "female"}, None),
        (cond("gender", is_="female"), {"gender": "male"}, "not_female"),
        (cond("gender", is_="male"), {}, "not_male"),
        # 21 November 2026 is today
        (cond("age", at_least=18), {"birthday": date(2008, 11, 21)}, None),
        (cond("age", at_least=18), {"birthday": date(2008, 11, 22)}, "age_too_low"),
        (cond("age", at_most=17), {"birthday": date(2008, 11, 21)}, "age_too_high"),
        (cond("age", at_least=18), {}, "birthday_unknown"),
        (cond("days_since_joining", at_most=30), {"joined_on": date(2026, 10, 22)}, None),
        (cond("days_since_joining", at_most=30), {"joined_on": date(2026, 10, 21)}, "days_since_joining_too_high"),
        (cond("days_since_joining", at_most=0), {"joined_on": date(2026, 11, 21)}, None),
        (cond("days_since_joining", at_least=1), {"joined_on": date(2026, 11, 21)}, "days_since_joining_too_low"),
        (cond("days_since_purchase", at_least=90), {"last_purchase_on": date(2026, 8, 23)}, None),
        (cond("days_since_purchase", at_least=90), {"last_purchase_on": date(2026, 8, 24)},
         "days_since_purchase_too_low"),
        (cond("days_since_purchase", at_most=7), {"last_purchase_on": date(2026, 11, 13)},
         "days_since_purchase_too_high"),
        (cond("days_since_purchase", at_most=0), {"last_purchase_on": date(2026, 11, 21)}, None),
        (cond("days_since_purchase", at_least=1), {}, "no_purchase_yet"),
        (cond("balance", at_least=100), {"known": {"balance": Decimal("99.99")}}, "balance_too_low"),
        (cond("balance", at_least=100), {"known": {"balance": Decimal(100)}}, None),
        (cond("balance", below=100), {"known": {"balance": Decimal(100)}}, "balance_too_high"),
        (cond("balance", below=100), {}, None),
    ],
)  # fmt: skip
def test_who_buys(condition, facts, refused):
    assert judged(condition, shopper=anna(**facts)) == refused


@pytest.mark.parametrize(
    ("today", "refused"),
    [("2026-02-28", "age_too_low"), ("2026-03-01", None), ("2028-02-28", None)],
)
def test_who_was_born_on_29_february_is_a_year_older_on_1_march(today, refused):
    leap = anna(birthday=date(2008, 2, 29))
    assert judged(cond("age", at_least=18), shopper=leap, when=f"{today} 12:00") == refused


@pytest.mark.parametrize(
    ("condition", "value", "fits"),
    [
        (cond("attribute", key="pet", is_="cat"), "cat", True),
        (cond("attribute", key="pet", is_="cat"), "Cat", True),  # capitals do not matter
        (cond("attribute", key="pet", is_="cat"), "dog", False),
        (cond("attribute", key="pet", is_="cat"), None, False),
        (cond("attribute", key="pet", in_=["cat", "dog"]), "dog", True),
        (cond("attribute", key="pet", is_="cat"), ["fish", "cat"], True),  # one of several answers
        (cond("attribute", key="pet", is_="true"), True, True),
        (cond("attribute", key="pet", is_="2"), 2, True),
        (cond("attribute", key="pet", at_least=2), 2, True),
        (cond("attribute", key="pet", at_least=2), "2.5", True),
        (cond("attribute", key="pet", at_least=2), "1.9999", False),
        (cond("attribute", key="pet", at_most=2), -7, True),
        (cond("attribute", key="pet", at_least=1, at_most=3), 4, False),
        (cond("attribute", key="pet", at_least=0), "many", False),
        (cond("attribute", key="pet", at_least=0), True, False),
        (cond("attribute", key="pet", at_least=0), "Infinity", False),
        (cond("attribute", key="pet", at_least=0), ["2"], False),
    ],
)
def test_any_attribute(condition, value, fits):
    shopper = anna(attributes={} if value is None else {"pet": value})
    assert judged(condition, shopper=shopper) == (None if fits else "wrong_attribute")


def test_a_member_without_an_answer_is_none_of_those_who_gave_one():
    assert judged({"none": [cond("attribute", key="pet", is_="cat")]}) is None


MEMBERS_ONLY = [
    cond("tier", in_=["silver"]), cond("segment", in_=["vip"]), cond("card_kind", in_=["plastic"]),
    cond("gender", is_="male"), cond("age", at_least=0), cond("balance", at_least=0),
    cond("attribute", key="pet", is_="cat"), cond("days_since_joining", at_least=0),
    cond("days_since_purchase", at_least=0), cond("spent", period="ever", at_least=0),
    cond("bought", period="ever", at_least=0), cond("purchases", period="ever", at_least=0),
    cond("first_purchase"), cond("first_purchase", in_="store"), cond("nth_purchase", every=2),
]  # fmt: skip


@pytest.mark.parametrize("condition", MEMBERS_ONLY, ids=[leaf["condition"] for leaf in MEMBERS_ONLY])
def test_an_anonymous_shopper_meets_no_condition_about_a_member(condition):
    discount = campaign("c", off("10"), if_=condition)
    assert refusal(sell("tea 100", discount, shopper=ANONYMOUS)) == "no_member"


# What was before: figures of past purchases are known by these keys

SPENT_ON_TEA, TEA_BOUGHT = 'spent:30:{"products": ["tea"]}', 'pieces:week:{"products": ["tea"]}'
DOVE_BOUGHT, FOOD_BOUGHT = 'pieces:week:{"brands": ["Dove"]}', 'in_category:ever:{"categories": ["food"]}'


@pytest.mark.parametrize(
    ("condition", "key", "before", "refused"),
    [
        # this receipt (tea for 60, soap for 40) counts, unless it is left out
        (cond("spent", period="month", at_least=500), "spent:month", "399.99", "spent_too_low"),
        (cond("spent", period="month", at_least=500), "spent:month", "400", None),
        (cond("spent", period="month", at_least=500, with_this=False), "spent:month", "499.99", "spent_too_low"),
        (cond("spent", period="month", at_least=500, with_this=False), "spent:month", "500", None),
        (cond("spent", period="year", below=500), "spent:year", "400", "spent_too_high"),
        (cond("spent", period="year", below=500), "spent:year", "399.99", None),
        (cond("spent", period={"days": 30}, at_least=150, **TEA), SPENT_ON_TEA, "89", "spent_too_low"),
        (cond("spent", period={"days": 30}, at_least=150, **TEA), SPENT_ON_TEA, "90", None),
        (cond("bought", period="week", at_least=5), "pieces:week", "2.999", "pieces_too_low"),
        (cond("bought", period="week", at_least=5), "pieces:week", "3", None),
        (cond("bought", period="week", at_most=1, **DOVE), DOVE_BOUGHT, "1", "pieces_too_high"),
        (cond("bought", period="week", at_least=1, with_this=False, **TEA), TEA_BOUGHT, "0",
         "pieces_too_low"),
        (cond("purchases", period="day", at_least=2), "purchases:day", "0", "purchases_too_low"),
        (cond("purchases", period="day", at_least=2), "purchases:day", "1", None),
        (cond("purchases", period="ever", at_most=3), "purchases:ever", "3", "purchases_too_high"),
        (cond("purchases", period="day", at_most=0, with_this=False), "purchases:day", "0", None),
        # the first in a place or of goods
        (cond("first_purchase", in_="store"), "in_store:ever", "0", None),
        (cond("first_purchase", in_="store"), "in_store:ever", "1", "not_first_in_store"),
        (cond("first_purchase", in_="partner"), "in_partner:ever", "1", "not_first_in_partner"),
        (cond("first_purchase", in_="category", category="food"), FOOD_BOUGHT, "0", None),
        (cond("first_purchase", in_="category", category="food"), FOOD_BOUGHT, "2",
         "not_first_in_category"),
        (cond("first_purchase", in_="category", category="light"), "", "0", "goods_missing"),
    ],
)  # fmt: skip
def test_what_was_before(condition, key, before, refused):
    member = anna(known={key: Decimal(before)}, purchases=7)
    assert judged(condition, "tea 60, soap 40", shopper=member) == refused


def test_what_is_spent_is_what_is_paid_in_the_end():
    """100 less a discount of 10 and 15 paid with points: 75 count."""
    bonus = campaign("b", fixed("50"), number=1, if_=cond("spent", period="day", at_least="75.01"))
    ten = campaign("a", off("10"), number=2)
    outcome = sell("tea 100", bonus, ten, shopper=anna(wallet=purse("15")), redeem="max")
    assert (outcome.declined[0].code, outcome.declined[0].args["value"]) == ("spent_too_low", "75")


# Every nth


def shop(condition, *days, bought="tea 100"):
    """Anna buys on these days; which of her purchases were rewarded."""
    progress: dict[int, int] = {}
    uses: dict[tuple[int, str], tuple[int, Decimal]] = {}
    rewarded = []
    for number, day in enumerate(days):
        member = anna(purchases=number, progress=dict(progress), uses=dict(uses))
        outcome = sell(
            bought, campaign("c", fixed("50"), number=1, if_=condition), shopper=member, when=f"{day} 12:00"
        )
        rewarded += [number + 1] if outcome.earned else []
        for step in outcome.progress:
            if step.key == "progress":
                progress[1] = progress.get(1, 0) + step.increment
            else:
                before, _ = uses.get((1, step.key), (0, None))
                uses[(1, step.key)] = (before + step.increment, Decimal(0))
    return rewarded


def test_every_third_purchase_of_a_month_begins_anew_each_month():
    days = ["2026-11-02", "2026-11-09", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"]
    assert shop(cond("nth_purchase", every=3, period="month"), *days) == [5]
    assert shop(cond("nth_purchase", every=3), *days) == [3, 6]


def test_the_second_purchase_of_a_week_of_a_day_of_a_year():
    days = ["2026-12-28", "2026-12-31", "2026-12-31", "2027-01-01", "2027-01-04"]
    assert shop(cond("nth_purchase", exactly=2, period="week"), *days) == [2]
    assert shop(cond("nth_purchase", exactly=2, period="day"), *days) == [3]
    assert shop(cond("nth_purchase", exactly=2, period="year"), *days) == [2, 5]
