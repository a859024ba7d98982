"""Schedules in the back office: what would never run is refused at its field."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule

from tests import factories

pytestmark = pytest.mark.django_db
EVERY = {
    "minute": "0",
    "hour": "4",
    "day_of_month": "*",
    "month_of_year": "*",
    "day_of_week": "*",
    "timezone": "UTC",
}
PAGE = "admin:django_celery_beat_crontabschedule_add"


def save(client: Client, **given: str) -> dict[str, list[str]]:
    """Save a schedule; what is wrong, by field."""
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    answer = client.post(
        reverse(PAGE),
        EVERY | given | {"periodictask_set-TOTAL_FORMS": "0", "periodictask_set-INITIAL_FORMS": "0"},
    )
    if answer.status_code == 302:
        return {}
    return dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("day_of_week", {"day_of_week": "7"}),
        ("day_of_week", {"day_of_week": "0-7"}),
        ("day_of_month", {"day_of_month": "31", "month_of_year": "2"}),
        ("day_of_month", {"day_of_month": "31", "month_of_year": "4,6"}),
        ("day_of_month", {"day_of_month": "30", "month_of_year": "2"}),
        ("day_of_month", {"day_of_month": "32"}),
        ("hour", {"hour": "24"}),
        ("minute", {"minute": "60"}),
        ("month_of_year", {"month_of_year": "13"}),
        ("timezone", {"timezone": "CET"}),
        ("timezone", {"timezone": "Etc/GMT-3"}),
    ],
)
def test_a_schedule_that_would_never_run_is_refused_at_its_field(
    field: str, given: dict[str, str], client: Client
) -> None:
    assert list(save(client, **given)) == [field]
    assert not CrontabSchedule.objects.filter(hour="24").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"day_of_month": "29", "month_of_year": "2"},
        {"day_of_month": "31", "month_of_year": "2,3"},
        {"day_of_week": "sun"},
        {"day_of_week": "1-5", "hour": "*/2", "timezone": "Europe/Berlin"},
    ],
)
def test_a_schedule_that_runs_is_saved(given: dict[str, str], client: Client) -> None:
    assert save(client, **given) == {}
    kept = CrontabSchedule.objects.get(**{name: value for name, value in given.items() if name != "timezone"})
    assert kept.schedule is not None
