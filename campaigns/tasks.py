"""The periodic work on purchases. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from campaigns import holds


@shared_task
def release_stale_holds() -> None:
    """Let go of held purchases whose time is over. A late run changes nothing for those confirmed meanwhile."""
    now = timezone.now()
    while holds.release_stale(now):
        pass
