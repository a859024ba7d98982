"""The periodic tasks of the books exist, are scheduled, and do their work by the clock of the day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from config.celery import app
from config.schedule import SCHEDULE
from loyalty import tasks
from loyalty.ledger import ledger, sweep
from loyalty.models import Account, Lot
from tests.factories import ProgrammeFactory, enrol, give_points

DAY = timedelta(days=1)


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()

    assert [entry["task"] for entry in SCHEDULE.values() if entry["task"] not in app.tasks] == []
    assert {entry["task"] for entry in SCHEDULE.values()} >= {
        "loyalty.tasks.expire_points",
        "loyalty.tasks.lapse_points",
        "loyalty.tasks.activate_points",
        "campaigns.tasks.release_stale_holds",
    }


@pytest.fixture
def account(db: None) -> Account:
    programme = ProgrammeFactory(inactivity_days=400)
    return ledger.open_account(enrol(programme), programme)


def test_expired_points_are_taken_out_and_running_again_does_nothing(account: Account) -> None:
    now = timezone.now()
    give_points(account, 5, at=now - DAY, expires_at=now - timedelta(hours=1))
    give_points(account, 7, at=now - DAY, expires_at=now + DAY)

    tasks.expire_points()
    tasks.expire_points.delay()

    account.refresh_from_db()
    assert account.balance == 7


def test_a_long_list_calls_one_helper(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[bool] = []
    monkeypatch.setattr(tasks.expire_points, "delay", lambda helper: called.append(helper))
    for waiting in (tasks.WORTH_A_HELPER - 1, tasks.WORTH_A_HELPER):
        monkeypatch.setattr(sweep, "plan_expiry", lambda now, waiting=waiting: waiting)
        tasks.expire_points()
        tasks.expire_points(helper=True)

    assert called == [True]


def test_points_that_became_active_are_no_longer_flagged(account: Account) -> None:
    now = timezone.now()
    give_points(account, 5, at=now - DAY, active_from=now - timedelta(hours=1))

    tasks.activate_points()

    assert not Lot.objects.filter(pending=True).exists()


def test_points_of_accounts_without_a_purchase_lapse(account: Account) -> None:
    give_points(account, 5, at=timezone.now() - 402 * DAY)
    give_points(account, 7, at=timezone.now() - 390 * DAY)

    tasks.lapse_points()

    account.refresh_from_db()
    assert account.balance == Decimal(7)
