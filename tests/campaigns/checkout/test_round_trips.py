"""How often a sale goes to the database and back, in a world where it is committed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.checkout import checkout, clashes
from foundation.refusals import Refused
from loyalty.models import Receipt
from loyalty.shops import places
from members.models import Event
from messaging import webhooks
from messaging.models import Webhook, WebhookDelivery
from rewards.models import Coupon, CouponUse
from tests import factories
from tests.analytics.laddering import change
from tests.laws.world import account_of
from tests.races.selling import NOW, basket, sell
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member(lasting_memory: None) -> Any:
    shop = factories.open_shop(store="s")
    factories.publish_campaign(shop.programme)
    buyer = factories.enrol(shop.programme, "100")
    sell(buyer, "before")  # the store is known and the product exists
    clashes._busy.clear()
    return buyer


def trips(work: Any) -> list[str]:
    """The first words of every statement, transactions' ends included."""
    with CaptureQueriesContext(connection) as seen:
        work()
    return [query["sql"].split()[0] for query in seen.captured_queries]


def test_a_purchase_reads_once_and_writes_once(member: Any) -> None:
    assert trips(lambda: sell(member, 1, redeem=Decimal(10))) == ["WITH", "WITH"]
    assert account_of(member).balance == Decimal("99.50")  # 100 + 5 - 10 + 4.5


def test_a_quote_reads_once(member: Any) -> None:
    assert trips(lambda: checkout.quote(basket(member, 1, redeem=Decimal(10)), NOW)) == ["WITH"]


def test_a_purchase_that_lost_a_race_locks_reads_and_writes_in_a_transaction(
    member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = checkout.situation.read, []

    def outdated(*args: Any) -> Any:
        found = read(*args)
        reads.append(found)
        if len(reads) == 1 and found.book is not None:
            found.book.version -= 1  # as if somebody had written the account since it was read
        return found

    monkeypatch.setattr(checkout.situation, "read", outdated)

    assert trips(lambda: sell(member, 1)) == ["WITH", "BEGIN", "SELECT", "WITH", "WITH", "COMMIT"]
    assert Receipt.objects.count() == 2
    assert trips(lambda: sell(member, 2)) == ["BEGIN", "SELECT", "WITH", "WITH", "COMMIT"]  # busy


def test_what_did_not_count_wrote_nothing(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read = checkout.situation.read

    def outdated(*args: Any) -> Any:
        found = read(*args)
        if found.book is not None:
            found.book.version -= 1
        return found

    monkeypatch.setattr(checkout.situation, "read", outdated)

    with pytest.raises(checkout.ledger.Stale):
        sell(member, 1, redeem=Decimal(10))
    assert Receipt.objects.count() == 1
    assert account_of(member).balance == 105


def test_a_webhook_is_noted_in_the_transaction_of_the_purchase(member: Any) -> None:
    Webhook.objects.create(url="https://example.com/hook", kinds=["purchase.completed"])
    webhooks.forget()

    seen = trips(lambda: sell(member, 1))

    assert (seen[0], seen[-1]) == ("WITH", "COMMIT")
    assert "INSERT" in seen[seen.index("BEGIN") :]
    assert WebhookDelivery.objects.count() == 1
    webhooks.forget()


def test_a_purchase_goes_on_when_the_database_dropped_its_connection(member: Any, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    answer = sell(member, 1, redeem=Decimal(10))

    assert not answer.replay
    assert account_of(member).balance == Decimal("99.50")


@pytest.mark.parametrize(
    "rules",
    [
        {"window": "year", "down": "below"},
        {"window": "rolling", "span_amount": 30, "down": "below"},
        {"down": "idle", "idle_days": 30},
    ],
)
def test_a_ladder_that_looks_at_time_takes_no_trip_of_its_own(member: Any, rules: dict[str, Any]) -> None:
    programme = Receipt.objects.get().programme
    for code, threshold in (("classic", 0), ("silver", 150), ("gold", 250)):
        factories.TierFactory(programme=programme, code=code, threshold=threshold)
    change(programme, **rules)
    places.forget()
    sell(member, "known")  # the store and the ladder

    assert trips(lambda: sell(member, 1)) == ["WITH", "WITH"]  # reaches gold
    assert trips(lambda: sell(member, 2, purchased_at=NOW - timedelta(days=40))) == ["WITH", "WITH"]  # late
    places.forget()


def shown(member: Any, **fields: Any) -> str:
    """The code for all of a new series, which takes ten off."""
    programme = Receipt.objects.get().programme
    code = make_series(programme, code="ten", mass_code="TENOFF10", **fields).coupons.get().code
    factories.publish_campaign(
        programme,
        {
            "what": [{"effect": "discount_amount", "amount": "10"}],
            "if": {"condition": "coupon", "series": ["ten"]},
        },
    )
    checkout.quote(basket(member, "known"), NOW)  # the rules are known
    return code


@pytest.mark.parametrize(
    "limits", [{}, {"uses_each": 9}, {"uses_each": 9, "most_per_member": 9, "most_in_all": 9}]
)
def test_a_coupon_takes_no_trip_of_its_own(member: Any, limits: dict[str, Any]) -> None:
    code = shown(member, **limits)

    assert trips(lambda: checkout.quote(basket(member, 1, coupons=(code,)), NOW)) == ["WITH"]
    assert trips(lambda: sell(member, 1, coupons=(code,))) == ["WITH", "WITH"]
    assert trips(lambda: sell(member, 2, coupons=(code,))) == ["WITH", "WITH"]
    assert trips(lambda: sell(member, 3, coupons=(code,), state="held")) == ["WITH", "WITH"]
    assert sorted(CouponUse.objects.values_list("state", flat=True)) == ["reserved", "used", "used"]
    assert Event.objects.filter(kind="coupon.used", member=member, data__coupon=code).count() == 2


def test_nor_does_it_where_nobody_shows_a_card(member: Any) -> None:
    code = shown(member, most_in_all=2)

    assert trips(lambda: sell(None, 1, coupons=(code,))) == ["WITH", "WITH"]
    assert CouponUse.objects.get().member is None


def test_a_coupon_that_another_sale_used_is_judged_again(
    member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = shown(member, uses_each=1)
    prepare = checkout.writing.prepare

    def slow(*args: Any) -> Any:
        monkeypatch.undo()
        decided = prepare(*args)
        Coupon.objects.update(uses=1, state="used")  # as if somebody had used it since it was read
        return decided

    monkeypatch.setattr(checkout.writing, "prepare", slow)

    with pytest.raises(Refused, match="used already"):
        sell(member, 1, coupons=(code,))
    assert Receipt.objects.count() == 1
    assert not CouponUse.objects.exists()
