"""More campaigns for the laws: together with those of ``world`` they say every word that a definition knows."""

from __future__ import annotations

from typing import Any

COFFEE = {"of": "lines", "categories": ["coffee"]}
MEMBERS = {"who": "members"}
#: So that a purchase of a cent is not rewarded with points that nobody would give back.
ONE = [{"effect": "points_fixed", "points": "1"}]


def one_point(condition: str, **fields: Any) -> dict[str, Any]:
    """A point for who meets a condition."""
    named = {name.rstrip("_"): value for name, value in fields.items()}
    return {"whom": MEMBERS, "if": {"condition": condition, **named}, "what": ONE}


EFFECTS: dict[str, dict[str, Any]] = {
    "pieces": {"whom": MEMBERS, "what_for": COFFEE,
               "what": [{"effect": "points_per_piece", "points": "2", "up_to": "3"}]},
    "steps": {"whom": MEMBERS, "what": [{"effect": "points_steps", "mode": "sliced", "steps": [
        {"from": "10", "percent": "1"}, {"from": "100", "percent": "4"}, {"from": "400", "percent": "6"}]}]},
    "double": {"whom": MEMBERS, "what_for": COFFEE, "what": [{"effect": "multiplier", "by": "2"}],
               "judge": {"limits": [{"per": "member", "period": "month", "points": "40"}], "budget": {"points": "90"}}},
    "percent-off": {"whom": MEMBERS, "what": [{"effect": "discount_percent", "percent": "3.3"}],
                    "judge": {"limits": [{"per": "member", "period": "week", "times": 2}]}},
    "price": {"whom": MEMBERS, "what_for": {"of": "lines", "products": ["P2"]},
              "what": [{"effect": "fixed_price", "price": "15"}]},
    "gift": {"whom": MEMBERS, "if": {"condition": "receipt_amount", "at_least": "100"},
             "what": [{"effect": "gift", "products": ["P0"], "pieces": 2}]},
    "percent-card": {"whom": MEMBERS, "what_for": COFFEE,
                     "what": [{"effect": "stamp", "goal": 3, "reward": {"percent": "10"}}]},
    "cake": {"whom": MEMBERS, "what_for": COFFEE, "what": [{"effect": "exchange", "points": "6", "percent": "10"}]},
    "staff": {"if": {"condition": "cashier", "in": ["C-1"]}, "what": [{"effect": "staff_points", "percent": "2"}]},
    "referrer": {"whom": MEMBERS, "what": [{"effect": "referrer_points", "points": "3"}],
                 "judge": {"limits": [{"per": "campaign", "period": "ever", "points": "30"}]}},
    "silver-reached": {"whom": MEMBERS, "what_for": {"of": "event", "event": "tier.reached"},
                       "if": {"condition": "event_data", "key": "tier", "is": "silver"},
                       "what": [{"effect": "points_fixed", "points": "7"}, {"effect": "badge", "code": "silver"},
                                {"effect": "issue_coupon", "series": "thanks"},
                                {"effect": "referrer_points", "points": "2"}],
                       "judge": {"limits": [{"per": "member", "period": "month", "times": 2}],
                                 "budget": {"points": "100"}}},
    "gold-reached": {"whom": MEMBERS, "what_for": {"of": "event", "event": "tier.reached"},
                     "if": {"condition": "event_data", "key": "tier", "is": "gold"},
                     "what": [{"effect": "points_fixed", "points": "50"}]},
    "friends": {"what_for": {"of": "event", "event": "friend.purchased"},
                "if": {"condition": "event_data", "key": "first", "is": "false"},
                "what": [{"effect": "points_percent", "percent": "1"}]},
}  # fmt: skip
CONDITIONS: dict[str, dict[str, Any]] = {
    "lines": one_point("line_count", at_least=3),
    "heavy": one_point("piece_count", at_least="5"),
    "with-coffee": one_point("contains", categories=["coffee"], pieces="2"),
    "coffee-money": one_point("matching_amount", categories=["coffee"], at_least="100"),
    "first": one_point("first_purchase", in_="store"),
    "first-coffee": one_point("first_purchase", in_="category", category="coffee"),
    "second-of-day": one_point("nth_purchase", exactly=2, period="day"),
    "points-paid": one_point("paid_with_points", is_=True),
    "often": one_point("purchases", period={"days": 7}, at_least=3),
    "soon": one_point("days_since_purchase", at_most=2),
    "settled": one_point("days_since_joining", at_least=50),
    "silver": one_point("tier", in_=["silver"]),
    "vip": one_point("segment", in_=["vip"]),
    "plastic": one_point("card_kind", in_=["plastic"]),
    "rich": one_point("balance", at_least="30"),
    "adult": one_point("age", at_least=18),
    "women": one_point("gender", is_="female"),
    "cats": one_point("attribute", key="pet", is_="cat"),
}
MORE = {**EFFECTS, **CONDITIONS}
