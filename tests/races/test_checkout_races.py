"""Purchases at the same moment: nothing is overspent, nothing is doubled, no clash comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from campaigns.checkout import batch
from campaigns.checkout.sale import SaleLine, Who
from loyalty.ledger import ledger
from loyalty.models import Account, Category, Holder, Lot, Product, Receipt, Transfer
from members import devices
from members.codes import confirmation
from members.lookup import rotating
from members.models import Code, Device, Event
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import NOW, basket, moved, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books() -> Iterator[None]:
    with books_right_after():
        yield


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


def test_one_account_is_spent_to_its_last_point_and_no_further(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "100")

    results = together([partial(sell, member, n, redeem=Decimal(10)) for n in range(THREADS)])

    assert len(done(results)) == 10
    assert refusals(results) == ["redeem_exceeds_limit"] * 6
    account = account_of(member)
    assert (account.balance, moved("redeem", source=account)) == (0, 100)
    assert Receipt.objects.count() == 10


def test_everyone_who_asks_for_the_most_gets_what_is_there_together(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme)
    member = factories.enrol(shop.programme, "130.07")

    results = together([partial(sell, member, n, redeem="max") for n in range(THREADS)])

    bodies = [answer.body for answer in done(results)]
    assert len(bodies) == THREADS
    redeemed = sum(Decimal(body["redeemed"]["points"]) for body in bodies)
    earned = sum(Decimal(body["earned"]["points"]) for body in bodies)
    account = account_of(member)
    assert moved("redeem", source=account) == redeemed
    assert account.balance == Decimal("130.07") + earned - redeemed


def test_two_members_of_a_family_spend_one_account_together(shop: factories.Shop) -> None:
    mother, son = factories.enrol(shop.programme, "100"), factories.MemberFactory()
    account = account_of(mother)
    Holder.objects.create(account=account, member=son, programme=shop.programme, role=Holder.Role.HOLDER)

    results = together([partial(sell, (mother, son)[n % 2], n, redeem=Decimal(10)) for n in range(THREADS)])

    assert len(done(results)) == 10
    account.refresh_from_db()
    assert (account.balance, moved("redeem", source=account)) == (0, 100)


def test_one_receipt_sent_by_many_is_one_receipt_and_one_answer(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme)
    member = factories.enrol(shop.programme, "100")

    results = together([partial(sell, member, "R", redeem=Decimal(10))] * THREADS)

    answers = done(results)
    assert Counter(answer.replay for answer in answers) == {False: 1, True: THREADS - 1}
    assert all(answer.body == answers[0].body for answer in answers)
    assert Receipt.objects.count() == 1
    assert account_of(member).balance == Decimal("94.50")
    assert Event.objects.filter(kind="purchase.completed").count() == 1


def test_an_anonymous_receipt_sent_by_many_is_one_receipt(shop: factories.Shop) -> None:
    answers = done(together([partial(sell, None, "R")] * THREADS))

    assert Counter(answer.replay for answer in answers) == {False: 1, True: THREADS - 1}
    assert all(answer.body == answers[0].body for answer in answers)
    assert Receipt.objects.count() == 1


def test_of_many_receipts_with_one_number_one_is_sold_and_the_others_are_told(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme)
    member = factories.enrol(shop.programme)

    results = together([partial(sell, member, "R", str(100 + n)) for n in range(THREADS)])

    assert len(done(results)) == 1
    assert refusals(results) == ["idempotency_conflict"] * (THREADS - 1)
    assert Receipt.objects.get().total == Decimal(done(results)[0].body["total"])
    assert Lot.objects.filter(account=account_of(member)).count() == 1


def test_a_limit_per_member_holds_however_many_sell_at_once(shop: factories.Shop) -> None:
    draft = factories.percent_of_receipt("10") | {
        "judge": {"limits": [{"per": "member", "period": "day", "points": "35"}]}
    }
    factories.publish_campaign(shop.programme, draft)
    members = [factories.enrol(shop.programme), factories.enrol(shop.programme)]

    answers = done(together([partial(sell, members[n % 2], n) for n in range(THREADS)]))

    assert len(answers) == THREADS
    for member in members:
        earned = Transfer.objects.filter(target=account_of(member), kind="accrue")
        assert earned.aggregate(p=Sum("points"))["p"] == Decimal(35)


def test_every_third_purchase_counts_each_purchase_once(shop: factories.Shop) -> None:
    draft = {
        "whom": {"who": "members"},
        "if": {"condition": "nth_purchase", "every": 3, "counting": "campaign"},
        "what": [{"effect": "points_fixed", "points": "7"}],
    }
    factories.publish_campaign(shop.programme, draft)
    member = factories.enrol(shop.programme)

    together([partial(sell, member, n) for n in range(THREADS)])

    assert account_of(member).balance == 7 * (THREADS // 3)


def test_a_days_limit_on_spending_holds_however_many_sell_at_once() -> None:
    shop = factories.open_shop(store="s", spending={"max_points_per_day": "50"})
    member = factories.enrol(shop.programme, "500")

    results = together([partial(sell, member, n, redeem=Decimal(10)) for n in range(THREADS)])

    assert len(done(results)) == 5
    assert moved("redeem", source=account_of(member)) == 50


def test_a_product_that_many_receipts_name_first_is_made_once(shop: factories.Shop) -> None:
    def lines(n: int) -> tuple[SaleLine, ...]:
        order = ("A", "B", "C") if n % 2 else ("C", "B", "A")
        return tuple(
            SaleLine(position, sku, Decimal(1), Decimal(5), name=sku, category=f"Kind {sku}", brand="B")
            for position, sku in enumerate(order, 1)
        )

    results = together([partial(sell, None, n, lines=lines(n)) for n in range(THREADS)])

    assert len(done(results)) == THREADS
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["A", "B", "C"]
    assert Category.objects.count() == 3


def test_a_member_who_joins_at_many_tills_at_once_gets_one_account_and_none_by_buying(
    shop: factories.Shop,
) -> None:
    factories.publish_campaign(shop.programme)
    member = factories.MemberFactory()

    assert set(refusals(together([partial(sell, member, n) for n in range(THREADS)]))) == {"member_not_found"}
    assert not Account.objects.filter(kind="member").exists()
    together([partial(ledger.open_account, member, shop.programme) for _ in range(THREADS)])
    results = together([partial(sell, member, n) for n in range(THREADS)])

    assert len(done(results)) == THREADS
    assert Account.objects.filter(kind="member").count() == 1
    assert account_of(member).balance == 5 * THREADS


def test_batches_that_name_members_in_opposite_order_do_not_wait_for_each_other(
    shop: factories.Shop,
) -> None:
    factories.publish_campaign(shop.programme)
    members = [factories.enrol(shop.programme, "10") for _ in range(10)]

    def offline_till(till: int) -> list[Any]:
        order = members if till % 2 else members[::-1]
        sales = [
            basket(member, f"{till}-{n}", redeem=Decimal(1), purchased_at=NOW - timedelta(minutes=60 - n))
            for n, member in enumerate(order)
        ]
        return batch.sell(sales, NOW)

    results = together([partial(offline_till, till) for till in range(4)])

    answers = [answer for result in done(results) for _sale, answer in result]
    assert refusals(answers) == []
    assert len(answers) == len({answer.body["id"] for answer in done(answers)}) == 40
    for member in members:
        assert account_of(member).balance == Decimal(10) + 4 * (Decimal("4.95") - 1)


def test_a_code_that_was_shown_spends_once_however_many_tills_read_it() -> None:
    shop = factories.open_shop(store="s", confirm_above=Decimal(5), confirm_whom="unproven")
    member = factories.enrol(shop.programme, "500")
    devices.open_on(member, shop.programme.code, "Chrome, Android", NOW)
    shown = rotating.code_at(Device.objects.get().number, NOW)

    results = together(
        [partial(sell, None, n, redeem=Decimal(10), member=Who(code=shown)) for n in range(THREADS)]
    )

    assert len(done(results)) == 1
    assert refusals(results) == ["confirmation_required"] * (THREADS - 1)
    assert account_of(member).balance == 490


def test_one_code_confirms_one_purchase() -> None:
    shop = factories.open_shop(store="s", confirm_above=Decimal(5))
    member = factories.enrol(shop.programme, "500")
    Code.objects.create(
        member=member,
        purpose=Code.Purpose.REDEEM,
        digest=confirmation._digest(member.id, "123456"),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )

    results = together(
        [partial(sell, member, n, redeem=Decimal(10), confirmation_code="123456") for n in range(THREADS)]
    )

    assert len(done(results)) == 1
    assert refusals(results) == ["confirmation_invalid"] * (THREADS - 1)
    assert account_of(member).balance == 490
