"""Returns, holds and cancellations at the same moment: each happens once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from campaigns.checkout import checkout, holds, returns
from loyalty.ledger import sweep
from loyalty.models import Receipt, Return, ReturnLine, Transfer
from members.models import Event
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import NOW, give_back, moved, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books() -> Iterator[None]:
    with books_right_after():
        yield


@pytest.fixture
def shop() -> factories.Shop:
    opened = factories.open_shop(store="s")
    factories.publish_campaign(opened.programme)
    return opened


def hold(buyer: Any, number: object = "H", **changes: Any) -> UUID:
    return UUID(sell(buyer, number, redeem=Decimal(60), state="held", **changes).body["id"])


def test_one_receipt_returned_by_many_gives_back_what_was_bought(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    bought = sell(member, 1, redeem=Decimal(50)).body["id"]

    results = together([partial(give_back, bought, n, 1) for n in range(THREADS)])

    assert len(done(results)) == 10
    assert set(refusals(results)) <= {"return_exceeds_purchase", "wrong_state"}
    assert sum(ReturnLine.objects.values_list("quantity", flat=True)) == 10
    assert sum(Return.objects.values_list("refund", flat=True)) == 50
    assert Receipt.objects.get().status == "returned"
    assert account_of(member).balance == 50


def test_one_return_sent_by_many_is_one_return_and_one_answer(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    bought = sell(member, 1, redeem=Decimal(50)).body["id"]

    results = together([partial(give_back, bought, "R", 4)] * THREADS)

    answers = done(results)
    assert Counter(answer.replay for answer in answers) == {False: 1, True: THREADS - 1}
    assert all(answer.body == answers[0].body for answer in answers)
    assert Return.objects.count() == 1
    assert moved("restore") == 20


def test_one_return_number_with_different_content_is_one_return(shop: factories.Shop) -> None:
    bought = sell(factories.enrol(shop.programme), 1).body["id"]

    results = together([partial(give_back, bought, "R", 1 + n % 8) for n in range(THREADS)])

    answers = done(results)
    assert all(answer.body == answers[0].body for answer in answers)
    assert set(refusals(results)) == {"idempotency_conflict"}
    assert Return.objects.count() == 1


def test_one_hold_confirmed_by_many_is_spent_and_earns_once(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "100")
    held = hold(member)

    results = together([partial(holds.confirm, held, NOW)] * THREADS)

    answers = done(results)
    assert Counter(answer.replay for answer in answers) == {False: 1, True: THREADS - 1}
    assert all(answer.body == answers[0].body for answer in answers)
    assert (moved("hold"), moved("capture"), moved("accrue")) == (60, 60, 2)
    assert account_of(member).balance == 42
    assert Event.objects.filter(kind="purchase.completed").count() == 1


def test_one_hold_let_go_by_many_is_released_once(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "100")
    held = hold(member)
    late = NOW + timedelta(days=30)

    results = together(
        [partial(returns.cancel, held, NOW), lambda: holds.release_stale(late)] * (THREADS // 2)
    )

    assert refusals(results) == []
    assert moved("release") == 60
    assert account_of(member).balance == 100
    assert Receipt.objects.get().status == "cancelled"


def test_a_hold_confirmed_cancelled_and_competed_with_at_once_is_never_overspent(
    shop: factories.Shop,
) -> None:
    member = factories.enrol(shop.programme, "100")
    held = hold(member)

    works: list[Any] = []
    for n in range(5):
        works += [partial(holds.confirm, held, NOW), partial(returns.cancel, held, NOW)]
        works += [partial(sell, member, n, redeem=Decimal(60))]
    results = together([*works, partial(sell, member, "last", redeem=Decimal(60))])

    assert set(refusals(results)) <= {"wrong_state", "redeem_exceeds_limit"}
    assert Receipt.objects.get(id=held).status == "cancelled"
    sold = Receipt.objects.filter(status="completed")
    assert sold.count() <= 1
    given_back = moved("restore") + moved("release")
    assert given_back == 60
    assert account_of(member).balance == 100 - 60 * sold.count() + 2 * sold.count()


def test_one_purchase_cancelled_and_returned_at_once_comes_back_once(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    bought = sell(member, 1, redeem=Decimal(50)).body["id"]

    together(
        [partial(returns.cancel, UUID(bought), NOW), partial(give_back, bought, "R", "all")] * (THREADS // 2)
    )

    assert Receipt.objects.get().status in ("cancelled", "returned")
    assert sum(Return.objects.values_list("refund", flat=True)) == 50
    assert account_of(member).balance == 50


def test_purchases_returns_and_expiry_at_once_keep_the_books(shop: factories.Shop) -> None:
    members = [factories.enrol(shop.programme, "30") for _ in range(4)]
    bought = []
    for n, member in enumerate(members):
        factories.give_points(account_of(member), "40", expires_at=NOW - timedelta(seconds=1))
        bought.append(sell(member, f"before-{n}", redeem=Decimal(20)).body["id"])

    def work(n: int) -> Any:
        member = n % 4
        if n < 4:
            return sweep.expire(NOW)
        if n < 10:
            return give_back(bought[member], n, 3)
        return sell(members[member], n, redeem=Decimal(5))

    results = together([partial(work, n) for n in range(THREADS)])

    assert set(refusals(results)) <= {"return_exceeds_purchase", "redeem_exceeds_limit"}
    sweep.expire(NOW)
    assert moved("expire") == 160
    assert Transfer.objects.filter(kind="expire").count() == 4
    assert checkout.find(UUID(bought[0]), NOW)["status"] == "partially_returned"
