"""Trees of conditions: all of, any of, none of."""

from __future__ import annotations

from campaigns.engine.case import Case
from campaigns.engine.conditions import member, receipt
from campaigns.engine.conditions.site import Compiler, Condition, Leaf, Site
from campaigns.engine.gates import Reason

#: The conditions of the vocabulary: each makes a test of its leaf.
CONDITIONS: dict[str, Compiler] = {**receipt.CONDITIONS, **member.CONDITIONS}


def compile_condition(tree: Leaf, site: Site) -> Condition | None:
    """The test of a condition tree; None when there is nothing to test."""
    return _compile(tree, site) if tree else None


def _compile(tree: Leaf, site: Site) -> Condition:
    if "condition" in tree:
        return CONDITIONS[tree["condition"]](tree, site)
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
