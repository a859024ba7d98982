"""Entries on a passbook: each moves the balance by exactly what its lots move by. (At random: test_revocation.)"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest

from loyalty.ledger.passbook import Cause, Institutions, LotTerms, OpenLot, Passbook, new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OWN = Institutions(new_id(), new_id(), new_id(), new_id())
CAUSE = Cause(NOW, new_id(), "why", 7)


@pytest.fixture
def book() -> Passbook:
    return Passbook(new_id(), OWN)


def give(book: Passbook, points: str, **terms: datetime) -> OpenLot:
    transfer = book.accrue(D(points), LotTerms(NOW, **terms), f"give:{new_id()}", CAUSE)  # type: ignore[arg-type]
    return next(lot for lot in book.lots.values() if lot.transfer_id == transfer)


def owing(points: dict[str, str]) -> Passbook:
    """A passbook that owes because of some lots, the first one first."""
    debts = {new_id(): D(part) for part in points.values()}
    return Passbook(new_id(), OWN, owed=sum(debts.values(), D(0)), debts=debts)


def test_points_given_become_a_lot_with_their_terms(book: Passbook) -> None:
    funder = new_id()
    terms = LotTerms(NOW - DAY, NOW + DAY, NOW + 9 * DAY, {"max_share": "50"}, funder)

    transfer_id = book.accrue(D("12.50"), terms, "key", CAUSE, revision_id=3)

    (row,), (lot,) = book.transfers, book.fresh_lots
    assert row.id == transfer_id == lot.transfer_id
    assert (row.kind, row.source_id, row.target_id, row.points) == (
        "accrue", OWN.issuance, book.account_id, D("12.50"),
    )  # fmt: skip
    assert (row.source_balance, row.target_balance, row.revision_id) == (None, D("12.50"), 3)
    assert (row.at, row.receipt_id, row.reason, row.user_id) == (NOW, CAUSE.receipt_id, "why", 7)
    assert (lot.points, lot.remaining, lot.terms, lot.funder_id) == (
        D("12.50"), D("12.50"), {"max_share": "50"}, funder,
    )  # fmt: skip
    assert (lot.earned_at, lot.active_from, lot.expires_at) == (NOW - DAY, NOW + DAY, NOW + 9 * DAY)
    assert (book.balance, book.balance_delta, book.moved) == (D("12.50"), D("12.50"), {})


@pytest.mark.parametrize(
    ("days", "pending"),
    [(None, False), (-1, False), (0, False), (1, True)],
    ids=["at once", "past", "now", "later"],
)
def test_a_lot_is_pending_until_it_becomes_active(book: Passbook, days: int | None, pending: bool) -> None:
    lot = give(book, "5", **({} if days is None else {"active_from": NOW + days * DAY}))

    assert lot.pending is pending
    assert (book.spendable(NOW), book.pending(NOW)) == ((0, 5) if pending else (5, 0))


def test_spending_takes_from_the_lots_it_names(book: Passbook) -> None:
    one, two = give(book, "5"), give(book, "7")
    target = new_id()

    transfer_id = book.spend("redeem", target, [(one.id, D(5)), (two.id, D(0)), (two.id, D(1))], "key", CAUSE)

    row = book.transfers[-1]
    assert (row.source_id, row.target_id, row.points, row.source_balance) == (book.account_id, target, 6, 6)
    assert [(use.transfer_id, use.lot_id, use.points) for use in book.uses] == [
        (transfer_id, one.id, 5), (transfer_id, two.id, 1),
    ]  # fmt: skip
    assert (one.remaining, two.remaining, book.balance) == (0, 6, 6)


@pytest.mark.parametrize("points", ["5.01", "-0.01"])
def test_a_lot_gives_neither_more_than_it_holds_nor_less_than_nothing(book: Passbook, points: str) -> None:
    lot = give(book, "5")

    with pytest.raises(ValueError, match=r"it cannot give|above zero"):
        book.spend("redeem", new_id(), [(lot.id, D(points))], "key", CAUSE)


def test_a_transfer_of_nothing_is_refused(book: Passbook) -> None:
    with pytest.raises(ValueError, match="above zero, not 0"):
        book.spend("redeem", new_id(), [], "key", CAUSE)
    with pytest.raises(ValueError, match="above zero"):
        book.accrue(D(-1), LotTerms(NOW), "key", CAUSE)
    assert not book.written


def test_points_go_back_to_their_lot_or_to_a_new_one_when_it_has_expired(book: Passbook) -> None:
    alive, dead = give(book, "5", expires_at=NOW + 9 * DAY), give(book, "7", expires_at=NOW + DAY)
    till = new_id()
    spent = book.spend("redeem", till, [(alive.id, D(5)), (dead.id, D(7))], "spend", CAUSE)
    later = Cause(NOW + 2 * DAY)

    book.give_back(
        "restore", till, [(dead, D(4)), (alive, D(3))], "back", later, reverses_id=spent, grace=NOW + 16 * DAY
    )

    heir = book.fresh_lots[-1]
    assert (alive.remaining, dead.remaining, heir.remaining) == (3, 0, 4)
    assert (heir.origin_id, heir.earned_at, heir.expires_at) == (dead.id, dead.earned_at, NOW + 16 * DAY)
    assert [(row.kind, row.source_id, row.points, row.reverses_id) for row in book.transfers[-2:]] == [
        ("restore", till, 3, spent), ("restore", till, 4, spent),
    ]  # fmt: skip
    assert book.balance == book.spendable(later.at) == 7


def test_no_more_than_was_taken_can_go_back(book: Passbook) -> None:
    lot = give(book, "5")
    spent = book.spend("redeem", new_id(), [(lot.id, D(2))], "spend", CAUSE)

    with pytest.raises(ValueError, match="it cannot give"):
        book.give_back("restore", new_id(), [(lot, D(3))], "back", CAUSE, reverses_id=spent)


def test_held_points_reach_their_target_without_moving_the_account(book: Passbook) -> None:
    lot = give(book, "5")
    held = book.spend("hold", OWN.hold, [(lot.id, D(5))], "hold", CAUSE)
    partner = new_id()

    book.capture(D(5), partner, "capture", CAUSE, reverses_id=held)

    row = book.transfers[-1]
    assert (row.source_id, row.target_id, row.points, row.reverses_id) == (OWN.hold, partner, 5, held)
    assert (row.source_balance, row.target_balance, book.balance, len(book.uses)) == (None, None, 0, 1)


# Debts


def test_what_is_owed_is_repaid_from_the_next_points_the_oldest_first() -> None:
    book = owing({"first": "3", "second": "4"})
    first, second = book.debts

    lot = give(book, "5")

    assert (book.owed, book.owed_delta, book.balance, lot.remaining) == (2, -5, 0, 0)
    assert book.debts == {second: 2}
    repaid = book.transfers[-1]
    assert (repaid.kind, repaid.points, repaid.source_balance, repaid.target_id) == (
        "repay",
        5,
        0,
        OWN.issuance,
    )
    assert [(row.lot_id, row.points, row.transfer_id) for row in book.debt_rows] == [
        (first, -3, repaid.id), (second, -2, repaid.id),
    ]  # fmt: skip


def test_points_beyond_the_debt_stay() -> None:
    book = owing({"only": "3"})

    lot = give(book, "5")

    assert (book.owed, book.debts, lot.remaining, book.balance) == (0, {}, 2, 2)


def test_points_that_come_back_repay_first_what_is_owed_for_their_own_lot(book: Passbook) -> None:
    one, two = give(book, "5"), give(book, "5")
    till = new_id()
    spent = book.spend("redeem", till, [(one.id, D(5)), (two.id, D(5))], "spend", CAUSE)
    book.owe(one.id, D(5), NOW)
    book.turn_page()

    book.give_back("restore", till, [(two, D(5)), (one, D(5))], "back", CAUSE, reverses_id=spent)

    assert (one.remaining, two.remaining, book.owed, book.balance) == (0, 5, 0, 5)


def test_a_forgiven_debt_is_noted_and_not_owed(book: Passbook) -> None:
    lot = give(book, "5")

    book.forgive(lot.id, D(5), NOW)

    assert (book.owed, book.owed_delta, book.debts) == (0, 0, {})
    assert [row.points for row in book.debt_rows] == [5, -5]


# Pages


def test_a_turned_page_keeps_what_is_there_and_forgets_what_was_written(book: Passbook) -> None:
    kept, gone = give(book, "5"), give(book, "7")
    book.spend("redeem", new_id(), [(gone.id, D(7)), (kept.id, D(1))], "spend", CAUSE)

    book.turn_page()

    assert (book.lots, book.balance, book.version) == ({kept.id: kept}, 4, 1)
    assert not book.written
    assert not book.fresh_lots
    book.spend("redeem", new_id(), [(kept.id, D(1))], "again", CAUSE)
    assert book.moved == {kept.id: 1}


def test_a_lot_made_and_used_on_one_page_is_written_as_it_ends(book: Passbook) -> None:
    lot = give(book, "5")
    book.spend("redeem", new_id(), [(lot.id, D(2))], "spend", CAUSE)

    assert book.moved == {}
    assert [(fresh.points, fresh.remaining) for fresh in book.fresh_lots] == [(5, 3)]


def test_a_shift_moves_no_balance(book: Passbook) -> None:
    one, two = give(book, "5"), give(book, "5")
    book.turn_page()
    spent = book.spend("redeem", new_id(), [(one.id, D(5))], "spend", CAUSE)
    book.turn_page()

    book.shift(spent, "redeem", one, two, D(4))

    assert (one.remaining, two.remaining, book.balance_delta, book.transfers) == (4, 1, 0, [])
    assert book.moved == {one.id: -4, two.id: 4}
    assert book.written
