"""Three of one line and three lines of one are the same basket, whatever campaigns take of it by the piece."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.checkout import remains
from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Revision, Rulebook
from loyalty.rules.basket import Basket, Line, Settled
from tests.campaigns.engine.build import (
    PLACE,
    RUBLES,
    SATURDAY,
    anna,
    at,
    campaign,
    cheapest,
    cond,
    coupons,
    discounts,
    exchange,
    fixed,
    gift,
    lines_of,
    off,
    only,
    per_piece,
    percent,
    price,
    purse,
    refusals,
    sell,
    stamp,
    times,
    to_pay,
)
from tests.campaigns.engine.chance import TRIES, cases

EXCLUDE: dict[str, Any] = {"stacking": {"discounted": "exclude"}}
FIRST: dict[str, Any] = {"stacking": {"priority": 1}}
SPRING = cond("coupon", series=["spring"])


def split(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines with every piece on a line of its own, where pieces can be equal; those that are new come last."""
    ones: list[Line] = []
    more: list[Line] = []
    for line in lines:
        quantity = abs(int(line.quantity))
        cents = line.amount * 100
        if quantity < 2 or quantity != abs(line.quantity) or cents != int(cents) or int(cents) % quantity:
            ones.append(line)
            continue
        piece = replace(line, quantity=line.quantity / quantity, amount=line.amount / quantity)
        ones.append(piece)
        more += [piece] * (quantity - 1)
    last = max(line.position for line in lines)
    return (*ones, *(replace(line, position=last + number) for number, line in enumerate(more, 1)))


