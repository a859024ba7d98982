"""The periodic work on the books. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from foundation.sending import send
from loyalty.ledger import sweep

#: From so many waiting batches on, a second worker is asked to help.
WORTH_A_HELPER = 50


@shared_task
def expire_points(helper: bool = False) -> None:
    """Take expired points out of the books; with much to do, two workers share it."""
    now = timezone.now()
    if sweep.plan_expiry(now) >= WORTH_A_HELPER and not helper:
        send(expire_points, helper=True)
    sweep.expire(now)


@shared_task
def lapse_points() -> None:
    """Take the points of accounts that were not in use for too long out of the books."""
    sweep.lapse(timezone.now())


@shared_task
def activate_points() -> None:
    """Tell of points that have become active."""
    sweep.activate(timezone.now())
