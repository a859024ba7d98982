"""Leaving, raced: against sales at the till, against taking it back, and by many workers at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from campaigns.leaving import carrying_out, leaving
from foundation.refusals import Refused
from loyalty.ledger import ledger
from loyalty.models import Holder, Receipt
from loyalty.sharing import company, holders
from loyalty.sharing.company import Part
from loyalty.sharing.rights import Rights
from members.models import Departure, Erasure, Member, new_id
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import NOW, sell

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOW + timedelta(days=14)
#: So that every receipt knows something of its buyer.
WOMEN = {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "5"}],
         "if": {"condition": "gender", "is": "female"}}  # fmt: skip


@pytest.fixture
def shop() -> factories.Shop:
    shop = factories.open_shop(store="s", code="club")
    factories.publish_campaign(shop.programme, WOMEN)
    return shop


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, 40, phone="+79167654321", gender="female")


def test_a_sale_comes_before_the_erasure_as_a_whole_or_finds_nobody(
    shop: factories.Shop, member: Member
) -> None:
    departure = leaving.ask(member, shop.programme, NOW)
    sales: list[Any] = [partial(sell, member, number) for number in range(THREADS - 2)]
    with books_right_after():
        results = together(
            [*sales[:7], *[partial(carrying_out.carry_out, departure.pk, DUE)] * 2, *sales[7:]]
        )

    assert sorted(one for one in results if isinstance(one, bool)) == [False, True]
    assert set(refusals(results)) <= {"member_not_found"}
    receipts = Receipt.objects.all()
    assert receipts.count() == len(done(results)) - 2
    assert not [
        one
        for one in receipts
        if one.member_id != member.pk or one.content_hash or "gender" in (one.shopper or {})
    ]
    assert Erasure.objects.count() == 1


def test_taking_it_back_and_being_erased_at_once_is_one_of_both(shop: factories.Shop, member: Member) -> None:
    departure = leaving.ask(member, shop.programme, NOW)
    with books_right_after():
        erased, *stayed = together(
            [
                partial(carrying_out.carry_out, departure.pk, DUE),
                *[partial(leaving.take_back, member, shop.programme, DUE)] * 7,
            ]
        )

    assert [erased, *stayed].count(True) == 1
    assert (Member.objects.get(pk=member.pk).status == "erased") is erased


@pytest.mark.parametrize("end", ["erased", "dismissed"])
def test_points_go_to_no_employee_who_is_gone_when_the_accounts_are_locked(
    shop: factories.Shop, member: Member, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    manager = factories.enrol(shop.programme, 100)
    firm = account_of(manager)
    company.make(firm.pk, "Roasters")
    employee = company.employ(firm.pk, member, NOW)
    departure = leaving.ask(member, shop.programme, NOW)
    go: Any = {
        "erased": partial(carrying_out.carry_out, departure.pk, DUE),
        "dismissed": partial(company.dismiss, firm.pk, employee.pk, manager, DUE),
    }
    meanwhile, lock = [go[end]], ledger.lock

    def come_late(*accounts: Any) -> Any:
        while meanwhile:
            together([meanwhile.pop()])
        return lock(*accounts)

    monkeypatch.setattr(ledger, "lock", come_late)
    with books_right_after(), pytest.raises(Refused, match="do not work there"):
        company.hand_out(firm.pk, manager, [Part(employee.pk, Decimal(40))], new_id(), DUE)

    assert account_of(manager).balance == 100
    assert account_of(member).balance == (0 if end == "erased" else 40)


def test_who_comes_to_a_family_while_they_are_erased_is_erased_there(
    shop: factories.Shop, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = factories.enrol(shop.programme, 100)
    departure = leaving.ask(member, shop.programme, NOW)
    meanwhile: list[Any] = [partial(holders.come, account_of(mother).id, member, Rights(), DUE, bring=False)]
    lock = ledger.lock

    def come_late(*accounts: Any) -> Any:
        while meanwhile:
            together([meanwhile.pop()])
        return lock(*accounts)

    monkeypatch.setattr(ledger, "lock", come_late)
    with books_right_after():
        assert carrying_out.carry_out(departure.pk, DUE)

    assert Holder.objects.filter(account=account_of(mother)).count() == 1
    assert (account_of(member).balance, account_of(mother).balance) == (0, 100)


def test_asked_by_sixteen_at_once_it_is_one_departure(shop: factories.Shop, member: Member) -> None:
    asked = together([partial(leaving.ask, member, shop.programme, NOW)] * THREADS)
    assert len({departure.pk for departure in asked}) == Departure.objects.count() == 1
    assert member.events.filter(kind="member.leaving").count() == 1
