"""A basket of fifty lines and a hundred rules: the same for the engine, for hand-written code and for Oscar.

Plain data, so that each side can build what it needs from it, in its own environment.
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

Rule = tuple[str, dict[str, Any]]


def rules() -> list[Rule]:
    """A hundred rules, of the kinds a chain runs at once; something over a third of them give points."""
    made: list[Rule] = []
    for n, category in enumerate(CATEGORIES):
        made.append(("category", {"category": category, "percent": 1 + n % 5}))
    for n, brand in enumerate(BRANDS):
        days = [6, 7] if n % 3 == 0 else [1, 2, 3, 4, 5] if n % 3 == 1 else [1, 2, 3, 4, 5, 6, 7]
        made.append(("brand", {"brand": brand, "percent": 2 + n % 4, "weekdays": days}))
    for n in range(10):
        skus = [f"sku-{n * 9 + step * 3}" for step in range(10)]
        made.append(("products", {"skus": skus, "percent": 3}))
    for n in range(10):
        made.append(("set", {"set": f"set-{n}", "points": 10 + n, "hours": (n * 60 + 420, n * 60 + 600)}))
    for n in range(10):
        made.append(("amount", {"at_least": 1000 * (n + 1), "points": 20 * (n + 1)}))
    for n in range(5):
        made.append(("per", {"points": n + 1, "per": 100 * (n + 1)}))
    for n in range(5):
        scale = [(0, 1), (1000 * (n + 1), 2), (3000 * (n + 1), 3)]
        made.append(("steps", {"steps": scale, "department": f"department-{n}"}))
    for n, tier in enumerate(("silver", "gold", "platinum", "black", "green")):
        made.append(("tier", {"tier": tier, "percent": n + 1}))
    for n, card in enumerate(("plastic", "virtual", "wallet", "staff", "gift")):
        made.append(("card", {"card": card, "percent": n + 1}))
    for n, store in enumerate(("main", "mall", "north", "south", "east")):
        made.append(("store", {"store": store, "percent": n + 1}))
    for n in range(5):
        made.append(("nth", {"every": 3 + n, "points": 50}))
    for n in range(5):
        made.append(("multiplier", {"category": CATEGORIES[n * 3], "by": 2 + n}))
    return made
