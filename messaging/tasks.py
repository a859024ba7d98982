"""What messaging does in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from messaging import couriers


@shared_task(ignore_result=True)
def deliver_webhooks() -> int:
    """Send the webhook deliveries that are due. Safe to run twice or in two workers."""
    return couriers.deliver_due(timezone.now)
