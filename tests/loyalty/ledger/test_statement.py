"""Statements: an account at any moment, and what a programme owes, all from the same lots."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import transaction

from loyalty.ledger import balances, ledger, statement, sweep
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.ledger.statement import AccountThen, Due, Flow
from loyalty.models import Account, Programme
from tests.factories import START, PayerFactory, ProgrammeFactory, enrol, give_points

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def programme() -> Programme:
    return ProgrammeFactory(time_zone="Europe/Moscow", point_value=D("0.5"))


@pytest.fixture
def account(programme: Programme) -> Account:
    return ledger.open_account(enrol(programme), programme)


def spend(account: Account, points: str, at: datetime) -> None:
    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        uses = ledger.lot_rules.take(book, D(points), at)
        book.spend("redeem", book.institutions.hold, uses, f"spend {at}", Cause(at))
        ledger.post(book)


def test_an_account_is_told_as_it_was_at_any_moment(account: Account) -> None:
    give_points(account, 10, at=START, expires_at=START + 10 * DAY)
    give_points(account, 5, at=START + 2 * DAY, active_from=START + 4 * DAY)
    spend(account, "3", START + 3 * DAY)
    sweep.expire(START + 20 * DAY)  # late

    told = {n: statement.standing(account.id, START + n * DAY) for n in (-1, 0, 2, 3, 4, 10, 11, 20)}

    assert told == {
        -1: AccountThen(D(0), D(0), D(0), D(0)),
        0: AccountThen(D(10), D(10), D(0), D(0)),
        2: AccountThen(D(15), D(10), D(5), D(0)),
        3: AccountThen(D(12), D(7), D(5), D(0)),
        4: AccountThen(D(12), D(12), D(0), D(0)),
        10: AccountThen(D(12), D(12), D(0), D(0)),
        11: AccountThen(D(12), D(5), D(0), D(0)),  # expired, though the sweep came nine days later
        20: AccountThen(D(5), D(5), D(0), D(0)),
    }


def test_the_standing_now_is_the_balance_and_agrees_with_the_ledger(account: Account) -> None:
    give_points(account, 10, active_from=START + DAY)
    give_points(account, 4)
    account.refresh_from_db()

    told = statement.standing(account.id, START)

    assert told.balance == account.balance
    assert (told.spendable, told.pending) == balances.of_account(account.id, START) == (4, 10)


def test_debts_are_told_as_of_their_moment(account: Account) -> None:
    give_points(account, 4)
    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        lot = next(iter(book.lots))
        book.owe(lot, D(3), START + DAY)
        ledger.post(book)
        book = ledger.lock([account.id])[account.id]
        book.accrue(D(2), LotTerms(START + 2 * DAY), "next", Cause(START + 2 * DAY))
        ledger.post(book)

    owed = [statement.standing(account.id, START + n * DAY).owed for n in range(3)]

    assert owed == [0, 3, 1]


def test_points_that_will_expire_are_told_by_their_moment(account: Account) -> None:
    give_points(account, 1, expires_at=START - DAY)
    give_points(account, 2, expires_at=START + 5 * DAY)
    give_points(account, 3, expires_at=START + DAY)
    give_points(account, 4, expires_at=START + 5 * DAY)
    give_points(account, 5)

    assert statement.expiring(account.id, START) == [Due(START + DAY, D(3)), Due(START + 5 * DAY, D(6))]
    assert statement.expiring(account.id, START, until=START + DAY) == [Due(START + DAY, D(3))]
    assert statement.expiring(account.id, START + 6 * DAY) == []


def test_the_volume_that_will_expire_is_told_by_local_day_and_month(
    programme: Programme, account: Account
) -> None:
    other = ledger.open_account(enrol(programme), programme)
    midnight = datetime(2026, 3, 31, 20, 59, 59, tzinfo=UTC)  # the end of March in Moscow
    give_points(account, 2, expires_at=midnight)
    give_points(account, 3, expires_at=midnight)
    give_points(other, 4, expires_at=midnight)
    give_points(other, 7, expires_at=midnight + timedelta(seconds=1))
    give_points(other, 9, expires_at=midnight + 300 * DAY)
    elsewhere = ProgrammeFactory()
    give_points(ledger.open_account(enrol(elsewhere), elsewhere), 100, expires_at=midnight)

    until = midnight + 30 * DAY
    assert statement.volume(programme, START, until) == [
        Due(date(2026, 3, 31), D(9), 2),
        Due(date(2026, 4, 1), D(7), 1),
    ]
    assert statement.volume(programme, START, until, by="month") == [
        Due(date(2026, 3, 1), D(9), 2),
        Due(date(2026, 4, 1), D(7), 1),
    ]


def test_the_liability_is_the_sum_of_the_open_lots(programme: Programme, account: Account) -> None:
    budget = ledger.budget_account(PayerFactory(programme=programme))
    now = START + 5 * DAY
    give_points(account, 10)
    give_points(account, 4, active_from=now + DAY)
    give_points(account, 2, expires_at=START + DAY)
    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        book.accrue(D(6), LotTerms(START, funder_id=budget), "funded", Cause(START))
        ledger.post(book)
    Account.objects.filter(id=account.id).update(owed=3)

    told = statement.liability(programme, now)

    assert (told.outstanding, told.spendable, told.pending, told.lapsed) == (22, 16, 4, 2)
    assert (told.owed, told.money) == (3, D("10.00"))
    assert told.by_funder == {None: 16, budget: 6}
    account.refresh_from_db()
    assert told.outstanding == account.balance


def test_a_programme_without_points_owes_nothing(programme: Programme) -> None:
    told = statement.liability(programme, START)

    assert (told.outstanding, told.money, told.by_funder) == (0, 0, {})
    assert statement.flow(programme, START, START + DAY) == Flow(D(0), D(0), D(0))
    assert statement.flow(programme, START, START + DAY).breakage is None


def test_what_flowed_in_a_period_gives_the_breakage(programme: Programme, account: Account) -> None:
    give_points(account, 80, at=START, expires_at=START + 3 * DAY)
    give_points(account, 50, at=START - DAY)  # before the period
    spend(account, "30", START + DAY)
    with transaction.atomic():
        ledger.adjust(account, D(-5), "down", Cause(START + 2 * DAY))
    sweep.expire(START + 4 * DAY)

    told = statement.flow(programme, START, START + 5 * DAY)

    assert told == Flow(D(75), D(30), D(45))
    assert told.breakage == D("0.6000")
    assert statement.flow(programme, START, START + 4 * DAY).expired == 0  # the period's end is not in it
