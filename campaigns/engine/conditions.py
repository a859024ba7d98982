"""And if: trees of conditions, and the counters behind "every nth purchase".

A compiled condition looks at a case and answers None when it holds, or the reason why it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from campaigns.engine.case import Case, cents_from, plain
from campaigns.engine.gates import Reason

Condition = Callable[[Case], Reason | None]
_NO_MEMBER: Reason = ("no_member", {})


class Counter(NamedTuple):
    """How a campaign counts purchases: the member's, or its own of at least so many cents."""

    goal: int
    repeats: bool
    own: bool
    at_least: int

    def tally(self, case: Case, campaign_id: int) -> tuple[int, int]:
        """How many purchases there are with this one, and how many it adds to the campaign's own counter."""
        if not self.own:
            return case.purchases + 1, 0
        before = case.progress.get(campaign_id, 0)
        adds = case.receipt >= self.at_least and (self.repeats or before < self.goal)
        return before + adds, int(adds)

    def value(self, count: int, adds: int) -> int:
        """How far towards the goal a count is, for people to read."""
        if not self.repeats:
            return min(count, self.goal)
        rest = count % self.goal
        return rest or (self.goal if adds or not self.own else 0)


def counters_of(tree: Mapping[str, Any]) -> Iterator[Counter]:
    """The counters of a condition tree, in its order."""
    if tree.get("condition") == "nth_purchase":
        own = tree.get("counting", "campaign" if "of_at_least" in tree else "member") == "campaign"
        goal = tree.get("every", tree.get("exactly"))
        yield Counter(goal, "every" in tree, own, cents_from(tree.get("of_at_least", "0")))
    for name in ("all", "any", "none"):
        for inner in tree.get(name, ()):
            yield from counters_of(inner)


def compile_condition(tree: Mapping[str, Any], campaign_id: int) -> Condition | None:
    """The test of a condition tree; None when there is nothing to test."""
    return _compile(tree, campaign_id) if tree else None


def _compile(tree: Mapping[str, Any], campaign_id: int) -> Condition:
    if "condition" in tree:
        return CONDITIONS[tree["condition"]](tree, campaign_id)
    for name, combine in _TREES.items():
        if name in tree:
            return combine([_compile(inner, campaign_id) for inner in tree[name]])
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


def _receipt_amount(leaf: Mapping[str, Any], _: int) -> Condition:
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


def _first_purchase(_: Mapping[str, Any], __: int) -> Condition:
    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return _NO_MEMBER
        if case.purchases:
            return "not_first_purchase", {"number": str(case.purchases + 1)}
        return None

    return judge


def _nth_purchase(leaf: Mapping[str, Any], campaign_id: int) -> Condition:
    (counter,) = counters_of(leaf)
    key = "every" if counter.repeats else "exactly"
    at_least = plain(leaf.get("of_at_least", "0"))

    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return _NO_MEMBER
        if case.receipt < counter.at_least:
            return "amount_too_low", {"at_least": at_least, "amount": case.receipt_text}
        count, adds = counter.tally(case, campaign_id)
        counted = adds or not counter.own
        if counted and (count % counter.goal == 0 if counter.repeats else count == counter.goal):
            return None
        return "not_nth_purchase", {key: str(counter.goal), "number": str(count)}

    return judge


#: The conditions of the vocabulary (``schema.CONDITIONS``): each makes a test of its leaf.
CONDITIONS: dict[str, Callable[[Mapping[str, Any], int], Condition]] = {
    "receipt_amount": _receipt_amount,
    "first_purchase": _first_purchase,
    "nth_purchase": _nth_purchase,
}
