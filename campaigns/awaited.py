"""Which events the live campaigns wait for.

Most events interest no campaign. So that next to nothing is paid for them, what is awaited is kept in memory
for two seconds; ``own_events.catch_up`` finds what was missed in them.
"""

from __future__ import annotations

import time

from campaigns import rulebooks
from campaigns.models import Rulebook

_KEPT_SECONDS = 2.0
_kinds: tuple[float, frozenset[str]] = (0.0, frozenset())


def kinds() -> frozenset[str]:
    """Kinds of events that a campaign of some programme's newest rulebook rewards; two seconds old at most."""
    global _kinds
    until, known = _kinds
    if until < time.monotonic():
        newest = Rulebook.objects.order_by("programme_id", "-in_force_from", "-id").distinct("programme_id")
        known = frozenset().union(
            *(rulebooks.get(found).engine.machine.listeners for found in newest.values_list("id", flat=True))
        )
        _kinds = time.monotonic() + _KEPT_SECONDS, known
    return known


def forget() -> None:
    """Forget what is awaited, in this process."""
    global _kinds
    _kinds = (0.0, frozenset())
