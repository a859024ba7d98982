"""And if: conditions, and the counters behind every nth purchase."""

from dataclasses import replace
from decimal import Decimal

import pytest

from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import RUBLES, anna, campaign, earned, fixed, purse, refusal, sell

GIFT = fixed("50")


def amount(**bounds):
    return {"condition": "receipt_amount", **bounds}


def nth(**how):
    return {"condition": "nth_purchase", **how}


FIRST = {"condition": "first_purchase"}


@pytest.mark.parametrize(
    ("bounds", "bought", "refused"),
    [
        ({"at_least": "500"}, "tea 499.99", "amount_too_low"),
        ({"at_least": "500"}, "tea 250, soap 250", None),
        ({"below": "500"}, "tea 500", "amount_too_high"),
        ({"below": "500"}, "tea 499.99", None),
        ({"at_least": "100", "below": "200"}, "tea 200", "amount_too_high"),
        ({"at_least": "499.995"}, "tea 499.99", "amount_too_low"),
        ({"at_least": "499.995"}, "tea 500", None),
    ],
)
def test_by_receipt_amount(bounds, bought, refused):
    assert refusal(sell(bought, campaign("c", GIFT, if_=amount(**bounds)))) == refused


@pytest.mark.parametrize(("earn_on", "refused"), [("after", "amount_too_low"), ("before", None)])
def test_the_receipt_amount_is_what_the_programme_earns_on(earn_on, refused):
    gift = campaign("c", GIFT, if_=amount(at_least="500"))
    terms = replace(RUBLES, earn_on=earn_on)
    outcome = sell("tea 500", gift, shopper=anna(wallet=purse("1")), terms=terms, redeem=Decimal(1))
    assert refusal(outcome) == refused


@pytest.mark.parametrize(
    ("shopper", "refused"),
    [
        (anna(purchases=0), None),
        (anna(purchases=1), "not_first_purchase"),
        (ANONYMOUS, "no_member"),
    ],
)
def test_the_first_purchase(shopper, refused):
    assert refusal(sell("tea 100", campaign("c", GIFT, if_=FIRST), shopper=shopper)) == refused


@pytest.mark.parametrize(
    ("how", "given_on"),
    [
        ({"every": 5}, [5, 10]),
        ({"every": 2}, [2, 4, 6, 8, 10]),
        ({"exactly": 3}, [3]),
        ({"exactly": 1}, [1]),
    ],
)
def test_every_nth_or_exactly_the_nth_of_the_members_purchases(how, given_on):
    gift = campaign("c", GIFT, if_=nth(**how))
    got = [n for n in range(1, 11) if refusal(sell("tea 100", gift, shopper=anna(purchases=n - 1))) is None]
    assert got == given_on


def shop(baskets, gift):
    """Anna buys basket after basket; her progress goes on. Returns what each brought and the progress shown."""
    progress: dict[int, int] = {}
    story = []
    for number, bought in enumerate(baskets):
        outcome = sell(bought, gift, shopper=anna(purchases=number, progress=progress))
        for step in outcome.progress:
            progress[step.campaign_id] = progress.get(step.campaign_id, 0) + step.increment
        shown = [f"{step.value}/{step.goal}" for step in outcome.progress]
        story.append((earned(outcome), *shown))
    return story


def test_every_third_purchase_of_at_least_500_counts_only_those():
    gift = campaign("c", GIFT, if_=nth(every=3, of_at_least="500"))
    assert shop(["tea 500", "tea 499.99", "tea 700", "tea 10", "tea 500", "tea 10", "tea 900"], gift) == [
        ("0.00", "1/3"),
        ("0.00", "1/3"),
        ("0.00", "2/3"),
        ("0.00", "2/3"),
        ("50.00", "3/3"),
        ("0.00", "0/3"),
        ("0.00", "1/3"),
    ]


def test_every_third_coffee_counts_only_receipts_with_coffee():
    what_for = {"of": "lines", "products": ["coffee"]}
    gift = campaign("c", GIFT, what_for=what_for, if_=nth(every=3, counting="campaign"))
    assert shop(["coffee 9", "tea 9", "coffee 9", "coffee 9, tea 1", "coffee 9"], gift) == [
        ("0.00", "1/3"),
        ("0.00",),
        ("0.00", "2/3"),
        ("50.00", "3/3"),
        ("0.00", "1/3"),
    ]


def test_the_second_of_at_least_500_is_rewarded_once_and_counting_stops():
    gift = campaign("c", GIFT, if_=nth(exactly=2, of_at_least="500"))
    assert shop(["tea 500", "tea 500", "tea 500", "tea 500"], gift) == [
        ("0.00", "1/2"),
        ("50.00", "2/2"),
        ("0.00", "2/2"),
        ("0.00", "2/2"),
    ]


def test_counting_the_members_purchases_adds_nothing_to_the_campaigns_counter():
    outcome = sell("tea 1", campaign("c", GIFT, if_=nth(every=5)), shopper=anna(purchases=2))
    assert [(p.value, p.goal, p.increment) for p in outcome.progress] == [(3, 5, 0)]


@pytest.mark.parametrize(
    ("tree", "bought", "refused"),
    [
        ({"all": [amount(at_least="100"), amount(below="200")]}, "tea 150", None),
        ({"all": [amount(at_least="100"), amount(below="200")]}, "tea 200", "amount_too_high"),
        ({"any": [amount(below="100"), amount(at_least="200")]}, "tea 150", "none_of_these"),
        ({"any": [amount(below="100"), amount(at_least="200")]}, "tea 99", None),
        ({"none": [amount(at_least="100"), FIRST]}, "tea 99", "ruled_out"),
        ({"none": [amount(at_least="100"), nth(every=5)]}, "tea 99", None),
        ({"all": [amount(at_least="50"), {"any": [FIRST, nth(every=5)]}]}, "tea 50", None),
        ({"all": [amount(at_least="50"), {"none": [FIRST, nth(every=5)]}]}, "tea 50", "ruled_out"),
    ],
)
def test_trees_of_conditions(tree, bought, refused):
    assert refusal(sell(bought, campaign("c", GIFT, if_=tree))) == refused


def test_when_none_of_several_holds_each_reason_is_given():
    tree = {"any": [amount(at_least="200"), nth(every=5)]}
    declined = sell("tea 150", campaign("c", GIFT, if_=tree)).declined[0]
    assert declined.args == {
        "reasons": [
            ["amount_too_low", {"at_least": "200", "amount": "150.00"}],
            ["not_nth_purchase", {"every": "5", "number": "1"}],
        ]
    }
