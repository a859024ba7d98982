"""Points for the cashier and the referrer: given once it is committed, in line with what stands of a receipt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from campaigns import tasks
from campaigns.checkout import batch, checkout, holds, returns, settlements, shares
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Seller, Settlement, Share
from loyalty.ledger import audit
from loyalty.models import Account
from members.models import Event, Member
from tests import factories
from tests.laws.world import account_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> factories.Shop:
    shop = factories.open_shop(store="s", debt_policy="debt")
    factories.publish_campaign(
        shop.programme,
        {
            "what_for": {"of": "lines", "products": ["TEA"]},
            "what": [{"effect": "staff_points", "percent": "2"}],
        },
        code="sell-tea",
    )
    factories.publish_campaign(
        shop.programme,
        {"whom": {"who": "members"}, "what": [{"effect": "referrer_points", "points": "15"}],
         "if": {"condition": "first_purchase"}},
        code="friend",
    )  # fmt: skip
    return shop


@pytest.fixture
def seller(shop: factories.Shop) -> Member:
    member = factories.enrol(shop.programme)
    Seller.objects.create(partner=shop.partner, code="C-17", member=member)
    return member


def basket(number: object, buyer: Member | None = None, **more: Any) -> Sale:
    return Sale(
        store="s", purchased_at=NOW, receipt_number=str(number), cashier="C-17",
        member=Who(phone=buyer.phone) if buyer else None,
        lines=(SaleLine(1, "TEA", Decimal(4), amount=Decimal(200)), SaleLine(2, "CUP", Decimal(1), amount=Decimal(50))),
        **more,
    )  # fmt: skip


def sell(number: object, buyer: Member | None = None, **more: Any) -> UUID:
    return UUID(checkout.purchase(basket(number, buyer, **more), NOW).body["id"])


def give_back(receipt: UUID, number: str, teas: int) -> None:
    request = ReturnRequest(number, NOW, (LineBack(1, Decimal(teas)),))
    returns.give_back(receipt, request, NOW)


def balance(member: Member) -> Decimal:
    return account_of(member).balance


def test_a_cashier_gets_a_percent_of_promoted_goods_that_anybody_buys(
    shop: factories.Shop, seller: Member
) -> None:
    receipt = sell(1)
    assert balance(seller) == 0  # the sale itself waits for nobody else's account

    assert shares.settle(receipt, NOW) == 1
    assert shares.settle(receipt, NOW) == 0

    assert balance(seller) == 4
    assert audit.audit().clean


def test_who_referred_the_buyer_gets_points_for_the_first_purchase_only(
    shop: factories.Shop, seller: Member
) -> None:
    referrer = factories.enrol(shop.programme)
    friend = factories.enrol(shop.programme, referred_by=referrer)
    stranger = factories.enrol(shop.programme)

    for receipt in (sell(1, friend), sell(2, friend), sell(3, stranger)):
        shares.settle(receipt, NOW)

    assert (balance(referrer), balance(seller)) == (15, 12)


def test_a_return_takes_the_share_back_with_the_goods_in_any_split(
    shop: factories.Shop, seller: Member
) -> None:
    receipt = sell(1)
    shares.settle(receipt, NOW)
    for number, left in (("a", "3"), ("b", "2")):
        give_back(receipt, number, 1)
        shares.settle(receipt, NOW)
        assert balance(seller) == Decimal(left)
    give_back(receipt, "c", 2)

    shares.settle(receipt, NOW)

    assert balance(seller) == 0
    assert Share.objects.get().points == 0
    assert audit.audit().clean


def test_a_return_that_came_before_the_share_was_settled_gives_only_what_is_left(
    shop: factories.Shop, seller: Member
) -> None:
    receipt = sell(1)
    give_back(receipt, "a", 3)

    shares.settle(receipt, NOW)

    assert balance(seller) == 1


def test_a_share_that_was_spent_meanwhile_is_owed(shop: factories.Shop, seller: Member) -> None:
    receipt = sell(1)
    shares.settle(receipt, NOW)
    sell(2, seller, redeem=Decimal(4))
    give_back(receipt, "a", 4)

    shares.settle(receipt, NOW)

    account = Account.objects.get(id=account_of(seller).id)
    assert account.owed == 4
    assert audit.audit().clean


def test_a_held_sale_shares_when_it_is_confirmed(shop: factories.Shop, seller: Member) -> None:
    receipt = sell(1, state="held")
    assert shares.settle(receipt, NOW) == 0
    assert not Event.objects.filter(kind=settlements.DUE).exists()

    holds.confirm(receipt, NOW)

    assert Event.objects.filter(kind=settlements.DUE).count() == 1
    shares.settle(receipt, NOW)
    assert balance(seller) == 4


def test_nobody_shares_in_what_they_buy_themselves(shop: factories.Shop, seller: Member) -> None:
    receipt = sell(1, seller)

    assert shares.settle(receipt, NOW) == 0
    assert balance(seller) == 0


def test_a_cashier_without_an_account_has_no_share(shop: factories.Shop) -> None:
    assert shares.settle(sell(1), NOW) == 0
    assert Share.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_queue_settles_a_share_and_a_late_look_finds_one_it_lost(
    shop: factories.Shop, seller: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks.settle_shares, "delay", sent.append)
    receipt = sell(1)
    assert sent == [str(receipt)]
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(minutes=10))

    tasks.settle_late_shares()

    assert balance(seller) == 4
    assert not Settlement.objects.exists()


def away(*args: str) -> None:
    raise ConnectionError


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_for_days_costs_no_sale_its_answer_and_nobody_a_share(
    shop: factories.Shop, seller: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.settle_shares, "delay", away)
    receipts = [sell(number) for number in (1, 2)]
    sold = batch.sell([basket(number) for number in (3, 4, 5)], NOW)
    assert [isinstance(answer, checkout.Answer) for _sale, answer in sold] == [True] * 3
    give_back(receipts[0], "a", 2)
    assert Settlement.objects.count() == 5

    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(days=9))
    for _ in range(2):
        tasks.settle_late_shares()

    assert balance(seller) == 18
    assert not Settlement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_share_that_cannot_be_settled_is_put_off_and_keeps_no_other_waiting(
    shop: factories.Shop, seller: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.settle_shares, "delay", away)
    broken, fine = sell(1), sell(2)
    settle = shares.settle

    def fail(receipt_id: UUID, now: datetime) -> int:
        if receipt_id == broken:
            raise RuntimeError
        return settle(receipt_id, now)

    monkeypatch.setattr(shares, "settle", fail)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(hours=1))
    tasks.settle_late_shares()
    assert balance(seller) == 4
    waiting = Settlement.objects.get()
    assert (waiting.receipt_id, waiting.attempts) == (broken, 1)
    assert waiting.due_at == NOW + timedelta(hours=1, minutes=1)
    assert fine != broken

    monkeypatch.setattr(shares, "settle", settle)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(hours=2))
    tasks.settle_late_shares()
    assert balance(seller) == 8
