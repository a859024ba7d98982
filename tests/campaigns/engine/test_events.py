"""Campaigns that reward what a member did, not what they bought."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.evaluation import evaluate, evaluate_event
from campaigns.engine.rulebook import Revision, Rulebook, Terms
from campaigns.engine.shopper import ANONYMOUS, MemberSum, Shopper
from loyalty.rules.basket import Basket, Line, Moment, Place

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = Moment(AT, AT)
MEMBER = Shopper(member_id="m", tier="silver", joined_on=date(2026, 1, 1))


def rulebook(*definitions: dict[str, Any]) -> Rulebook:
    terms = Terms("EUR", spending={"point_value": "1"})
    revisions = (Revision(n, f"c{n}", f"C{n}", 1, parse(d)) for n, d in enumerate(definitions, 1))
    return Rulebook(terms, tuple(revisions))


def reward(event: str, points: str, **parts: Any) -> dict[str, Any]:
    return {
        "what_for": {"of": "event", "event": event},
        "what": [{"effect": "points_fixed", "points": points}],
        **parts,
    }


REVIEW = reward("review.left", "50")
RULES = rulebook(
    REVIEW, reward("member.registered", "100"), reward("review.left", "5", whom={"tiers": ["gold"]})
)


@pytest.mark.parametrize(
    ("event", "earned", "declined"),
    [
        ("review.left", "50.00", ["wrong_tier"]),
        ("member.registered", "100.00", []),
        ("visit.made", "0.00", []),
    ],
)
def test_an_event_earns_what_its_campaigns_give(event: str, earned: str, declined: list[str]) -> None:
    outcome = evaluate_event(event, MEMBER, NOW, RULES)
    assert str(outcome.earned) == earned
    assert [reason.code for reason in outcome.declined] == declined
    assert sum(grant.points for grant in outcome.grants) == outcome.earned


def test_an_event_of_nobody_earns_nothing() -> None:
    assert [d.code for d in evaluate_event("review.left", ANONYMOUS, NOW, rulebook(REVIEW)).declined] == [
        "no_member"
    ]


def test_limits_hold_for_events() -> None:
    limited = reward("review.left", "50", judge={"limits": [{"per": "member", "period": "day", "times": 1}]})
    first = evaluate_event("review.left", MEMBER, NOW, rulebook(limited))
    assert [(use.period, use.times) for use in first.uses] == [("2026-11-21", 1)]
    again = Shopper(member_id="m", uses={(1, "2026-11-21"): MemberSum(1, Decimal(50))})
    outcome = evaluate_event("review.left", again, NOW, rulebook(limited))
    assert (outcome.earned, outcome.declined[0].code) == (0, "limit_reached")


def test_a_receipt_knows_nothing_of_event_campaigns() -> None:
    basket = Basket(Place("p", "s"), (Line(1, "A", Decimal(1), Decimal(10)),))
    outcome = evaluate(basket, MEMBER, NOW, RULES)
    assert (outcome.earned, outcome.declined) == (0, ())


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (
            {"what_for": {"of": "event"}, "what": [{"effect": "points_fixed", "points": "1"}]},
            "what_for.event",
        ),
        ({"what_for": {"of": "receipt", "event": "a.b"}, "what": []}, "what_for.event"),
        (reward("a.b", "1", **{"if": {"condition": "first_purchase"}}), "if"),
        (reward("a.b", "1") | {"what": [{"effect": "multiplier", "by": "2"}]}, "what[0].effect"),
        (reward("Not An Event", "1"), "what_for.event"),
    ],
)
def test_an_event_campaign_that_speaks_of_a_receipt_is_refused(document: dict[str, Any], path: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(document)
    assert path in [problem.path for problem in refused.value.problems]
