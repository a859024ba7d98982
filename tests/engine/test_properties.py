"""What holds for every basket and every set of campaigns."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.engine.evaluation import evaluate
from campaigns.engine.reasons import SENTENCES, describe
from campaigns.engine.rulebook import Rulebook, Terms
from campaigns.engine.shopper import ANONYMOUS, Shopper
from loyalty.basket import Basket, Line, Moment, Settled, Wallet, WalletLot
from loyalty.rounding import Rounding, ratio_rounder, round_points, spread, spread_units
from tests.engine.build import GOODS, MOSCOW, PLACE, anna, campaign

ZERO = Decimal(0)


def decimals(low: str, high: str, places: int = 2):
    return st.decimals(Decimal(low), Decimal(high), places=places)


money = decimals("0", "5000")
percents = decimals("0.01", "100").map(str)
points = decimals("0.01", "500").map(str)


@st.composite
def lines(draw):
    amounts = draw(st.lists(money, min_size=1, max_size=8))
    return tuple(
        Line(
            position,
            sku := draw(st.sampled_from(sorted(GOODS))),
            Decimal(1),
            amount,
            amount,
            sku,
            *GOODS[sku],
        )
        for position, amount in enumerate(amounts, 1)
    )


steps = st.lists(
    st.tuples(decimals("0", "5000"), percents), min_size=1, max_size=4, unique_by=lambda step: step[0]
).map(lambda found: [{"from": str(start), "percent": percent} for start, percent in sorted(found)])

givers = st.one_of(
    st.builds(lambda percent: {"effect": "points_percent", "percent": percent}, percents),
    st.builds(lambda points: {"effect": "points_fixed", "points": points}, points),
    st.builds(lambda points, per: {"effect": "points_per", "points": points, "per": per}, points, points),
    st.builds(
        lambda steps, mode: {"effect": "points_steps", "steps": steps, "mode": mode},
        steps,
        st.sampled_from(["whole", "sliced"]),
    ),
)
effects = st.one_of(
    st.lists(givers, min_size=1, max_size=3),
    st.builds(lambda by: [{"effect": "multiplier", "by": by}], decimals("1.1", "5", 1).map(str)),
    st.just([]),
)
scopes = st.sampled_from(
    [
        {"of": "receipt"},
        {"of": "lines", "products": ["coffee", "lamp"]},
        {"of": "lines", "categories": ["food"]},
        {"of": "lines", "except": {"sets": ["breakfast"]}},
    ]
)
conditions = st.sampled_from(
    [
        None,
        {"condition": "receipt_amount", "at_least": "500"},
        {"any": [{"condition": "first_purchase"}, {"condition": "nth_purchase", "every": 3}]},
        {"condition": "nth_purchase", "every": 2, "of_at_least": "100"},
    ]
)
limits = st.lists(
    st.fixed_dictionaries({"period": st.sampled_from(["receipt", "day", "month", "ever"]), "points": points}),
    max_size=2,
)


@st.composite
def campaigns(draw, most=6):
    made = []
    for number in range(1, draw(st.integers(0, most)) + 1):
        parts = {
            "what_for": draw(scopes),
            "judge": {"limits": draw(limits)},
            "tell": {"till": "{points} points"},
        }
        if condition := draw(conditions):
            parts["if_"] = condition
        if group := draw(st.sampled_from([None, "g", "h"])):
            mode = draw(st.sampled_from(["all", "best", "exclusive"]))
            parts["stacking"] = {"group": group, "mode": mode, "priority": draw(st.integers(0, 2))}
        if draw(st.booleans()):
            parts["when"] = {"weekdays": draw(st.sampled_from([[1, 2, 3, 4, 5], [6, 7]]))}
        made.append(
            campaign(f"c{draw(st.integers(0, 99)):02}-{number}", *draw(effects), number=number, **parts)
        )
    return tuple(made)


@st.composite
def shoppers(draw):
    if draw(st.integers(0, 9)) == 0:
        return ANONYMOUS
    uses = {
        (number, period): (1, draw(decimals("0", "300")))
        for number in range(1, 4)
        for period in draw(st.sets(st.sampled_from(["2026-11-21", "2026-11", "ever"])))
    }
    return anna(
        purchases=draw(st.integers(0, 6)),
        progress={1: draw(st.integers(0, 5))},
        uses=uses,
        wallet=Wallet((WalletLot("a", draw(decimals("0", "9000"))), WalletLot("b", Decimal("7.77")))),
    )


terms = st.builds(
    Terms,
    currency=st.just("RUB"),
    point_decimals=st.integers(0, 2),
    rounding=st.sampled_from(list(map(str, Rounding))),
    earn_on=st.sampled_from(["before", "after"]),
    spending=st.sampled_from([{}, {"point_value": "0.5"}, {"max_share": "50", "leave": "1"}]),
)
moments = st.integers(0, 14 * 24).map(
    lambda hours: Moment(*[datetime(2026, 11, 21, tzinfo=MOSCOW) + timedelta(hours=hours)] * 2)
)
redeemed = st.one_of(st.just("max"), decimals("0", "3000"))


@st.composite
def cases(draw):
    basket = Basket(PLACE, draw(lines()), draw(redeemed))
    return basket, draw(shoppers()), draw(moments), Rulebook(draw(terms), draw(campaigns()))


@settings(max_examples=120, deadline=None)
@given(cases())
def test_everything_adds_up(case):
    basket, _, _, rulebook = case
    outcome = evaluate(*case)
    assert [line.position for line in outcome.lines] == [line.position for line in basket.lines]
    assert sum(line.to_pay for line in outcome.lines) == outcome.to_pay
    assert outcome.to_pay == basket.total - outcome.discount - outcome.redemption.amount >= 0
    assert all(line.to_pay >= 0 and line.earned >= 0 for line in outcome.lines)
    for line in outcome.lines:
        assert sum(because.points for because in line.because) == line.earned
    receipt_level = sum(because.points for because in outcome.receipt_because)
    assert sum(line.earned for line in outcome.lines) + receipt_level == outcome.earned
    assert sum(grant.points for grant in outcome.grants) == outcome.earned
    for grant in outcome.grants:
        assert sum(outcome.by_line(grant.campaign_id).values()) == grant.points > 0
        explained = [b for line in outcome.lines for b in line.because if b.campaign_id == grant.campaign_id]
        explained += [b for b in outcome.receipt_because if b.campaign_id == grant.campaign_id]
        assert sum(because.points for because in explained) == grant.points
        assert grant.points == round_points(grant.points, rulebook.terms.point_decimals)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_every_campaign_has_exactly_one_verdict_that_can_be_said(case):
    outcome = evaluate(*case)
    verdicts = (
        [g.campaign_id for g in outcome.grants]
        + [d.campaign_id for d in outcome.declined]
        + list(outcome.told)
    )
    assert sorted(verdicts) == sorted(revision.campaign_id for revision in case[3].campaigns)
    for declined in outcome.declined:
        assert declined.code in SENTENCES
        assert "{" not in describe(declined.code, declined.args)
    for because in [*outcome.receipt_because, *(b for line in outcome.lines for b in line.because)]:
        assert because.code in SENTENCES
        assert "{" not in describe(because.code, because.args)


@settings(max_examples=80, deadline=None)
@given(cases(), st.randoms())
def test_the_order_of_lines_and_of_campaigns_does_not_matter(case, chance):
    basket, shopper, moment, rulebook = case
    shuffled = replace(basket, lines=tuple(chance.sample(basket.lines, len(basket.lines))))
    mixed = Rulebook(rulebook.terms, tuple(chance.sample(rulebook.campaigns, len(rulebook.campaigns))))
    assert evaluate(shuffled, shopper, moment, mixed) == evaluate(*case)


NEVER = campaign(
    "c50-never", {"effect": "points_percent", "percent": "50"}, number=999, where={"stores": ["elsewhere"]},
    stacking={"group": "g", "mode": "exclusive", "priority": 9}, tell={"till": "!"},
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(cases())
def test_a_campaign_that_does_not_match_adds_its_own_refusal_and_nothing_else(case):
    basket, shopper, moment, rulebook = case
    more = Rulebook(rulebook.terms, (*rulebook.campaigns, NEVER))
    outcome = evaluate(basket, shopper, moment, more)
    own = [declined for declined in outcome.declined if declined.campaign_id == 999]
    assert [declined.code for declined in own] == ["wrong_store"]
    others = tuple(declined for declined in outcome.declined if declined.campaign_id != 999)
    assert replace(outcome, declined=others) == evaluate(*case)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_no_limit_is_exceeded(case):
    _, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    granted = {grant.campaign_id: grant.points for grant in outcome.grants}
    keys = rulebook.machine and {"receipt": "", **_keys(moment)}
    for revision in rulebook.campaigns:
        for limit in revision.definition.part("judge").get("limits", ()):
            used = shopper.uses.get((revision.campaign_id, keys[limit["period"]]), (0, ZERO))[1]
            most = round_points(
                Decimal(limit["points"]), rulebook.terms.point_decimals, Rounding(rulebook.terms.rounding)
            )
            used = round_points(used, rulebook.terms.point_decimals, Rounding.DOWN)
            given_ = granted.get(revision.campaign_id, ZERO)
            assert given_ == 0 or used + given_ <= most


def _keys(moment):
    from campaigns.engine.limits import period_keys

    return period_keys(moment.in_programme)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_judging_again_what_was_settled_gives_the_same(case):
    basket, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    settled = replace(basket, redeem=Settled(outcome.redemption.by_line))
    again = evaluate(settled, replace(shopper, wallet=None), moment, rulebook)
    assert replace(again, redemption=outcome.redemption) == outcome


@given(
    st.integers(0, 10**7),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=20),
)
def test_units_are_spread_as_points_are(units, weights):
    exact = spread(Decimal(units).scaleb(-2), [Decimal(weight) for weight in weights], 2)
    assert spread_units(units, weights, sum(weights)) == [int(part.scaleb(2)) for part in exact]


@pytest.mark.parametrize("rule", list(Rounding))
@given(top=st.integers(0, 10**9), bottom=st.sampled_from([1, 2, 4, 5, 8, 10, 100, 2500, 10**6]))
def test_fractions_are_rounded_as_points_are(rule, top, bottom):
    assert ratio_rounder(rule)(top, bottom) == int(round_points(Decimal(top) / bottom, 0, rule))


def test_an_anonymous_shopper_is_one_without_an_account():
    assert Shopper() == ANONYMOUS
