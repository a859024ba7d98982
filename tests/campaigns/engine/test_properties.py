"""What holds for every basket and every set of campaigns, whatever they are made of."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.engine import reasons
from campaigns.engine.definition import parse
from campaigns.engine.evaluation import evaluate, evaluate_event
from campaigns.engine.limits import PREFIXES, period_keys
from campaigns.engine.outcome import Outcome
from campaigns.engine.reasons import describe
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.sentences import SENTENCES
from campaigns.engine.shopper import ANONYMOUS, Shopper
from loyalty.rules.basket import Settled
from loyalty.rules.rounding import Rounding, ratio_rounder, round_money, round_points, spread, spread_units
from tests.campaigns.engine.build import campaign
from tests.campaigns.engine.chance import NEVER_THERE, TRIES, cases, documents, happenings

ZERO = Decimal(0)
often = settings(max_examples=TRIES, deadline=None)
seldom = settings(max_examples=TRIES // 2, deadline=None)


def reasons_for(outcome: Outcome) -> list[Any]:
    return [*outcome.receipt_because, *(because for line in outcome.lines for because in line.because)]


def gave(outcome: Outcome) -> set[int]:
    """Campaigns that did something."""
    return {because.campaign_id for because in reasons_for(outcome)} | set(outcome.told)


def require_sums(outcome: Outcome, basket: Any) -> None:
    """Money and points add up, line by line and in all, and nothing is below zero."""
    assert sum(line.to_pay for line in outcome.lines) == outcome.to_pay
    assert outcome.to_pay == basket.total - outcome.discount - outcome.redemption.amount
    for line in outcome.lines:
        assert line.to_pay == line.amount - line.discount - line.redeemed_amount
        assert line.to_pay >= min(line.amount, ZERO)
        assert line.discount >= 0
        assert line.earned >= 0
        assert sum(because.discount for because in line.because) == line.discount
        assert sum(because.points for because in line.because) == line.earned
        assert all(because.discount > 0 or because.points > 0 for because in line.because)
    assert sum(line.discount for line in outcome.lines) == outcome.discount
    receipt_level = sum(because.points for because in outcome.receipt_because)
    assert sum(line.earned for line in outcome.lines) + receipt_level == outcome.earned
    assert sum(grant.points for grant in outcome.grants) == outcome.earned
    for grant in outcome.grants:
        assert sum(outcome.by_line(grant.campaign_id).values()) == grant.points > 0
    assert len({grant.campaign_id for grant in outcome.grants}) == len(outcome.grants)


@often
@given(cases())
def test_everything_adds_up(case):
    basket, _, _, rulebook = case
    outcome = evaluate(*case)
    assert [line.position for line in outcome.lines] == [line.position for line in basket.lines]
    require_sums(outcome, basket)
    places = rulebook.terms.point_decimals
    for points in [grant.points for grant in outcome.grants] + [other.points for other in outcome.others]:
        assert points == round_points(points, places) > 0


@often
@given(cases())
def test_what_points_pay_adds_up(case):
    outcome = evaluate(*case)
    plan, wallet = outcome.redemption, case[1].wallet
    assert sum(points for points, _ in plan.by_line.values()) == plan.points
    assert sum(amount for _, amount in plan.by_line.values()) == plan.amount
    assert sum(points for _, points in plan.uses) == plan.points
    lots = {lot.id: lot.remaining for lot in wallet.lots} if wallet else {}
    assert all(0 < points <= lots[lot] for lot, points in plan.uses)
    assert sum(one.points for one in outcome.exchanged) <= plan.points
    excluded = {"soap"} if "excluded" in case[3].terms.spending else set()
    for line in case[0].lines:
        if line.sku in excluded or line.amount <= 0:
            assert line.position not in plan.by_line
    leave = Decimal(case[3].terms.spending.get("leave", 0))
    assert not plan.points or outcome.to_pay >= leave


@often
@given(cases())
def test_every_campaign_gives_or_is_declined_and_never_both(case):
    outcome = evaluate(*case)
    declined = [one.campaign_id for one in outcome.declined]
    of_receipts = {r.campaign_id for r in case[3].campaigns if r.definition.questions.what_for.of != "event"}
    kept = gave(outcome) - of_receipts  # an event may promise what a purchase keeps
    assert len(set(declined)) == len(declined)
    assert set(declined) & gave(outcome) == set()
    assert set(declined) | gave(outcome) - kept == of_receipts
    several: list[tuple[Any, ...]] = [outcome.grants, outcome.others, outcome.extras, outcome.exchanged,
                                      outcome.till_messages, outcome.receipt_messages]  # fmt: skip
    assert {one.campaign_id for some in several for one in some} <= gave(outcome)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A placeholder without its word is an error."""

    def word(name: str, words: Mapping[str, Any]) -> str:
        assert words.get(name), f"{{{name}}} is not filled"
        return str(words[name])

    monkeypatch.setattr(reasons, "_word", word)


