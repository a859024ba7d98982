"""Which lots give and get back points, and how points are taken back that are spent: by table and at random."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from loyalty.ledger import lots
from loyalty.ledger.passbook import OpenLot, Passbook, new_id
from tests.loyalty.account_life import OWN, START

DAY = timedelta(days=1)


def make_book(*held: tuple[str, int | None, int | None]) -> tuple[Passbook, list[OpenLot]]:
    """A passbook with lots of ``(points, active from day, expires on day)``."""
    book = Passbook(new_id(), OWN)
    for number, (points, active, expires) in enumerate(held):
        lot = OpenLot(
            new_id(), book.account_id, None, D(points), D(points), START + timedelta(minutes=number),
            None if active is None else START + active * DAY,
            None if expires is None else START + expires * DAY,
        )  # fmt: skip
        book.lots[lot.id] = lot
        book.balance += lot.points
    return book, list(book.lots.values())


@pytest.mark.parametrize(
    ("held", "points", "expected"),
    [
        ([("10", None, 9), ("10", None, 5)], "4", {1: "4"}),  # the soonest expiry first
        ([("10", None, None), ("10", None, 5)], "12", {1: "10", 0: "2"}),  # those that stay last
        ([("10", None, 5), ("10", None, 5)], "12", {0: "10", 1: "2"}),  # then the earliest earned
        ([("10", 3, None), ("10", None, None)], "4", {1: "4"}),  # not those that are still pending
        ([("10", None, 1), ("10", None, None)], "4", {1: "4"}),  # nor those that have expired
        ([("10", 2, 2)], "4", {0: "4"}),  # alive at the one moment of its life
    ],
)
def test_lots_are_taken_in_order(held: Any, points: str, expected: dict[int, str]) -> None:
    book, numbered = make_book(*held)

    uses = lots.take(book, D(points), START + 2 * DAY)

    assert uses == [(numbered[number].id, D(part)) for number, part in expected.items()]


def test_more_than_can_be_spent_is_refused_with_both_figures() -> None:
    book, _numbered = make_book(("10", None, 1), ("5", 9, None), ("7", None, None))

    with pytest.raises(lots.NotEnoughPoints) as error:
        lots.take(book, D(8), START + 2 * DAY)

    assert (error.value.wanted, error.value.spendable) == (8, 7)


@pytest.mark.parametrize(
    ("points", "rate", "arriving"),
    [("10", "0.5", "5"), ("0.01", "0.5", "0.00"), ("1", "0.3333", "0.33"), ("3", "1.999", "5.99")],
)
def test_an_exchange_rounds_down(points: str, rate: str, arriving: str) -> None:
    assert lots.exchanged(D(points), D(rate)) == D(arriving)


def test_the_last_points_taken_are_given_back_first() -> None:
    _book, (one, two) = make_book(("10", None, None), ("10", None, None))

    assert lots.to_give_back([(one, D(10)), (two, D(4))], D(6)) == [(two, D(4)), (one, D(2))]
    with pytest.raises(ValueError, match="15 points should be given back, 14 were taken"):
        lots.to_give_back([(one, D(10)), (two, D(4))], D(15))
