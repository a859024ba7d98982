"""Trees of conditions: all of, any of, none of; and which coupons a tree needs to hold."""

from __future__ import annotations

from collections.abc import Callable

from campaigns.engine.case import Case
from campaigns.engine.document import leaves
from campaigns.engine.gates import Reason
from campaigns.engine.vocabulary import CONDITIONS
from campaigns.engine.words.site import Condition, Leaf, Site


def compile_condition(tree: Leaf, site: Site) -> Condition | None:
    """The test of a condition tree; None when there is nothing to test."""
    return _compile(tree, site) if tree else None


def _compile(tree: Leaf, site: Site) -> Condition:
    if "condition" in tree:
        word = CONDITIONS[tree["condition"]]
        word.needs(tree, site.needs)
        return word.compile(tree, site)
    for name, combine in _TREES.items():
        if name in tree:
            return combine([_compile(inner, site) for inner in tree[name]])
    raise ValueError(f"not a condition: {tree!r}")


def _all(tests: list[Condition]) -> Condition:
    def judge(case: Case) -> Reason | None:
        for test in tests:
            if reason := test(case):
                return reason
        return None

    return judge


def _any(tests: list[Condition]) -> Condition:
    def judge(case: Case) -> Reason | None:
        reasons = []
        for test in tests:
            reason = test(case)
            if reason is None:
                return None
            reasons.append([reason[0], reason[1]])
        return "none_of_these", {"reasons": reasons}

    return judge


def _none(tests: list[Condition]) -> Condition:
    def judge(case: Case) -> Reason | None:
        for number, test in enumerate(tests, 1):
            if test(case) is None:
                return "ruled_out", {"number": str(number)}
        return None

    return judge


_TREES = {"all": _all, "any": _any, "none": _none}

#: The codes of the coupons without which a tree does not hold; None when it does not hold with them either.
Needed = Callable[[Case], frozenset[str] | None]
_NO_COUPONS: frozenset[str] = frozenset()


def compile_coupons(tree: Leaf, site: Site) -> Needed | None:
    """Which coupons of those shown a tree needs, as few as will do; None when it asks for none."""
    return _needed(tree, site) if any(CONDITIONS[leaf.kind].series for leaf in leaves(tree)) else None


def series_of(tree: Leaf) -> frozenset[str]:
    """The series of coupons that help a tree to hold: not those that it rules out."""
    named = [(CONDITIONS[leaf.kind].series, leaf.fields) for leaf in leaves(tree) if leaf.wanted]
    return frozenset[str]().union(*(series(fields) for series, fields in named if series))


def _needed(tree: Leaf, site: Site) -> Needed:
    if series := "condition" in tree and CONDITIONS[tree["condition"]].series:
        return _one_of(series(tree))
    if "any" in tree:
        inner = [_needed(part, site) for part in tree["any"]]
        return lambda case: min(
            (codes for part in inner if (codes := part(case)) is not None), key=len, default=None
        )
    if "all" in tree:
        inner = [_needed(part, site) for part in tree["all"]]
        return lambda case: _united([part(case) for part in inner])
    test = _compile(tree, site)
    return lambda case: _NO_COUPONS if test(case) is None else None


def _one_of(series: frozenset[str]) -> Needed:
    """The first coupon, by code, of any of these series."""

    def needed(case: Case) -> frozenset[str] | None:
        shown = [coupon.code for coupon in case.basket.coupons if coupon.series in series]
        return frozenset({min(shown)}) if shown else None

    return needed


def _united(parts: list[frozenset[str] | None]) -> frozenset[str] | None:
    return None if None in parts else frozenset().union(*filter(None, parts))
