"""Entries by hand and exchanges at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction

from campaigns.checkout.clashes import retried
from loyalty.ledger import ledger
from loyalty.ledger.lots import NotEnoughPoints
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.models import Account
from loyalty.shops import products
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import PATIENCE, THREADS, books_right_after, done, together, wait_for_waiter
from tests.races.selling import NOW, moved, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books() -> Iterator[None]:
    with books_right_after():
        yield


def account() -> Account:
    return account_of(factories.enrol(factories.ProgrammeFactory(), "100"))


def test_points_exchanged_both_ways_at_once_neither_wait_in_a_circle_nor_get_lost() -> None:
    one, other = account(), account()

    def exchange(n: int) -> Decimal:
        source, target = (one, other) if n % 2 else (other, one)
        with transaction.atomic():
            return ledger.exchange(
                source, target, Decimal(10), Decimal(1), f"x{n}", Cause(NOW), LotTerms(NOW)
            )

    results = together([partial(exchange, n) for n in range(THREADS)])

    assert done(results) == [Decimal(10)] * THREADS
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.balance, other.balance) == (100, 100)


def test_points_deducted_by_many_never_go_below_nothing() -> None:
    drained = account()

    def deduct(n: int) -> bool:
        try:
            with transaction.atomic():
                ledger.adjust(drained, Decimal(-30), f"d{n}", Cause(NOW))
        except NotEnoughPoints:
            return False
        return True

    results = together([partial(deduct, n) for n in range(THREADS)])

    assert sum(done(results)) == 3
    drained.refresh_from_db()
    assert drained.balance == 10


def test_one_key_is_booked_once_however_many_bring_it() -> None:
    lucky = account()

    def give(attempt: int) -> bool:
        with transaction.atomic():
            ledger.lock([lucky.id])
            if lucky.incoming.filter(key="gift").exists():
                return False
            ledger.adjust(lucky, Decimal(5), "gift", Cause(NOW))
            return True

    results = together([partial(retried, give)] * THREADS)

    assert sum(done(results)) == 1
    lucky.refresh_from_db()
    assert lucky.balance == 105


def test_selling_and_deducting_at_once_never_overspend() -> None:
    shop = factories.open_shop(store="s")
    member = factories.enrol(shop.programme, "100")
    drained = account_of(member)

    def work(n: int) -> bool:
        if n % 2:
            sell(member, n, redeem=Decimal(15))
            return True
        try:
            with transaction.atomic():
                ledger.adjust(drained, Decimal(-15), f"d{n}", Cause(NOW))
        except NotEnoughPoints:
            return False
        return True

    results = together([partial(work, n) for n in range(THREADS)])

    assert sum(done(results)) == 6
    drained.refresh_from_db()
    assert drained.balance == 10
    assert moved("redeem") + moved("adjust", source=drained) == 90


def test_goods_sold_for_the_first_time_and_an_entry_by_hand_do_not_wait_in_a_circle() -> None:
    """Whoever holds new goods holds the account already: an entry by hand is never the one that is given up."""
    shop = factories.open_shop(store="s")
    member = factories.enrol(shop.programme, "100")
    entered, drained = threading.Event(), account_of(member)

    def deduct_and_name_goods() -> bool:
        with transaction.atomic():
            ledger.adjust(drained, Decimal(-15), "d", Cause(NOW))
            entered.set()
            wait_for_waiter()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET LOCAL deadlock_timeout = '10ms'"
                )  # if there is a circle, this is given up
            products.ensure(shop.partner.id, [products.NewProduct("TEA", "Tea", "", "")])
        return True

    def buy() -> bool:
        assert entered.wait(PATIENCE)
        sell(member, 1, redeem=Decimal(15))
        return True

    assert together([deduct_and_name_goods, buy]) == [True, True]
    assert account_of(member).balance == 70
