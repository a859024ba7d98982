"""A basket of fifty lines and a hundred rules: the same for the engine, for hand-written code and for Oscar.

Plain data, so that each side can build what it needs from it, in its own environment. The rules are of every
kind that the engine knows: each condition and each effect is among them.
"""

from __future__ import annotations

from typing import Any

CATEGORIES = [f"category-{number}" for number in range(20)]
BRANDS = [f"brand-{number}" for number in range(15)]

#: (sku, category, department, brand, set, cents). The first ten categories and twelve brands are on it.
LINES = [
    (
        f"sku-{number}",
        CATEGORIES[number % 10],
        f"department-{number % 10 % 3}",
        BRANDS[number * 7 % 12],
        f"set-{number % 6}",
        990 + number * 1237 % 20000,
    )
    for number in range(50)
]

#: Who buys, where and when: a silver member's 42nd purchase, on a Saturday at 12:30.
TIER, CARD, PURCHASES = "silver", "plastic", 41
PARTNER, STORE, GROUP, TILL, CHANNEL = "acme", "main", "city", "1", "pos"
WEEKDAY, MINUTE = 6, 12 * 60 + 30
CASHIER, COUPON = "C-17", "spring"
#: What else is known about her. Today is 21 November 2026, her birthday is on the 25th.
AGE, GENDER, SEGMENT, PET, BALANCE = 35, "female", "vip", "cat", 300
JOINED_DAYS_AGO, BOUGHT_DAYS_AGO, BIRTHDAY_IN = 689, 10, 4
SPENT_THIS_MONTH, BOUGHT_OF_A_BRAND, PURCHASES_THIS_WEEK, PURCHASES_IN_STORE, STAMPS = 900, 4, 2, 7, 4
#: Points that each limited rule gave her this month.
GIVEN_THIS_MONTH = 480

Rule = tuple[str, dict[str, Any]]

#: Rules that ask for one fact: (name, what is asked, whether she answers to it).
FACTS: list[tuple[str, dict[str, Any], bool]] = [
    ("segment", {"in": ["vip"]}, True),
    ("cashier", {"in": [CASHIER]}, True),
    ("age", {"at_least": 60}, False),
    ("gender", {"is": "male"}, False),
    ("attribute", {"key": "pet", "in": ["dog", "cat"]}, True),
    ("balance", {"at_least": "1000"}, False),
    ("spent", {"period": "month", "at_least": "500"}, True),
    ("spent", {"period": "month", "at_least": "50000"}, False),
    ("bought", {"period": "year", "at_least": "10", "brands": ["brand-3"]}, False),
    ("purchases", {"period": "week", "at_least": 3}, True),
    ("days_since_purchase", {"at_least": 90}, False),
    ("days_since_joining", {"at_most": 30}, False),
    ("first_purchase", {"in": "store"}, False),
    ("line_count", {"at_least": 40}, True),
    ("piece_count", {"at_least": "20", "categories": ["category-3"]}, False),
    ("matching_amount", {"at_least": "300", "brands": ["brand-2"]}, True),
    ("paid_with_points", {"is": True}, False),
    ("tier", {"in": ["gold", "black"]}, False),
    ("card_kind", {"in": ["plastic"]}, True),
]


def rules() -> list[Rule]:
    """A hundred rules, of the kinds a chain runs at once; something under half of them give something."""
    return [*by_goods(), *by_receipt(), *by_shopper(), *cheaper(), *others()]


def by_goods() -> list[Rule]:
    """Points for goods: forty rules."""
    made: list[Rule] = []
    for n in range(13):
        made.append(("category", {"category": CATEGORIES[n * 3 % 20], "percent": 1 + n % 5}))
    for n, brand in enumerate(BRANDS[:10]):
        days = [6, 7] if n % 3 == 0 else [1, 2, 3, 4, 5] if n % 3 == 1 else [1, 2, 3, 4, 5, 6, 7]
        made.append(("brand", {"brand": brand, "percent": 2 + n % 4, "weekdays": days}))
    for n in range(6):
        skus = [f"sku-{n * 9 + step * 3}" for step in range(10)]
        made.append(("products", {"skus": skus, "percent": 3}))
    for n in range(6):
        made.append(("set", {"set": f"set-{n}", "points": 10 + n, "hours": (n * 60 + 420, n * 60 + 600)}))
    for n in range(3):
        made.append(("pieces", {"category": CATEGORIES[n * 4], "points": n + 1}))
    made.append(("together", {"category": "category-1", "brand": "brand-1", "points": 15}))
    made.append(("together", {"category": "category-1", "brand": "brand-14", "points": 15}))
    return made