def test_every_reason_can_be_said_in_full(strict):
    @often
    @given(cases())
    def said(case):
        outcome = evaluate(*case)
        for reason in (*outcome.declined, *reasons_for(outcome)):
            assert reason.code in SENTENCES
            assert describe(reason.code, reason.args) != reason.code

    said()


@often
@given(cases(), st.randoms())
def test_the_order_of_lines_campaigns_coupons_and_wishes_does_not_matter(case, chance):
    basket, shopper, moment, rulebook = case

    def mixed(some: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(some, len(some)))

    shuffled = replace(
        basket, lines=mixed(basket.lines), coupons=mixed(basket.coupons), exchanges=mixed(basket.exchanges)
    )
    again = evaluate(shuffled, shopper, moment, Rulebook(rulebook.terms, mixed(rulebook.campaigns)))
    assert again == evaluate(*case)


NEVER = campaign(
    "c50-never", {"effect": "points_percent", "percent": "50"}, {"effect": "discount_percent", "percent": "90"},
    {"effect": "issue_coupon", "series": "spring"}, {"effect": "next_purchase", "percent": "9", "days": 9},
    {"effect": "staff_points", "points": "5"}, number=999,
    if_={"all": [NEVER_THERE, {"condition": "balance", "at_least": "1"}]},
    stacking={"group": "g", "mode": "exclusive", "priority": 9}, tell={"till": "!"},
    judge={"limits": [{"per": "store", "period": "day", "times": 1}], "budget": {"money": "1"}},
)  # fmt: skip


@seldom
@given(cases())
def test_a_campaign_that_does_not_match_adds_its_own_refusal_and_nothing_else(case):
    basket, shopper, moment, rulebook = case
    more = Rulebook(rulebook.terms, (*rulebook.campaigns, NEVER))
    outcome = evaluate(basket, shopper, moment, more)
    own = [declined for declined in outcome.declined if declined.campaign_id == 999]
    assert [declined.code for declined in own] == ["wrong_cashier"]
    others = tuple(declined for declined in outcome.declined if declined.campaign_id != 999)
    assert replace(outcome, declined=others) == evaluate(*case)


@often
@given(cases())
def test_no_limit_and_no_budget_is_exceeded(case):
    _, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    places, rule = rulebook.terms.point_decimals, Rounding(rulebook.terms.rounding)
    keys = {"receipt": "", **period_keys(moment.in_programme)}
    for revision in rulebook.campaigns:
        number = revision.campaign_id
        mine = sum(grant.points for grant in outcome.grants if grant.campaign_id == number)
        theirs = sum(other.points for other in outcome.others if other.campaign_id == number)
        money = sum(because.discount for because in reasons_for(outcome) if because.campaign_id == number)
        judge = revision.definition.document.get("judge", {})
        budget = [{"per": "campaign", "period": "ever", **judge["budget"]}] if "budget" in judge else []
        for limit in [*judge.get("limits", ()), *budget]:
            key = PREFIXES[limit.get("per", "member")] + keys[limit["period"]]
            used = (
                shopper.uses.get((number, key), (0, ZERO, ZERO))
                if limit["period"] != "receipt"
                else (0, ZERO, ZERO)
            )
            added = mine if limit.get("per", "member") == "member" else mine + theirs
            if "points" in limit:
                most = round_points(Decimal(limit["points"]), places, rule)
                assert not added or round_points(used[1], places, Rounding.DOWN) + added <= most
            if "money" in limit:
                assert not money or (*used, ZERO)[2] + money <= Decimal(limit["money"])
            if "times" in limit and used[0] >= limit["times"]:
                assert {b.code for b in reasons_for(outcome) if b.campaign_id == number} <= {"promised"}
                assert number not in outcome.told
                assert theirs == 0


@often
@given(cases())
def test_what_is_added_to_limits_is_what_was_given(case):
    shopper, outcome = case[1], evaluate(*case)
    granted = {grant.campaign_id: grant.points for grant in outcome.grants}
    shared: dict[int, Decimal] = {}
    for other in outcome.others:
        shared[other.campaign_id] = shared.get(other.campaign_id, ZERO) + other.points
    assert len({(use.campaign_id, use.period) for use in outcome.uses}) == len(outcome.uses)
    assert len({tally[:2] for tally in outcome.tallies}) == len(outcome.tallies)
    assert len({(other.campaign_id, other.to) for other in outcome.others}) == len(outcome.others)
    for use in outcome.uses:
        if not use.period.startswith("n"):
            assert use.points == granted.get(use.campaign_id, ZERO)
            assert use.times in (0, 1)
    for tally in outcome.tallies:
        number = tally.campaign_id
        assert tally.points == granted.get(number, ZERO) + shared.get(number, ZERO)
        assert tally.money == sum(b.discount for b in reasons_for(outcome) if b.campaign_id == number)
    assert outcome.uses == () or shopper.member_id is not None


