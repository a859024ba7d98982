"""The periodic work on purchases. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from campaigns import holds, shares
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


def send_shares(event: EventRow) -> None:
    """Settle shares soon: a listener of what is due."""
    settle_shares.delay(event.data["receipt"])