def by_receipt() -> list[Rule]:
    """Points for the receipt, and what multiplies them: eighteen rules.

    Of those by amount the best one gives; those per sum give at most so many points a month.
    """
    made: list[Rule] = []
    for n in range(6):
        made.append(("amount", {"at_least": 1000 * (n + 1), "points": 20 * (n + 1)}))
    for n in range(3):
        made.append(("per", {"points": n + 1, "per": 100 * (n + 1), "at_most": 500}))
    for n in range(3):
        scale = [(0, 1), (1000 * (n + 1), 2), (3000 * (n + 1), 3)]
        made.append(("steps", {"steps": scale, "department": f"department-{n}"}))
    for n in range(3):
        made.append(("nth", {"every": 3 + n, "points": 50}))
    for n in range(3):
        made.append(("multiplier", {"category": CATEGORIES[n * 3], "by": 2 + n}))
    return made


def by_shopper() -> list[Rule]:
    """Points for who she is, where she buys, and what she did before: twenty-eight rules."""
    made: list[Rule] = []
    for n, tier in enumerate(("silver", "gold", "platinum")):
        made.append(("tier", {"tier": tier, "percent": n + 1}))
    for n, card in enumerate(("plastic", "virtual")):
        made.append(("card", {"card": card, "percent": n + 1}))
    for n, store in enumerate(("main", "mall", "north")):
        made.append(("store", {"store": store, "percent": n + 1}))
    made.append(("birthday", {"before": 3, "after": 7, "percent": 10}))
    for name, asked, holds in FACTS:
        made.append(("fact", {"name": name, "asked": asked, "holds": holds, "points": 5}))
    return made


def cheaper() -> list[Rule]:
    """Money off: eight rules, in the order in which they are applied."""
    return [
        ("off", {"category": "category-7", "percent": 5}),
        ("off", {"brand": "brand-4", "percent": 10}),
        ("off", {"category": "category-17", "percent": 20}),
        ("coupon", {"department": "department-1", "amount": 50}),
        ("price", {"skus": ["sku-10", "sku-20", "sku-21"], "price": 80}),
        ("cheapest", {"brand": "brand-5", "every": 3}),
        ("cheapest", {"brand": "brand-13", "every": 3}),
        ("gift", {"skus": ["sku-49"], "at_least": 1500}),
    ]


def others() -> list[Rule]:
    """What is neither points now nor money off: six rules."""
    return [
        ("stamp", {"goal": 5, "category": "category-2", "points": 30}),
        ("exchange", {"points": 200, "amount": 100}),
        ("next", {"percent": 5, "days": 30}),
        ("issue", {"series": "autumn", "at_least": 2000}),
        ("staff", {"category": "category-5", "percent": 1, "code": "seller"}),
        ("referrer", {"percent": 2}),
    ]


def applies(kind: str, rule: dict[str, Any]) -> bool:
    """Whether a rule that speaks of the shopper, the place or the counters holds for this purchase."""
    facts = {"tier": TIER, "card": CARD, "store": STORE}
    if kind in facts:
        return bool(rule[kind] == facts[kind])
    if kind == "birthday":
        return -rule["after"] <= BIRTHDAY_IN <= rule["before"]
    if kind == "nth":
        return (PURCHASES + 1) % rule["every"] == 0
    if kind == "stamp":
        return (STAMPS + 1) % rule["goal"] == 0
    return bool(rule.get("holds", kind not in ("exchange", "referrer")))
