"""The periodic work on purchases and events. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from campaigns import dates, holds, own_events, referrals, shares
from members.events import EventRow
from members.models import Event


@shared_task
def release_stale_holds() -> None:
    """Let go of held purchases whose time is over. A late run changes nothing for those confirmed meanwhile."""
    now = timezone.now()
    while holds.release_stale(now):
        pass


@shared_task
def settle_shares(receipt_id: str) -> None:
    """Bring the points of the cashier and the referrer in line with what stands of a receipt."""
    shares.settle(UUID(receipt_id), timezone.now())


@shared_task
def settle_late_shares() -> None:
    """Settle what was due lately once more: a queue that was down lost nobody's points."""
    now = timezone.now()
    due = Event.objects.filter(
        kind=shares.DUE, recorded_at__gte=now - timedelta(hours=3), recorded_at__lt=now - timedelta(minutes=5)
    )
    for receipt_id in set(due.values_list("data__receipt", flat=True)):
        shares.settle(UUID(receipt_id), now)


@shared_task
def record_dates() -> None:
    """Write the birthdays, anniversaries and long absences of today, and of days that were missed; reward them."""
    if dates.record(timezone.now()):
        reward_waiting.delay()


@shared_task
def reward_event(event_id: str) -> None:
    """Give what campaigns give for an own event."""
    own_events.reward_event(UUID(event_id), timezone.now())


@shared_task
def reward_waiting() -> None:
    """Give what campaigns give for all events that wait; several workers share them."""
    own_events.reward_waiting(timezone.now())


@shared_task
def settle_friend(receipt_id: str) -> None:
    """Bring what a referrer has of a friend's purchase to what is left of it."""
    referrals.settle(UUID(receipt_id), timezone.now())


@shared_task
def catch_up_events(hours: int = 2) -> None:
    """Find own events of the last hours that were missed, and have them rewarded."""
    now = timezone.now()
    since = now - timedelta(hours=hours)
    own_events.catch_up(since, now)
    referrals.catch_up(since, now)
    own_events.reward_waiting(now)


def send_shares(event: EventRow) -> None:
    """Settle shares soon: a listener of what is due."""
    settle_shares.delay(event.data["receipt"])


from campaigns.backtest.tasks import run_backtests as run_backtests  # noqa: E402
