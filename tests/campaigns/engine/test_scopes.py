"""For what: which lines a campaign looks at."""

import pytest

from tests.campaigns.engine.build import by_line, campaign, fixed, percent, refusal, sell

BASKET = "coffee 100, tea 100, bread 100, soap 100, lamp 100"


@pytest.mark.parametrize(
    ("goods", "lines"),
    [
        ({}, "coffee tea bread soap lamp"),
        ({"products": ["coffee", "lamp"]}, "coffee lamp"),
        ({"brands": ["Dove", "Baker"]}, "bread soap"),
        ({"categories": ["hot"]}, "coffee tea"),
        ({"categories": ["food"]}, "coffee tea bread"),  # with everything below it
        ({"sets": ["breakfast"]}, "coffee bread"),
        ({"sets": ["gifts"], "categories": ["bakery"]}, "bread lamp"),  # any of them will do
        ({"categories": ["food"], "except": {"sets": ["breakfast"]}}, "tea"),
        ({"categories": ["food"], "except": {"brands": ["Ahmad"], "products": ["bread"]}}, "coffee"),
        ({"except": {"categories": ["food"]}}, "soap lamp"),
        ({"products": ["coffee"], "brands": ["Lavazza"]}, "coffee"),  # counted once
    ],
)
def test_the_lines_a_campaign_looks_at(goods, lines):
    outcome = sell(BASKET, campaign("c", percent("10"), what_for={"of": "lines", **goods}))
    earning = [
        sku
        for sku, points in zip(["coffee", "tea", "bread", "soap", "lamp"], by_line(outcome), strict=True)
        if points == "10.00"
    ]
    assert " ".join(earning) == lines


@pytest.mark.parametrize(
    "goods",
    [{"products": ["milk"]}, {"brands": ["none"]}, {"categories": ["hot"], "except": {"brands": ["Ahmad"]}}],
)
def test_a_campaign_for_goods_that_are_not_there_says_so(goods):
    outcome = sell("tea 100, lamp 50", campaign("c", fixed("50"), what_for={"of": "lines", **goods}))
    assert refusal(outcome) == "no_matching_lines"


def test_an_empty_basket_earns_nothing():
    assert refusal(sell("", campaign("c", fixed("50")))) == "no_matching_lines"


def test_the_reason_names_a_few_of_many_products():
    many = [f"sku-{number}" for number in range(9)]
    outcome = sell("tea 100", campaign("c", fixed("50"), what_for={"of": "lines", "products": many}))
    assert outcome.declined[0].args == {"wanted": "sku-0, sku-1, sku-2, sku-3, sku-4 +4"}
