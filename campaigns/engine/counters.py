"""Counters behind "every nth": of the member's purchases, or a campaign's own."""

from __future__ import annotations

from typing import NamedTuple

from campaigns.engine.case import Case, cents_from
from campaigns.engine.document import Document

#: The key under which a campaign's own counter is kept.
PROGRESS = "progress"


class Counter(NamedTuple):
    """How a campaign counts purchases: the member's, or its own of at least so many cents in a period.

    ``period`` None counts for ever.
    """

    goal: int
    repeats: bool
    own: bool
    at_least: int
    period: str | None = None

    def key(self, case: Case) -> str:
        """The key under which the campaign's own counter of this moment is kept."""
        return counter_key(case.periods[self.period]) if self.period else PROGRESS

    def tally(self, case: Case, campaign_id: int) -> tuple[int, int]:
        """How many purchases there are with this one, and how many it adds to the campaign's own counter."""
        if not self.own:
            return case.purchases + 1, 0
        before = self.before(case, campaign_id)
        adds = case.receipt >= self.at_least and (self.repeats or before < self.goal)
        return before + adds, int(adds)

    def before(self, case: Case, campaign_id: int) -> int:
        """The campaign's own counter as it stood before this purchase."""
        if self.period is None:
            return case.progress.get(campaign_id, 0)
        used = case.uses.get((campaign_id, self.key(case)))
        return used.times if used is not None else 0

    def value(self, count: int, adds: int) -> int:
        """How far towards the goal a count is, for people to read."""
        if not self.repeats:
            return min(count, self.goal)
        rest = count % self.goal
        return rest or (self.goal if adds or not self.own else 0)


def counter_key(period: str) -> str:
    """The key of a counter of one period, like ``p2026-11``; that of a day leaves out the dashes."""
    return "p" + (period.replace("-", "") if len(period) == 10 else period)


def counter_of(leaf: Document) -> Counter:
    """The counter of an ``nth_purchase``."""
    usual = "campaign" if {"of_at_least", "period"} & set(leaf) else "member"
    own = leaf.get("counting", usual) == "campaign"
    goal = leaf.get("every", leaf.get("exactly"))
    return Counter(goal, "every" in leaf, own, cents_from(leaf.get("of_at_least", "0")), leaf.get("period"))
