"""Housekeeping of the ground itself."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task
def clear_sessions() -> None:
    """Delete the sessions that have expired. Safe to run twice."""
    call_command("clearsessions")
