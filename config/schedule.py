"""When the periodic tasks run. Celery-beat copies this table into the back office, for changes there."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

_SCHEDULE: dict[str, dict[str, Any]] = {
    "clear-sessions": {"task": "config.tasks.clear_sessions", "schedule": crontab(hour="3", minute="40")},
    # Days end at another hour in every zone, so these look often; with nothing due they cost a glance.
    "expire-points": {"task": "loyalty.tasks.expire_points", "schedule": crontab(minute="*/10")},
    "activate-points": {"task": "loyalty.tasks.activate_points", "schedule": crontab(minute="*/5")},
    "lapse-points": {"task": "loyalty.tasks.lapse_points", "schedule": crontab(minute="7")},
    "settle-tiers": {"task": "analytics.tasks.settle_tiers", "schedule": crontab(minute="3")},
    "release-stale-holds": {"task": "campaigns.tasks.release_stale_holds", "schedule": crontab(minute="*/5")},
    "settle-late-shares": {"task": "campaigns.tasks.settle_late_shares", "schedule": crontab(minute="*/5")},
    "expire-coupons": {"task": "rewards.tasks.expire_coupons", "schedule": crontab(minute="*/15")},
    "resume-codes": {"task": "rewards.tasks.resume_codes", "schedule": crontab(minute="*/5")},
    "record-dates": {"task": "campaigns.tasks.record_dates", "schedule": crontab(minute="17")},
    "reward-waiting": {"task": "campaigns.tasks.reward_waiting", "schedule": crontab(minute="*/5")},
    "catch-up-events": {"task": "campaigns.tasks.catch_up_events", "schedule": crontab(minute="*/10")},
    "catch-up-events-of-days": {
        "task": "campaigns.tasks.catch_up_events",
        "schedule": crontab(hour="4", minute="12"),
        "kwargs": {"hours": 72},
    },
    "let-leavers-go": {"task": "campaigns.tasks.let_leavers_go", "schedule": crontab(minute="29")},
    # Asked for when somebody presses the button; this finds what could not be sent then.
    "run-backtests": {"task": "campaigns.backtest.run", "schedule": crontab(minute="*/5")},
    "tidy-uploads": {"task": "backoffice.files.tasks.tidy_uploads", "schedule": crontab(minute="*/5")},
    # Sent when somebody answers; this finds what could not be told then.
    "tell-answers": {"task": "messaging.tasks.tell_answers", "schedule": crontab(minute="*/5")},
    "deliver-webhooks": {"task": "messaging.tasks.deliver_webhooks", "schedule": 10.0},
}


def count_seconds(schedule: Any) -> float:
    """From one call to the next, on an average day."""
    if isinstance(schedule, crontab):
        return 86_400 / (len(schedule.hour) * len(schedule.minute))  # type: ignore[attr-defined]
    return schedule


# A call that nobody took is dropped when the next one comes, which does its work as well: hours without a
# worker leave one call of each to do, and not thousands.
SCHEDULE = {
    name: entry | {"options": {"expires": count_seconds(entry["schedule"])}}
    for name, entry in _SCHEDULE.items()
}
