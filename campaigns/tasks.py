"""The periodic work on purchases and events. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from campaigns.checkout import holds, settlements, shares
from campaigns.leaving import carrying_out
from campaigns.occasions import dates, own_events, referrals
from foundation.sending import send


@shared_task
def release_stale_holds() -> None:
    """Let go of held purchases whose time is over. A late run changes nothing for those confirmed meanwhile."""
    now = timezone.now()
    while holds.release_stale(now):
        pass


@shared_task
def settle_shares(receipt_id: str) -> None:
    """Bring what the cashier and the referrer have of a purchase in line with what stands of it."""
    settlements.try_to(_settle, UUID(receipt_id), timezone.now())


@shared_task
def settle_late_shares() -> None:
    """Settle all that waits: a queue that was down, for however long, lost nobody's points."""
    settlements.settle_waiting(_settle, timezone.now())


def _settle(receipt_id: UUID, now: datetime) -> None:
    shares.settle(receipt_id, now)
    referrals.settle(receipt_id, now)


@shared_task
def record_dates() -> None:
    """Write the birthdays, anniversaries and long absences of today, and of days that were missed; reward them."""
    if dates.record(timezone.now()):
        send(reward_waiting)


@shared_task
def reward_event(event_id: str) -> None:
    """Give what campaigns give for an own event."""
    own_events.reward_event(UUID(event_id), timezone.now())


@shared_task
def reward_waiting() -> None:
    """Give what campaigns give for all events that wait; several workers share them."""
    own_events.reward_waiting(timezone.now())


@shared_task
def catch_up_events(hours: int = 2) -> None:
    """Find own events of the last hours that were missed, and have them rewarded."""
    now = timezone.now()
    own_events.catch_up(now - timedelta(hours=hours), now)
    own_events.reward_waiting(now)


@shared_task
def let_leavers_go() -> None:
    """Erase those who left and whose days to come back are over."""
    carrying_out.carry_out_due(timezone.now())
