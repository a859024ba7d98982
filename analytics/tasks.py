"""The periodic work on what is known of members. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics import recount


@shared_task
def settle_tiers(programme_id: int | None = None) -> None:
    """Write down which tiers members have come to by the passing of time, or by a change of their ladder."""
    if programme_id is None:
        recount.settle(timezone.now())
    else:
        recount.settle_programme(programme_id, timezone.now())
