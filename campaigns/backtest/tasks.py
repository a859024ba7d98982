"""Backtests in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from campaigns.backtest import running


@shared_task(name="campaigns.backtest.run")
def run_backtests() -> None:
    """Run the backtests that wait, one after the other. Does nothing while another worker is at it."""
    while (backtest := running.claim(timezone.now())) is not None:
        running.run(backtest)
