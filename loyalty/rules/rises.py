"""Which purchases lifted a member to a higher tier: told of those that stand, as it would have been with no others.

Pure, like ``loyalty.rules.tiers``. What was given for reaching a tier rests on this
(``campaigns.checkout.events.grounds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.rules import tiers
from loyalty.rules.tiers import ZERO as ZERO
from loyalty.rules.tiers import Bought, Ladder


class Rise(NamedTuple):
    """A purchase that lifted its buyer from one level of a ladder to another."""

    receipt_id: UUID
    was: int
    level: int


def read(ladder: Ladder, purchases: Sequence[Bought]) -> list[Rise]:
    """The rises of a member who made these purchases and no others, in the order of their time."""
    # ids follow the order in which purchases were booked.
    ordered = sorted(purchases, key=lambda one: (one.at, one.id))
    climb, found = tiers.START, []
    for number, purchase in enumerate(ordered):
        day = ladder.day(purchase.at)
        was = tiers.level_on(ladder, climb, day)
        climb = tiers.buy(ladder, climb, purchase, ordered[:number] if ladder.looks_back else ())
        level = tiers.level_on(ladder, climb, day)
        if level > was:
            found.append(Rise(purchase.id, was, level))
    return found
