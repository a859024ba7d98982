"""Values that a process keeps as long as they are in use.

A cache of so many entries serves a house until it has one more: then everybody waits for what was forgotten a moment
ago. Here nothing is forgotten that was asked for within the last minutes, however much that is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """What ``load`` gives for a key, kept until nobody asked for it for ``idle`` seconds. Safe in many threads.

    Only for what never changes.
    """

    def __init__(
        self, load: Callable[[K], V] | None, idle: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load, self._idle, self._clock = load, idle, clock
        self._known: dict[K, tuple[float, V]] = {}
        self._next_look = 0.0

    def __call__(self, key: K) -> V:
        """The value for a key, loaded on first use."""
        if self._load is None:
            raise TypeError("Say how to load it: ask with find().")
        return self.find(key, self._load)

    def find(self, key: K, load: Callable[[K], V]) -> V:
        """The value for a key; where it is not known yet, what this ``load`` gives."""
        now = self._clock()
        found = self._known.get(key)
        value = load(key) if found is None else found[1]
        if found is None or now - found[0] > self._idle / 10:
            self._known[key] = (now, value)
            self._let_go(now)
        return value

    def __len__(self) -> int:
        return len(self._known)

    def forget(self) -> None:
        """Forget everything."""
        self._known.clear()

    def _let_go(self, now: float) -> None:
        """Let go of what is not in use any more: a look now and then, each time something is noted."""
        if now < self._next_look:
            return
        self._next_look = now + self._idle / 10
        for key, (used, _value) in tuple(self._known.items()):
            if now - used > self._idle:
                self._known.pop(key, None)