@often
@given(cases())
def test_coupons_are_used_only_where_they_were_needed(case):
    basket, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    assert set(outcome.coupons) <= {coupon.code for coupon in basket.coupons}
    kept = tuple(coupon for coupon in basket.coupons if coupon.code in outcome.coupons)
    if not any("none" in str(r.definition.document.get("if")) for r in rulebook.campaigns):
        with_those_alone = evaluate(replace(basket, coupons=kept), shopper, moment, rulebook)
        assert gave(with_those_alone) == gave(outcome)
        assert with_those_alone.to_pay == outcome.to_pay


@often
@given(cases())
def test_judging_again_what_was_settled_gives_the_same(case):
    basket, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    made = {one.campaign_id for one in outcome.exchanged}
    asked = tuple(revision.code for revision in rulebook.campaigns if revision.campaign_id in made)
    settled = replace(basket, redeem=Settled(outcome.redemption.by_line), exchanges=asked)
    again = evaluate(settled, replace(shopper, wallet=None), moment, rulebook)

    def without_exchanges(of: Outcome) -> Outcome:
        """What was refused at the till is not offered again in the same words."""
        declined = tuple(one for one in of.declined if not one.code.startswith(("exchange_", "not_asked")))
        return replace(of, redemption=outcome.redemption, exchanged=(), declined=declined)

    refused = {one.campaign_id for one in outcome.declined if one.code.startswith(("exchange_", "no_member"))}
    traders = {campaign_.id for campaign_ in rulebook.machine.traders}
    if not refused & traders:
        assert without_exchanges(again) == without_exchanges(outcome)
    assert [line[:7] for line in again.lines] == [line[:7] for line in outcome.lines]


@often
@given(cases(taken_back=False), st.data())
def test_what_remains_after_a_return_adds_up(case, data):
    """Some lines come back, others in part; what points paid of the rest stays paid."""
    basket, shopper, moment, rulebook = case
    outcome = evaluate(*case)
    lines, settled = [], {}
    for line in basket.lines:
        share = data.draw(st.sampled_from([Decimal(0), Decimal(1) / 2, Decimal(1), Decimal(1)]))
        if not share:
            continue
        lines.append(replace(line, quantity=line.quantity * share, amount=round_money(line.amount * share)))
        if line.position in outcome.redemption.by_line:
            points, amount = outcome.redemption.by_line[line.position]
            settled[line.position] = round_points(points * share, 2), round_money(amount * share)
    if lines:
        rest = replace(basket, lines=tuple(lines), redeem=Settled(settled))
        after = evaluate(rest, replace(shopper, wallet=None), moment, rulebook)
        require_sums(after, rest)


@seldom
@given(cases())
def test_the_same_is_decided_for_ever(case):
    outcome = evaluate(*case)
    assert evaluate(*case) == outcome
    assert evaluate(*pickle.loads(pickle.dumps(case))) == outcome
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    basket, shopper, moment, rulebook = case
    stored = Rulebook.from_json(rulebook.to_json())
    assert evaluate(basket, shopper, moment, stored) == outcome


@seldom
@given(cases(), happenings)
def test_events_add_up(case, happening):
    basket, shopper, moment, rulebook = case
    event, data = happening
    outcome = evaluate_event(event, shopper, moment, rulebook, basket.place, data, basket.cashier)
    assert (outcome.lines, outcome.total, outcome.discount) == ((), 0, 0)
    assert sum(because.points for because in outcome.receipt_because) == outcome.earned
    assert sum(grant.points for grant in outcome.grants) == outcome.earned
    listening = {r.campaign_id for r in rulebook.campaigns if r.definition.questions.what_for.event == event}
    declined = {one.campaign_id for one in outcome.declined}
    assert declined | gave(outcome) == listening
    assert not declined & gave(outcome)
    assert pickle.loads(pickle.dumps(outcome)) == outcome


# Definitions


def as_numbers(value: Any) -> Any:
    """A document with JSON numbers wherever it has numbers as strings."""
    if isinstance(value, dict):
        return {
            name: item if name in ("is", "in", "tell") else as_numbers(item) for name, item in value.items()
        }
    if isinstance(value, list):
        return [as_numbers(item) for item in value]
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return int(value) if value.isdecimal() else float(value)
    return value


def as_floats(value: Any) -> Any:
    """A document whose whole numbers went through a program that has no whole numbers."""
    if isinstance(value, dict):
        return {name: as_floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [
            leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in leaves(item)
        ]
    return [value]


def as_decimals(value: Any) -> Any:
    """A document that is equal to another where their numbers are."""
    if isinstance(value, dict):
        return {name: as_decimals(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_decimals(item) for item in value]
    return Decimal(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value


@often
@given(documents())
def test_a_definition_is_a_fixed_point(document):
    once = parse(document).document
    assert parse(once).document == once
    assert not any(isinstance(leaf, float) for leaf in leaves(once))
    for written in (as_numbers(document), as_floats(document)):
        again = parse(written).document
        assert as_decimals(again) == as_decimals(once)
        assert [type(leaf) for leaf in leaves(again)] == [type(leaf) for leaf in leaves(once)]
        assert parse(again).document == again


# Rounding


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
