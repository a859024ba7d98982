"""The audit finds every kind of wrong there is, names the account, and stays silent about sound books."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from loyalty.ledger import audit, ledger, sweep
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Programme
from members.models import new_id
from tests.factories import START, ProgrammeFactory, enrol, give_points

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def programme() -> Programme:
    return ProgrammeFactory(code="main")


@pytest.fixture
def account(programme: Programme) -> Account:
    """An account with a story: given, spent, expired, in debt and repaid."""
    account = ledger.open_account(enrol(programme), programme)
    give_points(account, "100.50", expires_at=NOW - timedelta(days=1))
    give_points(account, 40)
    with transaction.atomic():
        ledger.adjust(account, Decimal("-30"), "down", Cause(START))
        book = ledger.lock([account.id])[account.id]
        lot = next(iter(book.lots.values()))
        book.owe(lot.id, Decimal(7), START)
        ledger.post(book)
        ledger.adjust(account, Decimal(3), "more", Cause(START))
    sweep.expire(NOW)
    account.refresh_from_db()
    return account


@pytest.fixture
def meddle() -> Iterator[Callable[..., None]]:
    """Write past the ledger, as a broken program or a hand in the database would."""

    def run(sql: str, *params: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, params)
            assert cursor.rowcount > 0
            cursor.execute("RESET session_replication_role")

    yield run


def problems(programme: Programme | None = None) -> list[tuple[str, str, str, str]]:
    found = audit.audit(programme).problems
    return [(problem.check, problem.account, problem.expected, problem.found) for problem in found]


def test_sound_books_have_no_problems_and_are_counted(account: Account) -> None:
    other = ledger.open_account(enrol(account.programme), account.programme)
    give_points(other, 9)

    result = audit.audit()

    assert result.problems == []
    assert result.clean
    assert (result.lots, result.members_hold) == (4, account.balance + 9)
    assert result.institutions_hold == -result.members_hold
    assert result.transfers == 7
    assert result.uses == 3


def test_empty_books_are_sound() -> None:
    assert audit.audit().clean


def test_a_balance_that_is_off_is_named(account: Account, meddle: Any) -> None:
    meddle("UPDATE loyalty_account SET balance = balance + 0.01 WHERE id = %s", account.id)

    good, bad = str(account.balance), str(account.balance + Decimal("0.01"))
    assert problems() == [
        ("balance_is_what_lots_hold", str(account.id), good, bad),
        ("balance_is_what_was_transferred", str(account.id), good, bad),
        ("sum_is_zero", "", good, bad),
    ]


def test_a_lot_that_holds_other_than_its_uses_say_is_named(account: Account, meddle: Any) -> None:
    meddle(
        "UPDATE loyalty_lot SET remaining = remaining - 1 WHERE account_id = %s AND remaining = 40",
        account.id,
    )

    assert {problem[0] for problem in problems()} == {
        "balance_is_what_lots_hold",
        "lot_holds_what_was_not_used",
    }
    assert {problem[1] for problem in problems()} == {str(account.id)}


def test_a_use_that_vanished_is_found_from_its_lot_and_its_transfer(account: Account, meddle: Any) -> None:
    meddle(
        "DELETE FROM loyalty_lotuse WHERE transfer_id = (SELECT id FROM loyalty_transfer WHERE key = 'down')"
    )

    assert [problem[0] for problem in problems()] == [
        "lot_holds_what_was_not_used",
        "transfer_moves_its_points",
    ]


def test_a_transfer_without_lots_is_found(account: Account, meddle: Any) -> None:
    meddle(
        "INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, reason) "
        "SELECT %s, 'adjust', e.id, %s, 5, 'forged', now(), '' FROM loyalty_account e WHERE e.kind = 'issuance'",
        new_id(), account.id,
    )  # fmt: skip

    assert [problem[0] for problem in problems()] == [
        "balance_is_what_was_transferred", "snapshots_are_running_sums", "transfer_moves_its_points",
        "adjustment_is_told", "sum_is_zero",
    ]  # fmt: skip


def test_a_use_of_anothers_lot_is_found(account: Account, meddle: Any) -> None:
    other = ledger.open_account(enrol(account.programme), account.programme)
    give_points(other, 50)
    meddle(
        "UPDATE loyalty_lotuse SET lot_id = (SELECT id FROM loyalty_lot WHERE account_id = %s) "
        "WHERE transfer_id = (SELECT id FROM loyalty_transfer WHERE key = 'down')",
        other.id,
    )

    found = problems()

    assert {p[1] for p in found if p[0] == "transfer_moves_its_points"} == {str(account.id), str(other.id)}


def test_a_lot_out_of_range_and_a_negative_balance_are_found(account: Account, meddle: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loyalty_lot DROP CONSTRAINT lot_remaining_in_range")
        cursor.execute("ALTER TABLE loyalty_account DROP CONSTRAINT account_not_overspent")
    meddle("UPDATE loyalty_lot SET remaining = -1 WHERE account_id = %s AND remaining = 40", account.id)
    meddle("UPDATE loyalty_account SET balance = -1 WHERE id = %s", account.id)

    assert {"lot_is_in_range", "nothing_is_negative"} <= {problem[0] for problem in problems()}


def test_a_debt_that_is_off_is_named(account: Account, meddle: Any) -> None:
    meddle("UPDATE loyalty_account SET owed = owed + 1 WHERE id = %s", account.id)
    assert problems() == [("debt_is_what_is_owed", str(account.id), "4.00", "5.00")]

    meddle("UPDATE loyalty_debt SET points = -9 WHERE points < 0 AND account_id = %s", account.id)
    assert ("debt_of_a_lot_is_in_range", str(account.id), "0 to 100.50", "-2.00") in problems()


def test_a_transfer_to_another_programme_is_found(account: Account, meddle: Any) -> None:
    elsewhere = ledger.institutions(ProgrammeFactory())
    meddle("UPDATE loyalty_transfer SET target_id = %s WHERE key = 'down'", elsewhere.issuance)

    assert [problem[:2] for problem in problems()] == [("transfer_stays_in_its_programme", str(account.id))]


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        ("loyalty_transfer", "append_only"),
        ("loyalty_lot", "never_truncated"),
        ("loyalty_lot", "terms_are_fixed"),
    ],
)
def test_a_guard_that_is_switched_off_is_found(table: str, trigger: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
            [table, f"pgtrigger_{trigger}%"],
        )
        name = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")

    assert problems() == [("guards_stand", "", "in force", "switched off")]


def test_keys_that_are_no_longer_unique_are_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE loyalty_transfer DROP CONSTRAINT loyalty_transfer_key_key")

    assert problems() == [("guards_stand", "", "in force", "missing")]


def test_one_programme_can_be_audited_alone(account: Account, meddle: Any) -> None:
    other = ledger.open_account(enrol(elsewhere := ProgrammeFactory()), elsewhere)
    give_points(other, 5)
    meddle("UPDATE loyalty_account SET balance = 4 WHERE id = %s", other.id)

    assert audit.audit(account.programme).clean
    assert {problem[1] for problem in problems(elsewhere)} == {str(other.id), ""}
    assert audit.audit(elsewhere).lots == 1


# The command


def run(*words: str) -> str:
    out = StringIO()
    call_command("audit_ledger", *words, stdout=out)
    return out.getvalue()


def test_the_command_says_that_the_books_balance(account: Account) -> None:
    out = run()

    assert "4 lots" not in out  # three lots in this story
    assert "3 lots" in out
    assert "The books balance." in out


def test_the_command_names_the_account_and_fails(account: Account, meddle: Any) -> None:
    meddle("UPDATE loyalty_account SET owed = owed + 1 WHERE id = %s", account.id)
    out = StringIO()

    with pytest.raises(CommandError, match="1 problems") as error:
        call_command("audit_ledger", stdout=out)

    assert error.value.returncode == 1
    assert f"debt_is_what_is_owed: account {account.id}, owed: should be 4.00, is 5.00" in out.getvalue()


def test_the_command_answers_in_json(account: Account, meddle: Any) -> None:
    assert json.loads(run("--json"))["clean"] is True
    meddle("UPDATE loyalty_account SET owed = owed + 1 WHERE id = %s", account.id)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("audit_ledger", "--json", stdout=out)

    answer = json.loads(out.getvalue())
    assert (answer["clean"], answer["problems"]) == (False, [
        {"check": "debt_is_what_is_owed", "account": str(account.id), "subject": "owed", "expected": "4.00",
         "found": "5.00"}
    ])  # fmt: skip


def test_the_command_knows_programmes_by_code(account: Account) -> None:
    assert "The books balance." in run("--programme", "main")
    with pytest.raises(CommandError, match="There is no programme “mian”; there are: main") as error:
        run("--programme", "mian")
    assert error.value.returncode == 2