def beside(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same pieces, the new lines behind those they were split from."""
    ordered = [piece for line in lines for piece in split((line,))]
    return tuple(replace(line, position=number) for number, line in enumerate(ordered, 1))


def sums(outcome: Outcome) -> dict[str, Any]:
    """Everything that was decided but how it is spread over lines."""
    plan = outcome.redemption
    return {
        "money": (outcome.total, outcome.discount, outcome.to_pay, outcome.earned),
        "redemption": (plan.points, plan.amount, plan.uses, plan.max, plan.limits),
        "grants": outcome.grants,
        "declined": outcome.declined,
        "uses": (outcome.uses, outcome.tallies, outcome.progress),
        "more": (outcome.extras, outcome.others, outcome.exchanged, outcome.coupons, outcome.told),
        "texts": (outcome.till_messages, outcome.receipt_messages),
    }


# The kinds that were seen


def three(*campaigns: Revision, bought: str = "coffee 300 x3", shown: str = "", **more: Any) -> list[str]:
    """What is to be paid of the lines as they are and with each piece on its own, one sum for both."""
    basket = Basket(PLACE, lines_of(bought), shown_coupons(more), "", coupons(shown))
    shopper = more.get("shopper", anna())
    rulebook = Rulebook(RUBLES, campaigns)
    paid = [
        str(evaluate(replace(basket, lines=lines), shopper, at(SATURDAY), rulebook).to_pay)
        for lines in (basket.lines, split(basket.lines), beside(basket.lines))
    ]
    return sorted(set(paid))


def shown_coupons(more: dict[str, Any]) -> Any:
    return more.get("redeem", Decimal(0))


def test_two_deals_of_three_for_two_give_one_piece_of_three_whatever_lines_they_stand_on():
    assert three(campaign("a", cheapest(3)), campaign("b", cheapest(3), what_for=only("coffee"))) == [
        "200.00"
    ]


def test_a_gift_after_three_for_two_is_a_whole_piece():
    by_coupon = campaign("b", gift("coffee"), if_=SPRING)
    assert three(campaign("a", cheapest(3)), by_coupon, shown="S1:spring") == ["100.00"]


def test_a_full_stamp_card_after_three_for_two_gives_a_whole_piece():
    card = campaign("b", stamp(3, free=1), number=7)
    assert three(campaign("a", cheapest(3)), card, shopper=anna(progress={7: 2})) == ["100.00"]


def test_what_leaves_out_discounted_goods_leaves_out_the_pieces_that_were_made_cheaper_and_no_others():
    half = campaign("b", off("50%"), **EXCLUDE)
    assert three(campaign("a", cheapest(2, percent="20")), half) == ["180.00"]


def test_two_gifts_of_one_product_are_two_pieces():
    many = campaign("a", gift("tea"), if_=cond("contains", products=["coffee"], pieces=5))
    more = campaign("b", gift("tea"), if_=cond("contains", products=["coffee"], pieces=10))
    assert three(many, more, bought="coffee 1200 x12, tea 270 x3") == ["1290.00"]


def test_a_free_piece_is_no_piece_any_more_and_a_cheaper_one_still_is():
    free, cheaper = campaign("a", cheapest(3)), campaign("a", cheapest(3, percent="20"))
    again = campaign("b", cheapest(3))
    assert refusals(sell("coffee 300 x3", free, again)) == {again.campaign_id: "pieces_short"}
    assert to_pay(sell("coffee 300 x3", cheaper, again)) == ["200.00"]  # the cheaper one is the cheapest then


def test_a_fixed_price_is_each_piece_s():
    assert three(campaign("a", cheapest(3)), campaign("b", price("80"))) == ["160.00"]


def test_points_leave_out_the_pieces_that_were_made_cheaper():
    deal = campaign("a", cheapest(2, percent="20"))
    for what, points in ((percent("10"), "20.00"), (per_piece("3"), "6.00"), (fixed("9"), "9.00")):
        outcome = sell("coffee 300 x3", deal, campaign("b", what, **EXCLUDE))
        assert str(outcome.earned) == points
        assert (
            sell("coffee 100, coffee 100, coffee 100", deal, campaign("b", what, **EXCLUDE)).earned
            == outcome.earned
        )


def test_a_multiplier_leaves_out_the_points_of_the_pieces_that_were_made_cheaper():
    deal, double = campaign("a", cheapest(2, percent="20")), campaign("c", times("2"), **EXCLUDE)
    assert (
        str(sell("coffee 300 x3", deal, campaign("b", percent("10")), double).earned) == "48.00"
    )  # 28, and twice the 20 of the two at full price


def test_an_exchange_pays_for_the_pieces_that_nobody_made_cheaper():
    deal, swap = campaign("a", cheapest(2, percent="20")), campaign("b", exchange("50", "50%"), **EXCLUDE)
    for bought in ("coffee 300 x3", "coffee 100, coffee 200 x2"):
        outcome = sell(bought, deal, swap, shopper=anna(wallet=purse("90")), exchanges=["b"])
        assert str(outcome.to_pay) == "180.00"


def test_goods_by_weight_are_one_piece_a_line():
    assert discounts(sell("tea 60 x0.350, tea 60 x0.350", campaign("a", cheapest(2)))) == ["60.00", "0.00"]


def test_free_pieces_stand_on_the_first_lines_of_their_goods():
    outcome = sell("coffee 200 x2, soap 10, coffee 100", campaign("a", cheapest(3), what_for=only("coffee")))
    assert discounts(outcome) == ["100.00", "0.00", "0.00"]
    threes = sell("coffee 100, coffee 100, coffee 100", campaign("a", cheapest(3)))
    assert discounts(threes) == ["100.00", "0.00", "0.00"]


def test_a_budget_that_ends_within_a_piece_is_kept():
    budget = campaign("a", cheapest(3), judge={"budget": {"money": "30"}})
    assert three(budget, campaign("b", gift("coffee"))) == ["200.00"]  # a gift is the cheapest: the one at 70


def test_several_deals_of_one_campaign_each_see_what_the_one_before_took():
    assert three(campaign("a", gift("coffee"), cheapest(2), gift("coffee"))) == ["0.00"]


def test_an_old_basket_is_judged_again_as_it_was_then():
    rulebook = Rulebook(RUBLES, (campaign("a", cheapest(3)), campaign("b", cheapest(3))))
    basket = Basket(PLACE, lines_of("coffee 300 x3"))
    assert str(evaluate(basket, anna(), at(SATURDAY), rulebook).to_pay) == "200.00"
    then = evaluate(basket, anna(), at(SATURDAY), rulebook, edition=1)
    assert (str(then.to_pay), then.edition) == ("133.33", 1)


# In general

DEALS: dict[str, tuple[Any, dict[str, Any]]] = {
    "three for two": ((cheapest(3),), {}),
    "the second half": ((cheapest(2, percent="50"),), {}),
    "full price only": ((cheapest(2, percent="30"),), EXCLUDE),
    "gift": ((gift("tea", "coffee"),), {}),
    "two gifts by coupon": ((gift("coffee", pieces=2),), {"if_": SPRING}),
    "stamps": ((stamp(4, "piece", free=1),), {}),
    "stamps percent": ((stamp(3, "piece", percent="15"),), {}),
    "price": ((price("0.77"),), {}),
    "percent": ((off("7%"),), {}),
    "percent at full price": ((off("9%"), percent("3")), EXCLUDE),
    "amount": ((off("5"),), {}),
    "budget": ((cheapest(2),), {"judge": {"budget": {"money": "2.50"}}}),
    "points a piece": ((per_piece("1.5"),), EXCLUDE),
    "points": ((percent("4"),), {"judge": {"limits": [{"period": "receipt", "points": "3"}]}}),
    "exchange": ((exchange("5", "2"),), {}),
    "exchange at full price": ((exchange("3", "10%"),), EXCLUDE),
    "double": ((times("2"),), EXCLUDE),
    "two effects": ((gift("tea"), cheapest(3), percent("2")), FIRST),
}
some_lines = st.lists(
    st.tuples(
        st.sampled_from(["coffee", "tea", "soap"]),
        st.integers(1, 7),
        st.sampled_from(["0.01", "0.33", "1.00", "1.09", "2.99", "7.77"]),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@pytest.mark.parametrize("pair", combinations_with_replacement(DEALS, 2), ids=" and ".join)
def test_splitting_lines_into_their_pieces_changes_no_sum(pair):
    goods = (only("coffee", "tea"), only("tea", "soap"))
    both = [
        campaign(f"c{number}", *DEALS[name][0], number=number, what_for=what_for, **DEALS[name][1])
        for number, (name, what_for) in enumerate(zip(pair, goods, strict=True), 1)
    ]
    base = [campaign("base", percent("5"), number=8), campaign("off", off("3%"), number=9)]
    rulebook = Rulebook(RUBLES, (*both, *base))

    @settings(max_examples=max(TRIES // 10, 5))
    @given(some_lines, st.sampled_from([Decimal(0), Decimal(3), "max"]), st.integers(0, 3))
    def holds(bought: Any, redeem: Any, stamped: int) -> None:
        text = ", ".join(f"{sku} {Decimal(each) * pieces} x{pieces}" for sku, pieces, each in bought)
        basket = Basket(PLACE, lines_of(text), redeem, "", coupons("S:spring"), ("c1", "c2"))
        shopper = anna(wallet=purse("12.34"), progress={1: stamped, 2: stamped})
        require_the_same(basket, shopper, rulebook)

    holds()


def require_the_same(basket: Basket, shopper: Any, rulebook: Rulebook, moment: Any = None) -> None:
    """That the sums are the same however the pieces stand on lines, bought and after returns."""
    moment = moment or at(SATURDAY)
    outcome = evaluate(basket, shopper, moment, rulebook)
    for lines in (split(basket.lines), beside(basket.lines)):
        other = evaluate(replace(basket, lines=lines), shopper, moment, rulebook)
        assert sums(other) == sums(outcome)
        for line in other.lines:
            assert line.to_pay >= min(line.amount, Decimal(0))
            assert sum(because.discount for because in line.because) == line.discount
            assert sum(because.points for because in line.because) == line.earned


@settings(max_examples=TRIES)
@given(cases())
def test_splitting_lines_changes_no_sum_whatever_the_campaigns(case):
    basket, shopper, moment, rulebook = case
    whole = tuple(
        replace(line, amount=round(line.amount / abs(line.quantity), 2) * abs(line.quantity))
        if line.quantity == int(line.quantity) else line
        for line in basket.lines
    )  # fmt: skip
    outcome = evaluate(replace(basket, lines=whole), shopper, moment, rulebook)
    for lines in (split(whole),):
        assert sums(evaluate(replace(basket, lines=lines), shopper, moment, rulebook)) == sums(outcome)


@settings(max_examples=TRIES * 2)
@given(some_lines, st.sampled_from([Decimal(1), Decimal(3), "max"]), st.data())
def test_after_a_return_of_what_points_paid_in_part_it_does_not_matter_on_which_lines_the_pieces_stood(
    bought, redeem, data
):
    """Equal pieces on one line and on lines of their own, whichever of them come back: one sum, to the cent."""
    names = data.draw(st.lists(st.sampled_from(sorted(DEALS)), min_size=1, max_size=3, unique=True))
    rulebook = Rulebook(
        RUBLES,
        tuple(
            campaign(f"c{n}", *DEALS[name][0], number=n, **DEALS[name][1]) for n, name in enumerate(names, 1)
        ),
    )
    text = ", ".join(f"{sku} {Decimal(each) * pieces} x{pieces}" for sku, pieces, each in bought)
    basket = Basket(PLACE, lines_of(text), redeem, "", coupons("S:spring"))
    coming = [data.draw(st.integers(0, pieces)) for _sku, pieces, _each in bought]
    left = [
        rest_of(basket, lines, coming, rulebook, backwards)
        for lines in (basket.lines, split(basket.lines), beside(basket.lines))
        for backwards in (False, True)
    ]
    assert all(one == left[0] for one in left)


def rest_of(
    basket: Basket, lines: tuple[Line, ...], coming: list[int], rulebook: Rulebook, backwards: bool
) -> Any:
    """The sums of what remains when so many pieces of each thing come back, the last lines first if ``backwards``."""
    shopper = anna(wallet=purse("12.34"), progress={1: 2})
    bought = replace(basket, lines=lines)
    paid = evaluate(bought, shopper, at(SATURDAY), rulebook).redemption.by_line
    wanted: dict[Any, int] = {}
    for line, pieces in zip(basket.lines, coming, strict=True):
        kind = line.sku, line.amount / line.quantity
        wanted[kind] = wanted.get(kind, 0) + pieces
    gone = {}
    for line in reversed(lines) if backwards else lines:
        kind = line.sku, line.amount / line.quantity
        gone[line.position] = Decimal(min(wanted[kind], int(line.quantity)))
        wanted[kind] -= int(gone[line.position])
    rest = remains.of(replace(bought, redeem=Settled(paid)), gone, rulebook.terms)
    if not rest.lines:
        return None
    outcome = evaluate(rest, replace(shopper, wallet=None), at(SATURDAY), rulebook)
    for told in outcome.lines:
        assert told.to_pay >= 0
        assert told.to_pay == told.amount - told.discount - told.redeemed_amount
    assert outcome.redemption.amount <= sum(amount for _points, amount in paid.values())
    return (
        outcome.total,
        outcome.discount,
        outcome.to_pay,
        outcome.earned,
        outcome.redemption.amount,
        outcome.grants,
    )


def test_of_a_receipt_of_an_earlier_edition_each_line_keeps_its_own_share():
    lines = lines_of("coffee 3.00 x3")
    three_ = replace(Basket(PLACE, split(lines)), redeem=Settled({1: (Decimal("0.34"),) * 2, 2: (Decimal("0.33"),) * 2,
                                                                  3: (Decimal("0.33"),) * 2}))  # fmt: skip
    for edition, kept in ((2, "0.66"), (3, "0.67")):
        rest = remains.of(three_, {1: Decimal(1)}, RUBLES, edition)
        assert isinstance(rest.redeem, Settled)
        assert sum(amount for _points, amount in rest.redeem.by_line.values()) == Decimal(kept)


@settings(max_examples=TRIES)
@given(some_lines, st.data())
def test_after_a_return_it_does_not_matter_on_which_lines_the_rest_stands(bought, data):
    """Nothing was paid with points: what remains of one line and of single pieces comes to the same."""
    names = data.draw(st.lists(st.sampled_from(sorted(DEALS)), min_size=2, max_size=3, unique=True))
    rulebook = Rulebook(
        RUBLES,
        tuple(
            campaign(f"c{n}", *DEALS[name][0], number=n, **DEALS[name][1]) for n, name in enumerate(names, 1)
        ),
    )
    kept = [(sku, data.draw(st.integers(0, pieces)), each) for sku, pieces, each in bought]
    text = ", ".join(f"{sku} {Decimal(each) * pieces} x{pieces}" for sku, pieces, each in kept if pieces)
    if text:
        basket = Basket(PLACE, lines_of(text), Settled({}), "", coupons("S:spring"))
        require_the_same(basket, anna(progress={1: 2}), rulebook)
