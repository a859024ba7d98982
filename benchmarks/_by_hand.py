"""The hundred rules as somebody would write them who has these rules and no others.

Closures over the basket: they give points and no reasons, spread nothing over lines, keep no counters and make
no lots. What takes money off comes first and changes what is left of each item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import _hundred as hundred

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(slots=True)
class Item:
    """A line of the basket; ``left`` is what it costs after discounts."""

    sku: str
    category: str
    department: str
    brand: str
    set: str
    amount: Decimal
    left: Decimal = ZERO


@dataclass(slots=True)
class Sale:
    """A basket and everything that the rules ask about its buyer; ``total`` is what is left to pay."""

    lines: list[Item]
    total: Decimal
    gross: Decimal
    tier: str
    card: str
    store: str
    cashier: str
    coupons: list[str]
    weekday: int
    minute: int
    number: int
    facts: dict[str, Any]


Closure = Callable[[Sale], Decimal]
Rule = dict[str, Any]


def share(amount: Decimal, percent: Decimal) -> Decimal:
    return (amount * percent).quantize(CENT, ROUND_HALF_UP)


def _of(field: str, rule: Rule) -> Closure:
    """A percent of the items whose field is the rule's, on its weekdays."""
    wanted, percent = rule[field], Decimal(rule["percent"]) / 100
    days = frozenset(rule.get("weekdays", range(1, 8)))
    return lambda sale: (
        share(sum([i.left for i in sale.lines if getattr(i, field) == wanted], ZERO), percent)
        if sale.weekday in days
        else ZERO
    )


def _products(rule: Rule) -> Closure:
    skus, percent = frozenset(rule["skus"]), Decimal(rule["percent"]) / 100
    return lambda sale: share(sum([i.left for i in sale.lines if i.sku in skus], ZERO), percent)


def _set(rule: Rule) -> Closure:
    set_, (start, end), points = rule["set"], rule["hours"], Decimal(rule["points"])
    return lambda sale: (
        points if start <= sale.minute < end and any(i.set == set_ for i in sale.lines) else ZERO
    )


def _pieces(rule: Rule) -> Closure:
    category, points = rule["category"], Decimal(rule["points"])
    return lambda sale: points * sum([1 for i in sale.lines if i.category == category])


def _together(rule: Rule) -> Closure:
    category, brand, points = rule["category"], rule["brand"], Decimal(rule["points"])
    return lambda sale: (
        points
        if any(i.category == category for i in sale.lines) and any(i.brand == brand for i in sale.lines)
        else ZERO
    )


def _amount(rule: Rule) -> Closure:
    at_least, points = Decimal(rule["at_least"]), Decimal(rule["points"])
    return lambda sale: points if sale.total >= at_least else ZERO


