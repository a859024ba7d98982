"""Sweeps against each other, against writers, and against a crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from foundation import prepared
from loyalty.ledger import ledger, sweep
from loyalty.ledger.lots import NotEnoughPoints
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Lot, SweepBatch, Transfer
from members.models import Event, new_id
from tests.factories import ProgrammeFactory, enrol, give_points
from tests.races.parallel import books_right_after, together

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PAST, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)
ACCOUNTS = 24


@pytest.fixture
def accounts() -> list[Account]:
    """Accounts with 10 points that have expired, in two lots, and 10 that live on."""
    programme = ProgrammeFactory()
    opened = [ledger.open_account(enrol(programme), programme) for _ in range(ACCOUNTS)]
    for account in opened:
        give_points(account, 4, expires_at=PAST)
        give_points(account, 6, expires_at=PAST)
        give_points(account, 10, expires_at=LATER)
    return opened


def assert_expired_once() -> None:
    assert Transfer.objects.filter(kind="expire").count() == ACCOUNTS
    assert Event.objects.filter(kind="points.expired").count() == ACCOUNTS
    assert not Lot.objects.filter(expires_at=PAST, remaining__gt=0).exists()
    assert not SweepBatch.objects.exists()


def test_many_workers_share_a_sweep_and_expire_each_point_once(accounts: list[Account]) -> None:
    with books_right_after():
        tallies = together([lambda: sweep.expire(NOW, lots_per_batch=4)] * 8)

    assert sum(tally.points for tally in tallies) == ACCOUNTS * 10
    assert sum(tally.accounts for tally in tallies) == ACCOUNTS
    assert_expired_once()
    assert set(Account.objects.filter(kind="member").values_list("balance", flat=True)) == {Decimal(10)}


def test_sweeps_and_writers_of_the_same_accounts_do_not_hurt_each_other(accounts: list[Account]) -> None:
    """Spending goes on while points expire: nothing is spent twice, no expired point, no deadlock."""

    def spend() -> Decimal:
        spent = Decimal(0)
        for account in accounts:
            with transaction.atomic():
                try:
                    ledger.adjust(account, Decimal("-1.50"), str(new_id()), Cause(NOW))
                    spent += Decimal("1.50")
                except NotEnoughPoints:
                    pass
        return spent

    with books_right_after():
        results = together(
            [lambda: sweep.expire(NOW, lots_per_batch=3)] * 4
            + [spend] * 8
            + [lambda: sweep.activate(LATER)] * 2
        )

    assert_expired_once()
    assert sum(results[4:12]) == ACCOUNTS * 9  # six times 1.50 of the ten that live on
    assert set(Account.objects.filter(kind="member").values_list("balance", flat=True)) == {Decimal(1)}


def test_who_read_an_account_before_it_was_swept_is_told_so(accounts: list[Account]) -> None:
    with transaction.atomic():
        book = ledger.lock([accounts[0].id])[accounts[0].id]
    sweep.expire(NOW)

    uses = [(lot.id, Decimal(1)) for lot in book.lots.values() if lot.spendable_at(NOW)]
    book.spend("hold", book.institutions.hold, uses, "late", Cause(NOW))

    with pytest.raises(ledger.Stale), transaction.atomic():
        ledger.post(book)
    assert not Transfer.objects.filter(key="late").exists()


def at_third_batch(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object]) -> None:
    """Let something happen while a sweep has its third batch claimed."""
    run, locked = prepared.run, [0]

    def run_or_happen(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if sql == sweep.sweep_statements.LOCK:
            locked[0] += 1
            if locked[0] == 3:
                happen()
        return run(sql, params)

    monkeypatch.setattr(prepared, "run", run_or_happen)


def test_a_worker_that_dies_loses_its_batch_and_no_more(
    accounts: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise SystemExit

    monkeypatch.setattr(sweep, "MOST_BATCHES", 1)
    planned = sweep.plan_expiry(NOW, lots_per_batch=8)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        at_third_batch(patch, die)
        sweep.expire(NOW)
    assert SweepBatch.objects.count() == planned - 2
    assert Transfer.objects.filter(kind="expire").count() == 2 * ACCOUNTS // planned

    with books_right_after():
        assert sweep.expire(NOW).batches == planned - 2
    assert_expired_once()


def test_a_worker_whose_server_process_is_killed_connects_again_and_goes_on(
    accounts: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = []

    def kill() -> None:
        with connection.cursor() as cursor:
            killed.append(connection.connection.info.backend_pid)
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(sweep, "MOST_BATCHES", 1)
    with books_right_after():
        with monkeypatch.context() as patch:
            at_third_batch(patch, kill)
            tally = sweep.expire(NOW, lots_per_batch=8)
        assert tally.accounts == ACCOUNTS
    assert connection.connection.info.backend_pid not in killed
    assert_expired_once()


def test_a_batch_waits_for_an_account_and_then_sees_what_was_done_to_it(accounts: list[Account]) -> None:
    """What a writer committed while the sweep stood waiting at its lock is not expired again."""
    held, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            book = ledger.lock([accounts[0].id])[accounts[0].id]
            held.set()
            go_on.wait(10)
            lot = next(lot for lot in book.lots.values() if lot.points == 6)
            because = Cause(PAST, reason="inactivity")
            book.spend("expire", book.institutions.expiry, [(lot.id, Decimal(5))], "meanwhile", because)
            ledger.post(book)

    def expire() -> sweep.Swept:
        held.wait(10)
        threading.Timer(0.3, go_on.set).start()
        return sweep.expire(NOW)

    with books_right_after():
        _nothing, tally = together([write, expire])

    assert tally.points == ACCOUNTS * 10 - 5
    assert Account.objects.get(id=accounts[0].id).balance == 10


def test_an_account_held_for_long_keeps_no_other_batch(accounts: list[Account]) -> None:
    """Its batch gives up after a while and is done by the next run."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ledger.lock([accounts[0].id])
            held.set()
            let_go.wait(30)

    def expire() -> str:
        held.wait(10)
        try:
            sweep.expire(NOW, lots_per_batch=2)
        except DatabaseError as error:
            return str(error)
        finally:
            let_go.set()
        return "nothing was held"

    _nothing, told = together([hold, expire])

    assert "lock timeout" in told
    assert Transfer.objects.filter(kind="expire").count() == ACCOUNTS - 1
    with books_right_after():
        assert sweep.expire(NOW).accounts == 1
    assert_expired_once()
