"""Twenty campaigns to try, as a chain might; and twenty of more kinds, which cost more."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
MEMBERS = {"whom": {"who": "members"}}


def _gives(what: Document, **parts: Any) -> Document:
    return {**MEMBERS, "what": [what], **parts}


def _percent(percent: str, **parts: Any) -> Document:
    return _gives({"effect": "points_percent", "percent": percent}, **parts)


def _fixed(points: str, **parts: Any) -> Document:
    return _gives({"effect": "points_fixed", "points": points}, **parts)


def _lines(*categories: str) -> Document:
    return {"of": "lines", "categories": list(categories)}


STEPS = [{"from": "20", "percent": "1"}, {"from": "50", "percent": "2"}, {"from": "100", "percent": "3"}]

WIDE: dict[str, Document] = {
    "one-percent-more": _percent("1"),
    "over-50": _fixed("2", **{"if": {"condition": "receipt_amount", "at_least": "50"}}),
    "scale": _gives({"effect": "points_steps", "mode": "sliced", "steps": STEPS}),
    "per-ten": _gives({"effect": "points_per", "points": "0.2", "per": "10"}, where={"groups": ["markets"]}),
    "double-produce": _gives({"effect": "multiplier", "by": "2"}, what_for=_lines("produce")),
    "pastry-wednesday": _percent("10", what_for=_lines("pastry"), when={"weekdays": [3]}),
    "afternoon": _percent("3", when={"weekdays": [1, 2, 3, 4, 5], "hours": [["14:00", "16:00"]]}),
    "weekend": _percent(
        "6",
        when={"weekdays": [6, 7]},
        what_for={"of": "lines", "sets": ["breakfast"]},
        stacking={"group": "by-the-clock", "mode": "best"},
    ),
    "fifth": _fixed("3", **{"if": {"condition": "nth_purchase", "every": 5, "counting": "campaign"}}),
    "tenth-of-30": _fixed("8", **{"if": {"condition": "nth_purchase", "every": 10, "of_at_least": "30"}}),
    "gold": _percent("2", whom={"tiers": ["gold"]}, judge={"limits": [{"period": "month", "points": "20"}]}),
    "once-a-week": _fixed("1", judge={"limits": [{"period": "week", "times": 1}]}),
    "tenth-piece-free": _gives({"effect": "cheapest_free", "every": 10}, what_for=_lines("grocery", "produce")),
    "milk-and-bread": _fixed(
        "1",
        **{"if": {"all": [
            {"condition": "contains", "categories": ["pastry"], "pieces": 1},
            {"condition": "contains", "categories": ["produce"], "pieces": 2},
        ]}},
    ),
    "produce-over-10": _fixed(
        "1", **{"if": {"condition": "matching_amount", "categories": ["produce"], "at_least": "10"}}
    ),
    "grocery-or-large": _percent(
        "1",
        **{"if": {"any": [
            {"condition": "contains", "categories": ["grocery"], "pieces": 5},
            {"condition": "receipt_amount", "at_least": "80"},
        ]}},
    ),
    "next-time": _gives({"effect": "next_purchase", "percent": "2", "days": 14}),
    "stamps": _gives(
        {"effect": "stamp", "goal": 8, "per": "receipt", "reward": {"points": "4"}}, what_for=_lines("grocery")
    ),
    "newcomers": _fixed("5", **{"if": {"condition": "first_purchase"}}),
    "pastry-off": {
        "what_for": _lines("pastry"), "when": {"weekdays": [2]},
        "what": [{"effect": "discount_percent", "percent": "10"}],
    },
}  # fmt: skip

GOODS = ("produce", "pastry", "grocery", "meat", "deli", "nutrition", "cosmetics", "seafood")
MONTHLY = {"limits": [{"per": "member", "period": "month", "times": 3}]}

TRIALS: dict[str, Document] = {
    **{f"percent-{code}": _percent(str(2 + n), what_for=_lines(code)) for n, code in enumerate(GOODS)},
    **{
        f"from-{20 * n}": _fixed(
            str(n),
            stacking={"group": "amount", "mode": "best"},
            **{"if": {"condition": "receipt_amount", "at_least": str(20 * n)}},
        )
        for n in range(1, 5)
    },
    **{
        f"morning-{n}": _gives(
            {"effect": "multiplier", "by": "1.5"}, when={"weekdays": [n], "hours": [["09:00", "12:00"]]}
        )
        for n in range(1, 4)
    },
    "stamps": _gives({"effect": "stamp", "goal": 5, "reward": {"points": "20"}}),
    "tenth": _fixed("50", **{"if": {"condition": "nth_purchase", "every": 10, "counting": "campaign"}}),
    "pastry-off": _gives({"effect": "discount_percent", "percent": "10"}, what_for=_lines("pastry")),
    "tenth-free": _gives({"effect": "cheapest_free", "every": 10}),
    "next-time": _gives({"effect": "next_purchase", "percent": "2", "days": 10}, judge=MONTHLY),
}
