"""What messaging does in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from messaging import couriers
from messaging.helpdesk import telling


@shared_task(ignore_result=True)
def deliver_webhooks() -> int:
    """Send the webhook deliveries that are due. Safe to run twice or in two workers."""
    return couriers.deliver_due(timezone.now)


@shared_task(ignore_result=True)
def tell_answers() -> int:
    """Let members know of answers to what they asked. Safe to run twice or in two workers."""
    return telling.tell_answers(timezone.now)
