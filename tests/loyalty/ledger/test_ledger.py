"""The ledger writes what passbooks say, once, and the database lets nobody change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty.ledger import audit, balances, ledger, statement
from loyalty.ledger.lots import NotEnoughPoints
from loyalty.ledger.passbook import Cause, LotTerms, Passbook
from loyalty.models import Account, Debt, Holder, Lot, LotUse, Programme, Transfer
from members.models import new_id
from tests.factories import (
    START,
    HolderFactory,
    MemberFactory,
    PayerFactory,
    ProgrammeFactory,
    enrol,
    give_points,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def programme() -> Programme:
    return ProgrammeFactory()


@pytest.fixture
def account(programme: Programme) -> Account:
    return ledger.open_account(enrol(programme), programme)


def read(account: Account) -> Passbook:
    return ledger.lock([account.id])[account.id]


def write_a_page(book: Passbook) -> None:
    """Something of everything: a transfer each way, a lot, uses, a debt."""
    kept = next(iter(book.lots.values()))
    book.spend("hold", book.institutions.hold, [(kept.id, D("2.50"))], f"spend:{new_id()}", Cause(NOW))
    book.accrue(
        D("4.75"),
        LotTerms(NOW, NOW + DAY, NOW + 9 * DAY, {"max_share": "50"}),
        f"give:{new_id()}",
        Cause(NOW),
    )
    book.owe(kept.id, D("1.25"), NOW)


@pytest.mark.parametrize(
    "write", [ledger.post, lambda *books: ledger.post_many(books)], ids=["post", "post_many"]
)
def test_what_is_posted_is_what_is_read(account: Account, write: Any) -> None:
    give_points(account, 10)
    book = read(account)
    write_a_page(book)

    with transaction.atomic():
        write(book)

    book.turn_page()
    stored = read(account)
    assert (stored.balance, stored.owed, stored.version) == (book.balance, book.owed, book.version)
    assert stored.debts == book.debts
    assert stored.lots == book.lots
    assert LotUse.objects.filter(points=D("2.50")).count() == Debt.objects.count() == 1
    by_nobody = {"reward_gave_what_it_says", "transfer_has_its_cause"}
    assert {problem.check for problem in audit.audit().problems} == by_nobody


def test_any_number_of_passbooks_is_one_statement(programme: Programme) -> None:
    accounts = [ledger.open_account(enrol(programme, 10), programme) for _ in range(5)]
    books = list(ledger.lock([account.id for account in accounts]).values())
    for book in books:
        write_a_page(book)

    with CaptureQueriesContext(connection) as queries:
        ledger.post(*books)

    assert len(queries) == 1
    assert Account.objects.filter(owed=D("1.25"), version=2).count() == 5


def test_nothing_to_write_asks_nothing(account: Account) -> None:
    with CaptureQueriesContext(connection) as queries:
        ledger.post(read(account))

    assert not [query for query in queries if "UPDATE loyalty" in query["sql"]]
    account.refresh_from_db()
    assert account.version == 0


def test_a_passbook_that_was_read_before_another_write_is_stale(account: Account) -> None:
    give_points(account, 10)
    early = read(account)
    write_a_page(early)
    give_points(account, 1)

    with pytest.raises(ledger.Stale), transaction.atomic():
        ledger.post(early)

    account.refresh_from_db()
    assert (account.balance, account.owed) == (11, 0)
    assert not Transfer.objects.filter(kind="redeem").exists()


def test_a_key_is_booked_once(account: Account) -> None:
    ledger.adjust(account, D(5), "same", Cause(NOW))

    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.adjust(account, D(5), "same", Cause(NOW))

    account.refresh_from_db()
    assert account.balance == 5


def test_an_account_cannot_be_overspent_past_the_passbook(account: Account) -> None:
    give_points(account, 5)
    book = read(account)
    book.balance_delta, book.touched = D("-5.01"), True

    with pytest.raises(IntegrityError, match="account_not_overspent"), transaction.atomic():
        ledger.post(book)


def test_passbooks_that_nobody_wrote_to_since_are_given_back(programme: Programme) -> None:
    one, two = (ledger.open_account(enrol(programme, 10), programme) for _ in range(2))
    known = ledger.lock([one.id, two.id])
    give_points(two, 5)

    again = ledger.lock([one.id, two.id], known)

    assert again[one.id] is known[one.id]
    assert again[two.id].balance == 15


# The database's own guards


@pytest.mark.parametrize("table", ["loyalty_transfer", "loyalty_lotuse", "loyalty_debt", "loyalty_lot"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_books_cannot_be_emptied(account: Account, table: str, sql: str) -> None:
    give_points(account, 10)
    book = read(account)
    write_a_page(book)
    ledger.post(book)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    refused = pytest.raises(DatabaseError, match=r"Cannot|never truncated")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


@pytest.mark.parametrize(
    "change",
    [
        "loyalty_transfer SET points = points + 1", "loyalty_transfer SET reason = 'x'",
        "loyalty_lotuse SET points = 1", "loyalty_debt SET points = 1", "loyalty_lot SET points = 11",
        "loyalty_lot SET expires_at = now()", "loyalty_lot SET active_from = NULL", "loyalty_lot SET terms = '{}'",
    ],
)  # fmt: skip
def test_what_was_booked_cannot_be_changed(account: Account, change: str) -> None:
    give_points(account, 10, active_from=NOW)
    book = read(account)
    write_a_page(book)
    ledger.post(book)

    refused = pytest.raises(DatabaseError, match="Cannot update")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {change}")


@pytest.mark.parametrize("remaining", ["-0.01", "10.01"])
def test_a_lot_holds_from_nothing_to_all_its_points(account: Account, remaining: str) -> None:
    give_points(account, 10)

    with pytest.raises(IntegrityError, match="lot_remaining_in_range"), transaction.atomic():
        Lot.objects.update(remaining=D(remaining))


# Accounts


def test_a_member_has_one_account_in_a_programme(programme: Programme) -> None:
    member = MemberFactory()

    first = ledger.open_account(member, programme)

    assert ledger.open_account(member, programme) == first
    assert ledger.open_account(member, ProgrammeFactory()) != first
    assert (first.balance, first.owed, first.kind) == (0, 0, "member")
    assert Holder.objects.get(account=first).role == "owner"


def test_a_holder_of_a_shared_account_gets_no_other(programme: Programme, account: Account) -> None:
    cousin = HolderFactory(account=account, programme=programme, role="holder").member

    assert ledger.open_account(cousin, programme) == account


def test_many_accounts_are_opened_at_once_for_those_who_have_none(
    programme: Programme, account: Account
) -> None:
    known = account.holders.get().member
    others = [MemberFactory() for _ in range(3)]

    ledger.open_accounts([known.id, *(member.id for member in others)], programme)

    assert Holder.objects.filter(programme=programme).count() == 4
    assert ledger.open_account(known, programme) == account


def test_a_programme_opens_its_own_accounts_once(programme: Programme) -> None:
    own = ledger.institutions(programme)

    assert ledger.institutions(programme) == own
    assert len({own.issuance, own.expiry, own.hold, own.exchange}) == 4
    assert not Account.objects.filter(programme=programme, kind="expiry", balance__isnull=False).exists()
    payer = PayerFactory(programme=programme)
    assert ledger.budget_account(payer) == ledger.budget_account(payer)


# By hand


def test_points_are_given_and_deducted_by_hand(account: Account) -> None:
    ledger.adjust(account, D(10), "up", Cause(NOW, reason="sorry"), LotTerms(NOW, None, NOW + DAY))
    ledger.adjust(account, D("-3.25"), "down", Cause(NOW))

    account.refresh_from_db()
    assert account.balance == D("6.75")
    assert list(Transfer.objects.order_by("id").values_list("kind", "points", "reason")) == [
        ("adjust", D(10), "sorry"), ("adjust", D("3.25"), ""),
    ]  # fmt: skip
    assert Transfer.objects.get(key="down").source_balance == D("6.75")


def test_only_what_can_be_spent_is_deducted(account: Account) -> None:
    give_points(account, 5)
    give_points(account, 5, active_from=NOW + DAY)
    give_points(account, 5, expires_at=NOW - DAY)

    with pytest.raises(NotEnoughPoints) as error:
        ledger.adjust(account, D("-5.01"), "down", Cause(NOW))

    assert (error.value.wanted, error.value.spendable) == (D("5.01"), 5)
    assert balances.of_account(account.id, NOW) == (5, 5)


def test_points_are_exchanged_between_programmes_at_a_rate(account: Account) -> None:
    elsewhere = ProgrammeFactory()
    there = ledger.open_account(enrol(elsewhere), elsewhere)
    give_points(account, 10)

    arriving = ledger.exchange(
        account, there, D(7), D("0.333"), "swap", Cause(NOW), LotTerms(NOW, None, NOW + DAY)
    )

    assert arriving == D("2.33")
    assert statement_of(account) == (3, [("swap:out", D(7), "exchange")])
    assert statement_of(there) == (D("2.33"), [("swap:in", D("2.33"), "exchange")])
    assert audit.audit().problems == []


def statement_of(account: Account) -> tuple[D | None, list[tuple[str, D, str]]]:
    """The balance, and the exchanges with their key, points and the other side."""
    account.refresh_from_db()
    rows = Transfer.objects.filter(kind="exchange").select_related("source", "target")
    return account.balance, [
        (row.key, row.points, (row.target if row.source_id == account.id else row.source).kind)
        for row in rows
        if account.id in (row.source_id, row.target_id)
    ]


def test_the_balance_of_any_moment_is_what_was_booked_until_then(account: Account) -> None:
    for number, points in enumerate((10, -4, 3)):
        ledger.adjust(account, D(points), str(number), Cause(START + number * DAY))

    moments = [START + timedelta(days=days) for days in (-1, 0, 0.5, 1, 2, 99)]
    told = [statement.standing(account.id, moment).balance for moment in moments]

    assert told == [0, 10, 10, 6, 9, 9]
