"""Which campaigns of a group give, when several would.

A group is judged on the whole receipt, among its campaigns that would give something, after their
limits. They are taken by priority, the highest first; at equal priority exclusive ones first, then by
code. If the first is exclusive it gives alone; otherwise the exclusive ones give nothing. Of those
that remain with mode ``best`` only the one with the most points gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Stacking(NamedTuple):
    """How one campaign stands among the others of its group."""

    group: str
    mode: str
    priority: int
    code: str

    @property
    def order(self) -> tuple[int, bool, str]:
        """Its place in the group: smallest first."""
        return -self.priority, self.mode != "exclusive", self.code


class Entry(NamedTuple):
    """A campaign that would give so many units; ``number`` is whatever its caller knows it by."""

    stacking: Stacking
    units: int
    number: int


class Loser(NamedTuple):
    """A campaign that gives nothing, because of which other one, and how: ``beaten`` or ``excluded_by``."""

    number: int
    winner: int
    code: str


def choose(entries: Iterable[Entry]) -> list[Loser]:
    """Who gives nothing among campaigns of any groups."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.stacking.group, []).append(entry)
    return [loser for group in groups.values() if len(group) > 1 for loser in _judge(group)]


def _judge(group: list[Entry]) -> list[Loser]:
    group.sort(key=lambda entry: entry.stacking.order)
    first = group[0]
    if first.stacking.mode == "exclusive":
        return [Loser(entry.number, first.number, "excluded_by") for entry in group[1:]]
    losers = [
        Loser(entry.number, first.number, "excluded_by")
        for entry in group
        if entry.stacking.mode == "exclusive"
    ]
    rivals = [entry for entry in group if entry.stacking.mode == "best"]
    if len(rivals) > 1:
        best = max(rivals, key=lambda entry: entry.units)  # the first of equals: by priority, then code
        losers += [Loser(rival.number, best.number, "beaten") for rival in rivals if rival is not best]
    return losers
