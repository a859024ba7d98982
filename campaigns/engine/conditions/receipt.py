"""Conditions that look at the receipt on the counter."""

from __future__ import annotations

from decimal import Decimal

from campaigns.engine.case import Case, cents_from, listed, plain
from campaigns.engine.conditions.site import NO_MEMBER, Compiler, Condition, Leaf, Site, within
from campaigns.engine.counters import counters_of
from campaigns.engine.document import goods_of
from campaigns.engine.gates import Reason


def _receipt_amount(leaf: Leaf, _: Site) -> Condition:
    at_least = cents_from(leaf.get("at_least", "0"))
    below = cents_from(leaf["below"]) if "below" in leaf else None
    least_text, below_text = plain(leaf.get("at_least", "0")), plain(leaf.get("below", "0"))

    def judge(case: Case) -> Reason | None:
        if case.receipt < at_least:
            return "amount_too_low", {"at_least": least_text, "amount": case.receipt_text}
        if below is not None and case.receipt >= below:
            return "amount_too_high", {"below": below_text, "amount": case.receipt_text}
        return None

    return judge


def _line_count(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "lines")
    return lambda case: test(len(case.heaps))


def _piece_count(leaf: Leaf, site: Site) -> Condition:
    scope, test = site.scopes.add(leaf), within(leaf, "pieces", goods_words(leaf))
    return lambda case: test(case.pieces(scope))


def _contains(leaf: Leaf, site: Site) -> Condition:
    scope, wanted = site.scopes.add(leaf), Decimal(leaf.get("pieces", 1))
    words = goods_words(leaf) | {"pieces": plain(wanted)}

    def judge(case: Case) -> Reason | None:
        found = case.pieces(scope)
        return None if found >= wanted else ("goods_missing", {**words, "value": plain(found)})

    return judge


def _matching_amount(leaf: Leaf, site: Site) -> Condition:
    scope, test = site.scopes.add(leaf), within(leaf, "goods_amount", goods_words(leaf))
    return lambda case: test(Decimal(case.amount(scope)).scaleb(-2))


def _first_purchase(leaf: Leaf, site: Site) -> Condition:
    where = leaf.get("in", "programme")
    if where == "programme":
        return _first_of_all
    goods = {"categories": [leaf["category"]]} if where == "category" else {}
    key = site.needs.figure(f"in_{where}", "ever", goods)  # type: ignore[arg-type]
    scope = site.scopes.add(goods)

    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return NO_MEMBER
        if not case.scopes[scope]:
            return "goods_missing", {**goods_words(goods), "pieces": "1", "value": "0"}
        earlier = case.figure(key)
        return None if not earlier else (f"not_first_in_{where}", {"number": plain(earlier + 1)})

    return judge


def _first_of_all(case: Case) -> Reason | None:
    if not case.is_member:
        return NO_MEMBER
    if case.purchases:
        return "not_first_purchase", {"number": str(case.purchases + 1)}
    return None


def _nth_purchase(leaf: Leaf, site: Site) -> Condition:
    (counter,) = counters_of(leaf)
    key = "every" if counter.repeats else "exactly"
    at_least = plain(leaf.get("of_at_least", "0"))

    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return NO_MEMBER
        if case.receipt < counter.at_least:
            return "amount_too_low", {"at_least": at_least, "amount": case.receipt_text}
        count, adds = counter.tally(case, site.campaign_id)
        counted = adds or not counter.own
        if counted and (count % counter.goal == 0 if counter.repeats else count == counter.goal):
            return None
        return "not_nth_purchase", {key: str(counter.goal), "number": str(count)}

    return judge


def _paid_with_points(leaf: Leaf, _: Site) -> Condition:
    wanted = leaf["is"]
    reason: Reason = ("not_paid_with_points" if wanted else "paid_with_points", {})
    return lambda case: None if case.pays_with_points is wanted else reason


def _coupon(leaf: Leaf, _: Site) -> Condition:
    series = frozenset(leaf["series"])
    reason: Reason = ("coupon_missing", {"series": listed(leaf["series"])})
    return lambda case: None if any(one.series in series for one in case.basket.coupons) else reason


def _cashier(leaf: Leaf, _: Site) -> Condition:
    codes = frozenset(leaf["in"])
    reason: Reason = ("wrong_cashier", {"codes": listed(leaf["in"])})
    return lambda case: None if case.basket.cashier in codes else reason


def goods_words(goods: Leaf) -> dict[str, str]:
    """The goods that are wanted, for a person to read."""
    codes = goods_of(goods)
    return {"wanted": listed(codes)} if codes else {}


CONDITIONS: dict[str, Compiler] = {
    "receipt_amount": _receipt_amount,
    "line_count": _line_count,
    "piece_count": _piece_count,
    "contains": _contains,
    "matching_amount": _matching_amount,
    "first_purchase": _first_purchase,
    "nth_purchase": _nth_purchase,
    "paid_with_points": _paid_with_points,
    "coupon": _coupon,
    "cashier": _cashier,
}
