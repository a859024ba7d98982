"""What campaigns do when they hear of an event, once it is committed: they have a task do the rest.

What is not heard, because a process died after its commit or the broker was away, is caught up with
(``tasks.catch_up_events``).
"""

from __future__ import annotations

from typing import Any

import psycopg
import structlog
from kombu.exceptions import KombuError

from campaigns import awaited, referrals, tasks
from members.events import EventRow

log = structlog.get_logger(__name__)


def hear_event(row: EventRow) -> None:
    """Have an own event rewarded, where a campaign waits for it."""
    if row.member_id is not None and row.kind in awaited.kinds():
        send(tasks.reward_event, str(row.id))


def hear_purchase(row: EventRow) -> None:
    """Have the referrer of a buyer rewarded, where a campaign waits for that."""
    if row.member_id is None or referrals.PURCHASED not in awaited.kinds():
        return
    if referrals.is_referred(row.member_id):
        send(tasks.settle_friend, row.data["receipt"])


def hear_return(row: EventRow) -> None:
    """Have taken back what a referrer has of goods that came back."""
    if row.member_id is not None and referrals.is_rewarded(row.data["receipt"]):
        send(tasks.settle_friend, row.data["receipt"])


def send(task: Any, *args: str) -> None:
    """Have a task done soon. What cannot be sent now is caught up with, so nothing that has happened fails."""
    try:
        task.delay(*args)
    except (KombuError, psycopg.Error, OSError):
        log.warning("task_not_sent", task=task.name, exc_info=True)
