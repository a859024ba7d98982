"""A whole basket: redemption before points, what adds up, who is told what."""

import pickle
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from campaigns.engine.evaluation import evaluate
from campaigns.engine.reasons import fill
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import ANONYMOUS
from loyalty.rules.basket import Basket, Settled
from tests.campaigns.engine.build import (
    PLACE,
    RUBLES,
    anna,
    at,
    by_line,
    campaign,
    earned,
    fixed,
    lines_of,
    percent,
    purse,
    refusals,
    sell,
    times,
)  # fmt: skip

BASE = campaign("base", percent("5"), number=1)
BEFORE = replace(RUBLES, earn_on="before")


@pytest.mark.parametrize(("terms", "points"), [(RUBLES, "15.00"), (BEFORE, "20.00")])
def test_points_are_earned_after_or_before_what_is_paid_with_points(terms, points):
    outcome = sell("tea 400", BASE, shopper=anna(wallet=purse("100")), redeem=Decimal(100), terms=terms)
    assert (str(outcome.to_pay), earned(outcome)) == ("300.00", points)


def test_redemption_is_spread_over_lines_and_earning_follows_it():
    outcome = sell("coffee 300, tea 100", BASE, shopper=anna(wallet=purse("100")), redeem=Decimal(100))
    assert [(str(line.redeemed_amount), str(line.to_pay)) for line in outcome.lines] == [
        ("75.00", "225.00"),
        ("25.00", "75.00"),
    ]
    assert by_line(outcome) == ["11.25", "3.75"]


def test_the_rules_of_spending_are_those_of_the_programme():
    terms = replace(RUBLES, spending={"point_value": "0.5", "max_share": "50"})
    outcome = sell("tea 100", shopper=anna(wallet=purse("1000")), redeem="max", terms=terms)
    assert (outcome.redemption.points, outcome.redemption.amount) == (Decimal("100.00"), Decimal("50.00"))
    assert outcome.to_pay == Decimal("50.00")


def test_a_line_paid_wholly_with_points_earns_nothing_where_money_earns():
    outcome = sell("tea 100", BASE, shopper=anna(wallet=purse("100")), redeem="max")
    assert (str(outcome.to_pay), refusals(outcome)) == ("0.00", {1: "zero_points"})


def test_what_was_settled_is_not_judged_again():
    settled = Settled({2: (Decimal("30.00"), Decimal("15.00"))})
    outcome = sell("coffee 100, tea 100", BASE, redeem=settled)  # Anna has no wallet now
    assert [(str(line.redeemed_points), str(line.to_pay)) for line in outcome.lines] == [
        ("0.00", "100.00"),
        ("30.00", "85.00"),
    ]
    assert (outcome.redemption.points, outcome.redemption.amount) == (Decimal("30.00"), Decimal("15.00"))
    assert earned(outcome) == "9.25"


def test_an_anonymous_shopper_earns_nothing_and_learns_what_a_member_would():
    hint = campaign("hint", number=2, tell={"till": "Offer a card"})
    outcome = sell("tea 100", BASE, hint, campaign("double", times("2"), number=3), shopper=ANONYMOUS)
    assert (earned(outcome), outcome.grants, outcome.uses) == ("0.00", (), ())
    assert [(d.campaign_id, d.code, d.args) for d in outcome.declined] == [
        (1, "no_member", {"points": "5.00"}),
        (3, "no_member", {}),
    ]
    assert [message.text for message in outcome.till_messages] == ["Offer a card"]


def test_an_anonymous_shopper_can_spend_nothing():
    outcome = sell("tea 100", shopper=ANONYMOUS, redeem="max")
    assert (outcome.redemption.max, outcome.redemption.points, str(outcome.to_pay)) == (0, 0, "100.00")


def test_texts_are_told_with_their_numbers_when_the_campaign_gives():
    thanks = campaign(
        "Thanks", percent("5"), number=1, tell={"receipt": "{points} from {campaign}, {earned} in all"}
    )
    hello = campaign("hello", fixed("50"), number=2, tell={"till": "Say hello"})
    monday = campaign("monday", fixed("1"), number=3, when={"weekdays": [1]}, tell={"till": "Monday!"})
    outcome = sell("tea 100", thanks, hello, monday)
    assert [fill(m.text, m.args) for m in outcome.receipt_messages] == ["5.00 from Thanks, 55.00 in all"]
    assert [m.text for m in outcome.till_messages] == ["Say hello"]


def test_every_campaign_is_accounted_for_once_in_order_of_code():
    outcome = sell("tea 100", *(campaign(code, fixed("1"), when={"weekdays": [1]}) for code in "cab"))
    assert [declined.campaign_id for declined in outcome.declined] == [ord("a"), ord("b"), ord("c")]


def test_lines_come_out_by_position_whatever_their_order():
    basket = Basket(PLACE, tuple(reversed(lines_of("coffee 100, tea 50"))))
    outcome = evaluate(basket, anna(), at("2026-11-21 12:30"), Rulebook(RUBLES, (BASE,)))
    assert [(line.position, str(line.earned)) for line in outcome.lines] == [(1, "5.00"), (2, "2.50")]


def test_a_rulebook_survives_pickle_and_json():
    rulebook = Rulebook(RUBLES, (BASE, campaign("double", times("2"), number=2)))
    basket = Basket(PLACE, lines_of("coffee 100, tea 50"))
    outcome = evaluate(basket, anna(), at("2026-11-21 12:30"), rulebook)
    for copy in (pickle.loads(pickle.dumps(rulebook)), Rulebook.from_json(rulebook.to_json())):
        assert copy == rulebook
        assert evaluate(basket, anna(), at("2026-11-21 12:30"), copy) == outcome
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_the_engine_needs_no_django():
    code = "import campaigns.engine.evaluation, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
