"""Which campaigns meet, and what comes of it, as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.desk.overlaps import Entry, find, kind_of, may_meet

DOUBLE: dict[str, Any] = {"what": [{"effect": "multiplier", "by": "2"}]}
OFF: dict[str, Any] = {"what": [{"effect": "discount_percent", "percent": "5"}]}
SIX_OFF: dict[str, Any] = {"what": [{"effect": "discount_amount", "amount": "6"}]}
FIRST: dict[str, Any] = {"stacking": {"priority": 1}}
FIVE: dict[str, Any] = {"what": [{"effect": "points_percent", "percent": "5"}]}
PATHS = {"espresso": ("food", "coffee", "espresso"), "coffee": ("food", "coffee"), "tea": ("food", "tea")}


def entry(number: int, document: dict[str, Any], opens: str = "", closes: str = "") -> Entry:
    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None

    return Entry(number, f"C{number}", document, moment(opens), moment(closes))


def gives(effect: str, **fields: Any) -> dict[str, Any]:
    return {"what": [{"effect": effect, **fields}]}


def group(mode: str, priority: int = 0) -> dict[str, Any]:
    return {**FIVE, "stacking": {"group": "lunch", "mode": mode, "priority": priority}}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (FIVE, FIVE, ""),
        (FIVE, DOUBLE, ""),
        (DOUBLE, DOUBLE, "boosters"),
        (OFF, OFF, "discounts"),
        (OFF, DOUBLE, ""),
        (group("all"), group("all"), ""),
        (group("best"), group("best"), "best"),
        (group("best"), group("exclusive"), "exclusive"),
        (group("exclusive"), group("exclusive"), "undecided"),
        (group("exclusive", 5), group("exclusive"), "exclusive"),
        (group("exclusive"), FIVE, ""),
        # which of two discounts comes first changes what is paid
        (OFF, SIX_OFF, "order"),
        (OFF | FIRST, SIX_OFF, "discounts"),
        (SIX_OFF, SIX_OFF, "discounts"),
        (OFF, gives("gift", products=["tea"]), "discounts"),
        (SIX_OFF, gives("gift", products=["tea"]), "order"),
        (OFF, gives("fixed_price", price="2"), "order"),
        (OFF, gives("cheapest_free", every=3), "order"),
        (gives("cheapest_free", every=2), gives("cheapest_free", every=3), "order"),
        (OFF, gives("stamp", goal=5, reward={"free": 1}), "order"),
        (OFF, gives("stamp", goal=5, reward={"percent": "5"}), "discounts"),
        (OFF, gives("stamp", goal=5, reward={"points": "5"}), ""),
        (OFF, OFF | {"stacking": {"discounted": "exclude"}}, "order"),
        (OFF | {"stacking": {"group": "g"}}, SIX_OFF | {"stacking": {"group": "g"}}, "order"),
        (
            OFF | {"stacking": {"group": "g", "mode": "best"}},
            SIX_OFF | {"stacking": {"group": "g", "mode": "best"}},
            "best",
        ),
    ],
)
def test_what_comes_of_two_campaigns_that_meet(one: Any, other: Any, kind: str) -> None:
    assert kind_of(one, other) == kind == kind_of(other, one)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ({}, {}, True),
        ({"whom": {"tiers": ["gold"]}}, {"whom": {"tiers": ["silver"]}}, False),
        ({"whom": {"tiers": ["gold"]}}, {"whom": {"who": "members"}}, True),
        ({"when": {"weekdays": [1, 2]}}, {"when": {"weekdays": [2, 3]}}, True),
        ({"when": {"weekdays": [1]}}, {"when": {"weekdays": [2]}}, False),
        ({"when": {"hours": [["09:00", "12:00"]]}}, {"when": {"hours": [["12:00", "15:00"]]}}, False),
        ({"when": {"hours": [["22:00", "02:00"]]}}, {"when": {"hours": [["01:00", "03:00"]]}}, True),
        ({"where": {"stores": ["a"]}}, {"where": {"stores": ["b"]}}, False),
        # a gift is made cheaper wherever it stands
        (
            {"what_for": {"of": "lines", "products": ["A"]}, **gives("gift", products=["B"])},
            {"what_for": {"of": "lines", "products": ["B"]}},
            True,
        ),
        (
            {"what_for": {"of": "lines", "products": ["A"]}, **gives("gift", products=["B"])},
            {"what_for": {"of": "lines", "products": ["C"]}},
            False,
        ),
        ({"where": {"stores": ["a"]}}, {"where": {"groups": ["b"]}}, True),
        ({"where": {"channels": ["web"]}}, {"where": {"channels": ["pos"]}}, False),
        ({"what_for": {"of": "lines", "brands": ["A"]}}, {"what_for": {"of": "lines", "brands": ["B"]}}, False),
        ({"what_for": {"of": "lines", "brands": ["A"]}}, {"what_for": {"of": "receipt"}}, True),
        ({"what_for": {"of": "lines", "brands": ["A"]}}, {"what_for": {"of": "lines", "sets": ["B"]}}, True),
        ({"what_for": {"of": "lines", "categories": ["espresso"]}},
         {"what_for": {"of": "lines", "categories": ["coffee"]}}, True),
        ({"what_for": {"of": "lines", "categories": ["espresso"]}},
         {"what_for": {"of": "lines", "categories": ["tea"]}}, False),
        ({"what_for": {"of": "event", "event": "review.left"}}, {"what_for": {"of": "receipt"}}, False),
    ],
)  # fmt: skip
def test_what_keeps_campaigns_apart(one: Any, other: Any, meet: bool) -> None:
    a, b = entry(1, one), entry(2, other)
    assert may_meet(a, b, PATHS.__getitem__) is meet
    assert may_meet(b, a, PATHS.__getitem__) is meet


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01"), False),
        (("2026-01-01", "2026-02-02"), ("2026-02-01", "2026-03-01"), True),
        (("", "2026-02-01"), ("2026-01-31", ""), True),
        (("", "2026-02-01"), ("2026-02-01", ""), False),
    ],
)
def test_campaigns_one_after_the_other_do_not_meet(one: Any, other: Any, meet: bool) -> None:
    found = list(find([entry(1, DOUBLE, *one), entry(2, DOUBLE, *other)]))
    assert bool(found) is meet
    if meet:
        assert (found[0].one.id, found[0].other.id, found[0].kind) == (1, 2, "boosters")