def _per(rule: Rule) -> Closure:
    per, points, most = Decimal(rule["per"]), Decimal(rule["points"]), Decimal(rule["at_most"])
    return lambda sale: min(sale.total // per * points, most - sale.facts["given"])


def _steps(rule: Rule) -> Closure:
    department = rule["department"]
    steps = [(Decimal(start), Decimal(percent) / 100) for start, percent in reversed(rule["steps"])]

    def scale(sale: Sale) -> Decimal:
        amount = sum([i.left for i in sale.lines if i.department == department], ZERO)
        return next((share(amount, percent) for start, percent in steps if amount >= start), ZERO)

    return scale


def _whose(field: str, rule: Rule) -> Closure:
    """A percent of the receipt for who she is, or where she buys."""
    wanted, percent = rule[field], Decimal(rule["percent"]) / 100
    return lambda sale: share(sale.total, percent) if getattr(sale, field) == wanted else ZERO


def _nth(rule: Rule) -> Closure:
    every, points = rule["every"], Decimal(rule["points"])
    return lambda sale: points if sale.number % every == 0 else ZERO


def _birthday(rule: Rule) -> Closure:
    before, after, percent = rule["before"], rule["after"], Decimal(rule["percent"]) / 100
    return lambda sale: share(sale.total, percent) if -after <= sale.facts["birthday_in"] <= before else ZERO


def _fact(rule: Rule) -> Closure:
    """A rule that asks for one fact."""
    name, asked, points = rule["name"], rule["asked"], Decimal(rule["points"])
    tests: dict[str, Callable[[Sale], bool]] = {
        "segment": lambda sale: sale.facts["segment"] in asked["in"],
        "cashier": lambda sale: sale.cashier in asked["in"],
        "tier": lambda sale: sale.tier in asked["in"],
        "card_kind": lambda sale: sale.card in asked["in"],
        "gender": lambda sale: sale.facts["gender"] == asked["is"],
        "attribute": lambda sale: sale.facts["pet"] in asked["in"],
        "paid_with_points": lambda sale: sale.facts["redeemed"] is asked["is"],
        "first_purchase": lambda sale: sale.facts["purchases_in_store"] == 0,
        "spent": lambda sale: sale.facts["spent"] + sale.total >= Decimal(asked["at_least"]),
        "bought": lambda sale: (
            sale.facts["bought"] + sum([1 for i in sale.lines if i.brand in asked["brands"]])
            >= Decimal(asked["at_least"])
        ),
        "purchases": lambda sale: sale.facts["purchases"] + 1 >= asked["at_least"],
        "line_count": lambda sale: len(sale.lines) >= asked["at_least"],
        "piece_count": lambda sale: (
            sum([1 for i in sale.lines if i.category in asked["categories"]]) >= Decimal(asked["at_least"])
        ),
        "matching_amount": lambda sale: (
            sum([i.left for i in sale.lines if i.brand in asked["brands"]], ZERO)
            >= Decimal(asked["at_least"])
        ),
    }
    least, most = Decimal(asked.get("at_least", "-Infinity")), Decimal(asked.get("at_most", "Infinity"))
    test = tests.get(name, lambda sale: least <= sale.facts[name] <= most)
    return lambda sale: points if test(sale) else ZERO


def _off(rule: Rule) -> Closure:
    field = "category" if "category" in rule else "brand"
    wanted, percent = rule[field], Decimal(rule["percent"]) / 100

    def cut(sale: Sale) -> Decimal:
        taken = ZERO
        for item in sale.lines:
            if getattr(item, field) == wanted:
                off = share(item.left, percent)
                item.left -= off
                taken += off
        return taken

    return cut


def _coupon(rule: Rule) -> Closure:
    department, amount = rule["department"], Decimal(rule["amount"])

    def cut(sale: Sale) -> Decimal:
        if hundred.COUPON not in sale.coupons:
            return ZERO
        items = [i for i in sale.lines if i.department == department]
        whole = sum([i.left for i in items], ZERO)
        taken = min(amount, whole)
        for item in items:
            item.left -= (item.left * taken / whole).quantize(CENT, ROUND_HALF_UP)
        return taken

    return cut


def _price(rule: Rule) -> Closure:
    skus, price = frozenset(rule["skus"]), Decimal(rule["price"])

    def cut(sale: Sale) -> Decimal:
        taken = ZERO
        for item in sale.lines:
            if item.sku in skus and item.left > price:
                taken += item.left - price
                item.left = price
        return taken

    return cut


def _cheapest(rule: Rule) -> Closure:
    brand, every = rule["brand"], rule["every"]

    def cut(sale: Sale) -> Decimal:
        items = sorted([i for i in sale.lines if i.brand == brand and i.left], key=lambda i: i.left)
        taken = ZERO
        for item in items[: len(items) // every]:
            taken += item.left
            item.left = ZERO
        return taken

    return cut


def _gift(rule: Rule) -> Closure:
    skus, at_least = frozenset(rule["skus"]), Decimal(rule["at_least"])

    def cut(sale: Sale) -> Decimal:
        items = [i for i in sale.lines if i.sku in skus] if sale.gross >= at_least else []
        taken = sum([i.left for i in items], ZERO)
        for item in items:
            item.left = ZERO
        return taken

    return cut


def _stamp(rule: Rule) -> Closure:
    category, goal, points = rule["category"], rule["goal"], Decimal(rule["points"])
    return lambda sale: (
        points
        if any(i.category == category for i in sale.lines) and (sale.facts["stamps"] + 1) % goal == 0
        else ZERO
    )


def _staff(rule: Rule) -> Closure:
    category, percent = rule["category"], Decimal(rule["percent"]) / 100
    return lambda sale: (
        share(sum([i.left for i in sale.lines if i.category == category], ZERO), percent)
        if sale.cashier
        else ZERO
    )


CUTS = {"off": _off, "coupon": _coupon, "price": _price, "cheapest": _cheapest, "gift": _gift}
GIVERS: dict[str, Callable[[Rule], Closure]] = {
    "category": lambda rule: _of("category", rule),
    "brand": lambda rule: _of("brand", rule),
    "products": _products,
    "set": _set,
    "pieces": _pieces,
    "together": _together,
    "per": _per,
    "steps": _steps,
    "tier": lambda rule: _whose("tier", rule),
    "card": lambda rule: _whose("card", rule),
    "store": lambda rule: _whose("store", rule),
    "nth": _nth,
    "birthday": _birthday,
    "fact": _fact,
    "stamp": _stamp,
    "exchange": lambda rule: lambda sale: ZERO,  # nobody asks for it
    "next": lambda rule: lambda sale: Decimal(rule["percent"]),
    "issue": lambda rule: lambda sale: Decimal(sale.total >= rule["at_least"]),
    "staff": _staff,
    "referrer": lambda rule: (
        lambda sale: share(sale.total, Decimal(2) / 100) if sale.facts["referred"] else ZERO
    ),
}


def _best(rules: list[Rule]) -> Closure:
    """Of several rules the one that gives most."""
    closures = [_amount(rule) for rule in rules]
    return lambda sale: max([closure(sale) for closure in closures])


def _doubled(rule: Rule, percents: list[tuple[str, object, Decimal]]) -> Closure:
    """A multiplier: the percents of the rules that touch its category, once more."""
    category, times = rule["category"], Decimal(rule["by"] - 1)

    def more(sale: Sale) -> Decimal:
        given = ZERO
        for item in sale.lines:
            if item.category == category:
                for field, wanted, percent in percents:
                    if getattr(item, field) == wanted:
                        given += item.left * percent
        return share(given, times)

    return more


def closures() -> tuple[list[Closure], list[Closure]]:
    """What takes money off, and what gives: the hundred rules."""
    made = hundred.rules()
    percents = [
        (kind, rule[kind], Decimal(rule["percent"]) / 100)
        for kind, rule in made
        if kind in ("category", "brand")
    ]
    givers = [GIVERS[kind](rule) for kind, rule in made if kind in GIVERS]
    givers.append(_best([rule for kind, rule in made if kind == "amount"]))
    givers += [_doubled(rule, percents) for kind, rule in made if kind == "multiplier"]
    return [CUTS[kind](rule) for kind, rule in made if kind in CUTS], givers


def sale() -> Sale:
    """The sale that they look at."""
    items = [Item(*line[:5], Decimal(line[5]).scaleb(-2)) for line in hundred.LINES]
    gross = sum((item.amount for item in items), ZERO)
    facts = {
        "segment": hundred.SEGMENT, "age": hundred.AGE, "gender": hundred.GENDER, "pet": hundred.PET,
        "balance": hundred.BALANCE, "spent": hundred.SPENT_THIS_MONTH, "bought": hundred.BOUGHT_OF_A_BRAND,
        "purchases": hundred.PURCHASES_THIS_WEEK, "purchases_in_store": hundred.PURCHASES_IN_STORE,
        "days_since_purchase": hundred.BOUGHT_DAYS_AGO, "days_since_joining": hundred.JOINED_DAYS_AGO,
        "birthday_in": hundred.BIRTHDAY_IN, "stamps": hundred.STAMPS, "given": hundred.GIVEN_THIS_MONTH,
        "redeemed": False, "referred": False,
    }  # fmt: skip
    return Sale(
        items, gross, gross, hundred.TIER, hundred.CARD, hundred.STORE, hundred.CASHIER, [hundred.COUPON],
        hundred.WEEKDAY, hundred.MINUTE, hundred.PURCHASES + 1, facts,
    )  # fmt: skip


def judge(one: Sale, cuts: list[Closure], givers: list[Closure]) -> list[Decimal]:
    """What each rule takes off or gives."""
    for item in one.lines:
        item.left = item.amount
    taken = [cut(one) for cut in cuts]
    one.total = sum([item.left for item in one.lines], ZERO)
    return taken + [giver(one) for giver in givers]
