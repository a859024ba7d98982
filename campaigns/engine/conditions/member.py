"""Conditions that look at the member, and at what came with an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from campaigns.engine.case import Case, listed
from campaigns.engine.conditions.receipt import goods_words
from campaigns.engine.conditions.site import (
    NO_MEMBER,
    Compiler,
    Condition,
    Leaf,
    Site,
    compare,
    compared_words,
    within,
)
from campaigns.engine.gates import Reason
from campaigns.engine.needs import Kind


def _of_member(test: Condition) -> Condition:
    """A condition that an anonymous shopper never meets."""
    return lambda case: test(case) if case.is_member else NO_MEMBER


def _spent(leaf: Leaf, site: Site) -> Condition:
    scope = site.scopes.add(leaf)
    return _figure(leaf, site, "spent", lambda case: Decimal(case.amount(scope)).scaleb(-2))


def _bought(leaf: Leaf, site: Site) -> Condition:
    scope = site.scopes.add(leaf)
    return _figure(leaf, site, "pieces", lambda case: case.pieces(scope))


def _purchases(leaf: Leaf, site: Site) -> Condition:
    return _figure(leaf, site, "purchases", lambda case: Decimal(bool(case.lines)))


def _figure(leaf: Leaf, site: Site, kind: Kind, here: Callable[[Case], Decimal]) -> Condition:
    """A figure of a period, this receipt included unless it is left out."""
    key = site.needs.figure(kind, leaf["period"], leaf)
    period = leaf["period"]
    words = {"period": f"{period['days']}d" if isinstance(period, dict) else period, **goods_words(leaf)}
    test, with_this = within(leaf, kind, words), leaf.get("with_this", True)

    def judge(case: Case) -> Reason | None:
        before = case.figure(key)
        return test(before + here(case) if with_this else before)

    return _of_member(judge)


def _days_since_purchase(leaf: Leaf, site: Site) -> Condition:
    site.needs.last_purchase = True
    test = within(leaf, "days_since_purchase")

    def judge(case: Case) -> Reason | None:
        last = case.shopper.last_purchase_on
        return test((case.today - last).days) if last else ("no_purchase_yet", {})

    return _of_member(judge)


def _days_since_joining(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "days_since_joining")

    def judge(case: Case) -> Reason | None:
        joined = case.shopper.joined_on
        return test((case.today - joined).days) if joined else NO_MEMBER

    return _of_member(judge)


def _tier(leaf: Leaf, _: Site) -> Condition:
    codes, reason = frozenset(leaf["in"]), ("wrong_tier", {"tiers": listed(leaf["in"])})
    return _of_member(lambda case: None if case.tier in codes else reason)


def _segment(leaf: Leaf, site: Site) -> Condition:
    codes, reason = frozenset(leaf["in"]), ("wrong_segment", {"segments": listed(leaf["in"])})
    site.needs.segments |= codes
    return _of_member(lambda case: reason if codes.isdisjoint(case.shopper.segments) else None)


def _card_kind(leaf: Leaf, _: Site) -> Condition:
    codes, reason = frozenset(leaf["in"]), ("wrong_card", {"cards": listed(leaf["in"])})
    return _of_member(lambda case: None if case.card_kind in codes else reason)


def _balance(leaf: Leaf, site: Site) -> Condition:
    site.needs.balance = True
    test = within(leaf, "balance")
    return _of_member(lambda case: test(case.figure("balance")))


def _age(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "age")

    def judge(case: Case) -> Reason | None:
        born = case.shopper.birthday
        return test(age_on(case.today, born)) if born else ("birthday_unknown", {})

    return _of_member(judge)


def age_on(today: date, born: date) -> int:
    """Full years between two days; who was born on 29 February grows older on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _gender(leaf: Leaf, site: Site) -> Condition:
    site.needs.gender = True
    wanted = leaf["is"]
    reason: Reason = (f"not_{wanted}", {})
    return _of_member(lambda case: None if case.shopper.gender == wanted else reason)


def _attribute(leaf: Leaf, site: Site) -> Condition:
    key = leaf["key"]
    site.needs.attributes.add(key)
    return _of_member(_value(leaf, "wrong_attribute", lambda case: case.shopper.attributes.get(key)))


def _event_data(leaf: Leaf, _: Site) -> Condition:
    key = leaf["key"]
    return _value(leaf, "wrong_data", lambda case: case.data.get(key))


def _value(leaf: Leaf, code: str, read: Callable[[Case], Any]) -> Condition:
    test, reason = compare(leaf), (code, {"key": leaf["key"], **compared_words(leaf)})

    def judge(case: Case) -> Reason | None:
        value = read(case)
        return None if value is not None and test(value) else reason

    return judge


CONDITIONS: dict[str, Compiler] = {
    "spent": _spent,
    "bought": _bought,
    "purchases": _purchases,
    "days_since_purchase": _days_since_purchase,
    "days_since_joining": _days_since_joining,
    "tier": _tier,
    "segment": _segment,
    "card_kind": _card_kind,
    "balance": _balance,
    "age": _age,
    "gender": _gender,
    "attribute": _attribute,
    "event_data": _event_data,
}
