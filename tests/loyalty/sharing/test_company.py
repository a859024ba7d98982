"""Points that a firm hands to its employees where points lapse: with whom they lapse, and what undoing brings back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from campaigns.checkout import checkout
from loyalty.ledger import audit, balances, sweep
from loyalty.ledger.passbook import new_id
from loyalty.models import Employee, Handout
from loyalty.sharing import company
from loyalty.sharing.company import Part
from loyalty.shops import places
from members.models import Member
from tests import factories
from tests.laws.world import account_of, assert_books_balance
from tests.races.selling import NOW, basket, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def firm() -> tuple[Member, Member, Employee]:
    """A manager whose firm has just bought something, with points of long ago, and an employee who buys nothing."""
    places.forget()
    shop = factories.open_shop(store="s", inactivity_days=30)
    manager, worker = factories.enrol(shop.programme), factories.enrol(shop.programme)
    company.make(account_of(manager).id, "Roasters")
    factories.give_points(account_of(manager), 100, at=NOW - 25 * DAY)
    sell(manager, 1)
    return manager, worker, company.employ(account_of(manager).id, worker, NOW)


def spendable(member: Member, day: int) -> Decimal:
    return balances.of_account(account_of(member).id, NOW + day * DAY)[0]


def hand(firm: tuple[Member, Member, Employee], day: int) -> Handout:
    manager, _worker, employee = firm
    parts = [Part(employee.pk, Decimal(40))]
    return company.hand_out(account_of(manager).id, manager, parts, new_id(), NOW + day * DAY)


def test_points_that_a_firm_hands_out_lapse_with_the_employee_no_sooner_than_with_the_firm(
    firm: tuple[Member, Member, Employee],
) -> None:
    manager, worker, _employee = firm
    hand(firm, 10)
    for day, left in ((11, True), (30, True), (32, False)):
        assert (spendable(worker, day), spendable(manager, day)) == ((40, 60) if left else (0, 0)), day
    assert_books_balance()
    assert audit.audit().problems == []


@pytest.mark.parametrize("swept", [True, False])
def test_undoing_a_handout_revives_nothing_that_has_lapsed_meanwhile(
    firm: tuple[Member, Member, Employee], swept: bool
) -> None:
    manager, worker, _employee = firm
    handout = hand(firm, 30)
    bought = NOW + 30 * DAY + timedelta(hours=1)
    checkout.purchase(basket(manager, 2, purchased_at=bought), bought)  # keeps what the firm has left
    at = handout.at + DAY
    if swept:
        sweep.lapse(at)

    assert company.undo(handout.id, account_of(manager).id, manager, at) == 0

    assert (spendable(worker, 31), spendable(manager, 31)) == (0, 60)
    assert_books_balance()
    assert audit.audit().problems == []
