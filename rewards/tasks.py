"""The work of coupons that takes its time. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from foundation.sending import send
from rewards.coupons import batches, handouts
from rewards.coupons import expiry as coupon_expiry

#: A batch that nobody touched for so long has lost its worker.
LOST_AFTER = timedelta(minutes=2)


@shared_task
def work_on_codes(batch_id: str) -> None:
    """Generate or import the codes of a batch."""
    batches.work(UUID(batch_id))


@shared_task
def resume_codes() -> None:
    """Take up batches whose worker is gone, or whose task was lost."""
    for batch_id in batches.forgotten(timezone.now() - LOST_AFTER):
        send(work_on_codes, str(batch_id))


@shared_task
def revoke_series(series_id: int) -> None:
    """Take all coupons of a series out of force."""
    handouts.revoke_series(series_id, timezone.now())


@shared_task
def expire_coupons() -> None:
    """Label coupons whose time is over."""
    coupon_expiry.expire(timezone.now())
