"""Points exchanged for money off at a price of their own: asked for at the till by the campaign's code."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from campaigns.engine.shopper import ANONYMOUS
from loyalty.rules.basket import Allowance, Settled, Wallet, WalletLot
from tests.campaigns.engine.build import (
    MOSCOW,
    RUBLES,
    anna,
    campaign,
    cond,
    earned,
    exchange,
    off,
    only,
    percent,
    purse,
    refusal,
    refusals,
    sell,
    to_pay,
)


def swap(points="100", much="50", **parts):
    return campaign("swap", exchange(points, much), number=1, **parts)


def buy(bought, *campaigns, points="500", asked=("swap",), **more):
    shopper = more.pop("shopper", None) or anna(wallet=purse(points))
    return sell(bought, *campaigns, shopper=shopper, exchanges=asked, **more)


def spent(outcome):
    """Points and money of the whole redemption."""
    return str(outcome.redemption.points), str(outcome.redemption.amount)


@pytest.mark.parametrize(
    ("bought", "offer", "points", "paid"),
    [
        ("tea 200", swap("100", "50"), "100.00", ["150.00"]),
        ("tea 50", swap("100", "50"), "100.00", ["0.00"]),
        ("tea 150, soap 50", swap("100", "50"), "100.00", ["112.50", "37.50"]),
        ("tea 200", swap("100", "10%"), "100.00", ["180.00"]),
        ("tea 0.05, soap 100", swap("7", "10%", what_for=only("tea")), "7.00", ["0.04", "100.00"]),
        ("coffee 100, soap 100", swap("30", "25%", what_for=only("coffee")), "30.00", ["75.00", "100.00"]),
        (
            "tea 200, soap -80",
            swap("100", "50"),
            "100.00",
            ["150.00", "-80.00"],
        ),  # what is taken back pays nothing
    ],
)
def test_points_buy_money_off_at_their_own_price(bought, offer, points, paid):
    outcome = buy(bought, offer)
    assert (spent(outcome)[0], to_pay(outcome), outcome.declined) == (points, paid, ())
    assert [(one.campaign_id, str(one.points)) for one in outcome.exchanged] == [(1, points)]
    assert sum(p for p, _ in outcome.redemption.by_line.values()) == outcome.redemption.points
    assert sum(points for _, points in outcome.redemption.uses) == outcome.redemption.points


@pytest.mark.parametrize(
    ("bought", "offer", "balance", "terms", "refused"),
    [
        ("tea 200", swap(), "99.99", {}, "exchange_balance"),
        ("tea 200", swap(), "100", {}, None),
        ("tea 49.99", swap(), "500", {}, "exchange_too_large"),
        ("coffee 30, soap 90", swap(what_for=only("coffee")), "500", {}, "exchange_too_large"),
        ("tea 0.04", swap("1", "10%"), "500", {}, "exchange_too_large"),  # 10% are less than half a cent
        ("tea 200", swap(), "500", {"max_points_per_day": "99"}, "exchange_per_day"),
        # what must remain to be paid remains, and excluded goods are never paid with points
        ("tea 50", swap(), "500", {"leave": "1"}, "exchange_leave"),
        ("tea 51", swap(), "500", {"leave": "1"}, None),
        ("tea 200, soap 30", swap(), "500", {"excluded": {"products": ["tea"]}}, "exchange_too_large"),
        # the programme's other rules are about points as money: an exchange has its own price
        ("tea 200", swap("30", "150"), "500", {"max_share": "10", "min_points": "50", "step": "25"}, None),
        ("tea 200", swap("100", "50"), "500", {"min_receipt": "999"}, None),
    ],
)
def test_when_an_exchange_cannot_be_made(bought, offer, balance, terms, refused):
    outcome = buy(bought, offer, points=balance, terms=replace(RUBLES, spending=terms))
    assert refusal(outcome) == refused
    assert bool(outcome.exchanged) == (refused is None)


def test_excluded_goods_are_left_alone_by_a_percent_too():
    no_tea = replace(RUBLES, spending={"excluded": {"products": ["tea"]}})
    assert to_pay(buy("tea 100, soap 100", swap("20", "50%"), terms=no_tea)) == ["100.00", "50.00"]


def test_it_takes_place_only_when_it_is_asked_for():
    outcome = buy("tea 200", swap(), asked=())
    assert (refusal(outcome), spent(outcome), to_pay(outcome)) == ("not_asked", ("0.00", "0.00"), ["200.00"])


def test_who_is_anonymous_has_no_points_to_exchange():
    assert refusal(buy("tea 200", swap(), shopper=ANONYMOUS)) == "no_member"


def test_who_may_not_spend_from_the_account_exchanges_nothing():
    barred = anna(wallet=purse("500", may_redeem=False))
    assert refusal(buy("tea 200", swap(), shopper=barred)) == "exchange_not_allowed"


def test_the_campaigns_own_questions_come_first():
    offer = swap(if_=cond("receipt_amount", at_least=300), whom={"tiers": ["silver"]})
    assert refusal(buy("tea 200", offer)) == "amount_too_low"
    assert refusal(buy("tea 300", offer)) is None


def test_an_exchange_is_used_as_often_as_its_limits_allow():
    offer = swap(judge={"limits": [{"period": "day", "times": 1}]})
    first = buy("tea 200", offer)
    assert [(use.period, use.times) for use in first.uses] == [("2026-11-21", 1)]
    again = anna(wallet=purse("500"), uses={(1, "2026-11-21"): (1, Decimal(0))})
    assert refusal(buy("tea 200", offer, shopper=again)) == "limit_reached"


def lots(*given):
    """A wallet of (id, points, the day it expires, terms)."""
    return anna(
        wallet=Wallet(
            tuple(
                WalletLot(name, Decimal(points), None, day and datetime(2026, 12, day, tzinfo=MOSCOW), terms)
                for name, points, day, terms in given
            )
        )
    )


ON_TEA = {"products": ["tea"]}


def test_points_with_terms_of_use_are_not_exchanged():
    bound = lots(("bound", "400", None, ON_TEA), ("free", "60", None, None))
    outcome = buy("tea 200", swap(), shopper=bound)
    assert (outcome.declined[0].code, outcome.declined[0].args["value"]) == ("exchange_balance", "60")


def test_lots_that_expire_first_are_exchanged_first():
    several = lots(("late", "80", 9, None), ("soon", "80", 2, None), ("never", "80", None, None))
    outcome = buy("tea 200", swap("100", "50"), shopper=several)
    assert [(lot, str(points)) for lot, points in outcome.redemption.uses] == [
        ("soon", "80"),
        ("late", "20.00"),
    ]


def test_what_is_left_can_be_spent_on_top():
    """100 points for 50 off, then the maximum at one to one: 400 points are left, and 150 to pay."""
    outcome = buy("tea 200", swap(), redeem="max")
    assert (spent(outcome), to_pay(outcome)) == (("250.00", "200.00"), ["0.00"])
    assert (str(outcome.redemption.max), str(outcome.exchanged[0].points)) == ("150.00", "100.00")


def test_on_top_lots_with_terms_pay_where_they_may():
    shopper = lots(("bound", "90", 1, ON_TEA), ("free", "110", None, None))
    outcome = buy("tea 100, soap 100", swap("100", "50"), shopper=shopper, redeem="max")
    # 100 of the free points take off 25 and 25; then the bound points pay 75 of the tea, and 10 free ones the soap
    assert (to_pay(outcome), spent(outcome)) == (["0.00", "65.00"], ("185.00", "135.00"))
    assert dict(outcome.redemption.uses) == {"free": Decimal("110.00"), "bound": Decimal("75.00")}


def test_a_share_of_the_receipt_is_one_of_what_the_exchange_left():
    half = replace(RUBLES, spending={"max_share": "50"})
    outcome = buy("tea 200", swap("100", "50"), terms=half, redeem="max")
    assert (spent(outcome), to_pay(outcome)) == (("175.00", "125.00"), ["75.00"])


def test_points_a_day_are_counted_together():
    daily = replace(RUBLES, spending={"max_points_per_day": "130"})
    outcome = buy("tea 200", swap("100", "50"), terms=daily, redeem="max")
    assert (spent(outcome), to_pay(outcome)) == (("130.00", "80.00"), ["120.00"])


def test_points_of_a_holder_a_day_are_counted_together_and_bound_an_exchange():
    child = anna(wallet=purse("500", allowance=Allowance(Decimal(140), Decimal(10))))
    outcome = buy("tea 200", swap("100", "50"), shopper=child, redeem="max")
    assert (spent(outcome), to_pay(outcome)) == (("130.00", "80.00"), ["120.00"])

    outcome = buy("tea 200", swap("131", "50"), shopper=child)
    assert (refusal(outcome), to_pay(outcome)) == ("exchange_holder_per_day", ["200.00"])


def test_several_exchanges_are_made_in_the_order_of_their_codes_until_the_points_end():
    offers = [campaign(code, exchange("200", "40"), number=number) for number, code in enumerate("cab", 1)]
    outcome = buy("tea 200", *offers, asked=("c", "b", "a"))
    assert ([one.campaign_id for one in outcome.exchanged], to_pay(outcome)) == ([2, 3], ["120.00"])
    assert refusals(outcome) == {1: "exchange_balance"}


def test_exchanges_come_after_discounts():
    outcome = buy("tea 200", campaign("a", off("50%"), number=2), swap("100", "10%"))
    assert to_pay(outcome) == ["90.00"]


@pytest.mark.parametrize(("earn_on", "points"), [("after", "7.50"), ("before", "10.00")])
def test_points_are_earned_with_or_without_what_was_exchanged(earn_on, points):
    base = campaign("base", percent("5"), number=2)
    assert earned(buy("tea 200", base, swap(), terms=replace(RUBLES, earn_on=earn_on))) == points


def test_an_exchange_counts_as_paying_with_points():
    only_money = campaign("m", percent("5"), number=2, if_=cond("paid_with_points", is_=False))
    assert refusals(buy("tea 200", only_money, swap())) == {2: "paid_with_points"}


def test_what_remains_after_a_return_keeps_its_exchange():
    offer = swap(judge={"limits": [{"period": "day", "times": 1}]})
    before = buy("tea 100, soap 100", offer)
    settled = Settled(before.redemption.by_line)
    again = sell("tea 100, soap 100", offer, redeem=settled, exchanges=("swap",))
    assert (to_pay(again), again.receipt_because, again.uses) == (
        to_pay(before),
        before.receipt_because,
        before.uses,
    )
    part = sell("tea 100", offer, redeem=Settled({1: settled.by_line[1]}), exchanges=("swap",))
    assert (to_pay(part), part.uses) == (["75.00"], before.uses)


def test_no_money_is_given_for_a_part_of_a_point_that_the_programme_does_not_keep():
    outcome = buy("tea 200", swap("0.4", "50"), terms=replace(RUBLES, point_decimals=0))
    assert (refusal(outcome), to_pay(outcome)) == ("zero_points", ["200.00"])


@pytest.mark.parametrize(
    ("parts", "refused"),
    [
        ({"what": exchange("0.01", "0.01")}, "zero_points"),
        ({"judge": {"limits": [{"period": "day", "times": 1}]}, "used": 1}, "limit_reached"),
    ],
)
def test_what_cannot_be_exchanged_whatever_points_there_are_is_refused_in_the_same_words_after_a_return(
    parts, refused
):
    """A refusal was lost once the redemption was settled: the return's reasons were not the purchase's."""
    terms = replace(RUBLES, point_decimals=0, earn_on="before")
    used = {(1, "2026-11-21"): (parts.pop("used", 0), Decimal(0))}
    first = campaign("c00-1", parts.pop("what", exchange("5", "1")), number=1, **parts)
    offers = first, campaign("c00-2", exchange("5", "2"), number=2)
    shopper = anna(wallet=purse("7"), uses=used)
    before = sell("bread 10", *offers, shopper=shopper, terms=terms, exchanges=["c00-1", "c00-2"])
    settled = Settled(before.redemption.by_line)
    again = sell(
        "bread 10", *offers, shopper=anna(uses=used), terms=terms, redeem=settled, exchanges=["c00-2"]
    )
    assert refusals(before) == refusals(again) == {1: refused}
    assert again.declined == before.declined


def test_nobody_without_an_account_is_offered_an_exchange_after_a_return_either():
    before = sell("tea 100", swap(), shopper=ANONYMOUS)
    assert refusals(sell("tea 100", swap(), shopper=ANONYMOUS, redeem=Settled({}))) == refusals(before)
