"""What campaigns do when they hear of an event, once it is committed: they have a task do the rest.

What is not heard, because a process died after its commit or the broker was away, is caught up with
(``tasks.catch_up_events``), or waits in a row (``settlements``).
"""

from __future__ import annotations

from campaigns import tasks
from campaigns.occasions import awaited
from foundation.sending import send
from members.timeline.events import EventRow


def hear_event(row: EventRow) -> None:
    """Have an own event rewarded, where a campaign waits for it."""
    if row.member_id is not None and row.kind in awaited.kinds(row.data.get("programme")):
        send(tasks.reward_event, str(row.id))


def hear_due(row: EventRow) -> None:
    """Have settled what the cashier and the referrer have of a purchase."""
    send(tasks.settle_shares, row.data["receipt"])
