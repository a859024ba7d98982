"""Which points may land on which goods: a small flow problem, solved exactly in whole cents.

*Pools* of points (lots with the same terms) send money to *shelves* (lines that the same pools may pay
for). Each pool has a cap, each shelf has room. :meth:`Allocation.push` adds flow along augmenting paths:
where a pool's own shelves are full, it moves what others put there to other shelves they may use. What is
pushed once is never taken from its pool again, only moved, so pools can be served in any order and the
total is still the most possible. docs/algorithms/redemption.md says why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from loyalty.rules.rounding import from_cents, spread, to_cents


class Allocation:
    """Flow from pools to shelves, in cents. ``reach[pool]`` lists the shelves that a pool may use."""

    def __init__(self, caps: Sequence[int], rooms: Sequence[int], reach: Sequence[Sequence[int]]) -> None:
        self.left = list(caps)
        self.room = list(rooms)
        self.rooms = tuple(rooms)
        self.reach = [tuple(shelves) for shelves in reach]
        self.flow = [[0] * len(self.room) for _ in self.reach]

    def push(self, pool: int, cents: int) -> int:
        """Send up to ``cents`` more from a pool; returns what could be sent."""
        wanted = min(cents, self.left[pool])
        sent = 0
        while sent < wanted and (path := self._find_path(pool)):
            sent += self._augment(path, wanted - sent)
        self.left[pool] -= sent
        return sent

    def pull(self, pool: int, cents: int) -> None:
        """Take back ``cents`` that a pool has sent."""
        self.left[pool] += cents
        for shelf, flow in enumerate(self.flow[pool]):
            back = min(flow, cents)
            self.flow[pool][shelf] -= back
            self.room[shelf] += back
            cents -= back

    def _find_path(self, pool: int) -> list[tuple[int, int]]:
        """The shortest way to a shelf with room: (pool that adds, shelf it adds to), last step first.

        Each pool after the first takes off the shelf before what it adds to its own. Empty: no way.
        """
        came: dict[int, tuple[int, int | None]] = {shelf: (pool, None) for shelf in self.reach[pool]}
        queue = deque(came)
        while queue:
            shelf = queue.popleft()
            if self.room[shelf]:
                path: list[tuple[int, int]] = []
                step: int | None = shelf
                while step is not None:
                    path.append((came[step][0], step))
                    step = came[step][1]
                return path
            for other, flows in enumerate(self.flow):
                if flows[shelf]:
                    for further in self.reach[other]:
                        if further not in came:
                            came[further] = (other, shelf)
                            queue.append(further)
        return []

    def _augment(self, path: list[tuple[int, int]], wanted: int) -> int:
        moved = [(pool, before) for (pool, _), (_, before) in pairwise(path)]
        cents = min([wanted, self.room[path[0][1]], *(self.flow[pool][shelf] for pool, shelf in moved)])
        for pool, shelf in path:
            self.flow[pool][shelf] += cents
        for pool, shelf in moved:
            self.flow[pool][shelf] -= cents
        self.room[path[0][1]] -= cents
        return cents

    def by_shelf(self) -> list[int]:
        """What each shelf gets, shared evenly where the terms allow it.

        The pools that reach least go first, each in proportion to the room that is left. Where a pool
        finds too little room that way (terms that overlap crosswise), the flow as found stands.
        """
        left = list(self.rooms)
        reached = [sum(left[shelf] for shelf in shelves) for shelves in self.reach]
        for pool in sorted(range(len(reached)), key=reached.__getitem__):
            shelves = self.reach[pool]
            sent = sum(self.flow[pool])
            if sent > sum(left[shelf] for shelf in shelves):
                return [sum(flows) for flows in zip(*self.flow, strict=True)]
            parts = spread(from_cents(sent), [from_cents(left[shelf]) for shelf in shelves], 2)
            for shelf, part in zip(shelves, parts, strict=True):
                left[shelf] -= to_cents(part)
        return [room - rest for room, rest in zip(self.rooms, left, strict=True)]
