"""Reasons as a person reads them."""

from decimal import Decimal

import pytest

from campaigns.engine.reasons import SENTENCES, describe, fill
from tests.campaigns.engine.build import anna, campaign, fixed, percent, sell, steps, times


def said(outcome):
    """Every reason of an outcome as a sentence: what was given line by line, then what was declined."""
    given = [because for line in outcome.lines for because in line.because]
    reasons = [*given, *outcome.receipt_because, *outcome.declined]
    return [describe(reason.code, reason.args) for reason in reasons]


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [
        (campaign("c", percent("5.50")), "5.5% of 259.82"),
        (campaign("c", fixed("50")), "50 points"),
        (campaign("c", steps(("0", "5%"), ("200", "7%"))), "7% of 259.82, for 259.82 has reached 200"),
        (campaign("c", steps(("200", "30"))), "30 points, for 259.82 has reached 200"),
        (
            campaign("c", percent("10"), judge={"limits": [{"period": "month", "points": "20"}]}),
            "10% of 259.82, cut to 20.00: at most 20 points a month",
        ),
        (campaign("c", times("2")), "no points to multiply"),
        (campaign("c", fixed("50"), whom={"tiers": ["gold", "black"]}), "only for the tiers gold, black"),
        (campaign("c", fixed("50"), when={"weekdays": [1, 5]}), "only on Mondays, Fridays"),
        (campaign("c", fixed("50"), when={"hours": [["13:00", "15:00"]]}), "only at 13:00–15:00"),
        (
            campaign("c", fixed("50"), if_={"condition": "receipt_amount", "at_least": "500"}),
            "from 500 on, and the receipt comes to 259.82",
        ),
        (
            campaign("c", fixed("50"), if_={"condition": "nth_purchase", "every": 2}),
            "for one purchase in 2, and this is number 3",
        ),
        (
            campaign("c", fixed("50"), if_={"condition": "nth_purchase", "exactly": 5}),
            "only for purchase number 5, and this is number 3",
        ),
        (
            campaign(
                "c",
                fixed("50"),
                if_={
                    "any": [{"condition": "first_purchase"}, {"condition": "receipt_amount", "below": "100"}]
                },
            ),
            "none of these holds: only for the first purchase, and this is number 3;"
            " below 100, and the receipt comes to 259.82",
        ),
    ],
)
def test_one_reason(revision, sentence):
    assert said(sell("tea 259.82", revision, shopper=anna(purchases=2))) == [sentence]


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"times": 1, "period": "day"}, "limit of uses a day: 1"),
        ({"points": "500", "period": "month"}, "at most 500 points a month, and they are given"),
    ],
)
def test_a_limit_that_is_reached(limit, sentence):
    key = {"day": "2026-11-21", "month": "2026-11"}[limit["period"]]
    revision = campaign("c", fixed("50"), number=1, judge={"limits": [limit]})
    assert said(sell("tea 1", revision, shopper=anna(uses={(1, key): (1, Decimal(500))}))) == [sentence]


def test_a_reason_is_said_in_the_language_of_its_reader():
    words = {"only on {weekdays}": "только по: {weekdays}", "Mondays": "понедельникам", "Fridays": "пятницам"}
    text = describe("wrong_weekday", {"weekdays": "1 5"}, lambda text: words[text])
    assert text == "только по: понедельникам, пятницам"


def test_every_sentence_can_be_said_without_its_arguments():
    for code in SENTENCES:
        assert "{" not in describe(code, {})


def test_an_unknown_code_speaks_for_itself():
    assert describe("moon_phase", {}) == "moon_phase"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{points} of {earned}", "5 of 7"),
        ("{{plain}} {unknown}!", "{plain} !"),
        ("{points.real} {points[0]} {points!r:>9}", "  5"),
    ],
)
def test_texts_are_filled_and_nothing_is_evaluated(text, filled):
    assert fill(text, {"points": "5", "earned": "7"}) == filled
