"""The end of a hold among tills that sell, confirm and cancel at the same moment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from campaigns.checkout import checkout, holds, returns
from campaigns.models import Tally
from loyalty.models import Receipt
from members.models import Event
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import books_right_after, done, refusals, together
from tests.races.selling import NOW, basket, moved, sell

pytestmark = pytest.mark.django_db(transaction=True)
OVER = NOW + timedelta(days=2)


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


def test_a_hold_that_is_over_is_let_go_once_among_sales_confirmations_and_the_job(
    shop: factories.Shop,
) -> None:
    """Each of several tills may spend the points that the hold held; they are there for one of them."""
    factories.publish_campaign(shop.programme, {
        "whom": {"who": "members"}, "what": [{"effect": "discount_amount", "amount": "10"}],
        "judge": {"budget": {"money": "10"}},
    }, code="ten")  # fmt: skip
    anna, other = factories.enrol(shop.programme, "50"), factories.enrol(shop.programme)
    held = UUID(sell(anna, "held", redeem=Decimal(50), state="held").body["id"])
    spending = [partial(checkout.purchase, basket(anna, n, redeem=Decimal(50)), OVER) for n in range(4)]
    buying = [partial(checkout.purchase, basket(other, f"b{n}"), OVER) for n in range(4)]
    ending = [partial(holds.confirm, held, OVER)] * 3 + [partial(holds.release_stale, OVER)] * 3
    with books_right_after():
        results = together([*spending, *ending, *buying])
    assert len(done(results[:4])) == 1
    assert refusals(results[:4]) == ["redeem_exceeds_limit"] * 3
    assert refusals(results[4:7]) == ["wrong_state"] * 3
    assert Receipt.objects.get(id=held).status == "cancelled"
    assert Event.objects.filter(kind="purchase.cancelled").count() == 1
    assert (moved("hold"), moved("release"), moved("redeem")) == (50, 50, 50)
    assert account_of(anna).balance == 0
    cheaper = [r for r in done([*results[:4], *results[10:]]) if r.body["discount"] == "10.00"]
    assert (len(cheaper), Tally.objects.get().money) == (1, 10)


def test_a_hold_in_time_ends_in_one_way_among_confirmations_and_cancellations(shop: factories.Shop) -> None:
    anna = factories.enrol(shop.programme, "50")
    held = UUID(sell(anna, "held", redeem=Decimal(50), state="held").body["id"])
    with books_right_after():
        results = together([partial(holds.confirm, held, NOW)] * 4 + [partial(returns.cancel, held, NOW)] * 4)
    confirmed, cancelled = done(results[:4]), done(results[4:])
    assert bool(confirmed) or bool(cancelled)
    kinds = list(
        Event.objects.filter(kind__startswith="purchase.").order_by("at", "id").values_list("kind", flat=True)
    )
    assert kinds[0] == "purchase.held"
    assert len(kinds) == len(set(kinds))
    assert Receipt.objects.get(id=held).status in ("completed", "cancelled")


def test_purchases_held_at_the_same_moment_are_first_once(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, {
        "whom": {"who": "members"}, "if": {"condition": "first_purchase"},
        "what": [{"effect": "discount_amount", "amount": "10"}],
    }, code="first")  # fmt: skip
    anna = factories.enrol(shop.programme)
    with books_right_after():
        results = together([partial(sell, anna, n, state="held") for n in range(8)])
        again = together([partial(holds.confirm, UUID(one.body["id"]), NOW) for one in done(results)])
    assert sorted(one.body["discount"] for one in done(again)) == ["0.00"] * 7 + ["10.00"]
