"""Webhooks: what happened is told, signed, until it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from campaigns.checkout import checkout, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from messaging import couriers, webhooks
from messaging.models import Webhook, WebhookDelivery
from tests import factories
from tests.messaging.listener import Listener, at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


@pytest.fixture
def listener() -> Iterator[Listener]:
    webhooks.forget()
    listening = Listener()
    yield listening
    listening.stop()
    webhooks.forget()


def sell(shop: factories.Shop, number: str = "1") -> str:
    member = factories.enrol(shop.programme, "10")
    line = SaleLine(1, "TEA", Decimal(1), Decimal("9.90"))
    sale = Sale(
        store="s", purchased_at=NOW, receipt_number=number, lines=(line,), member=Who(phone=member.phone)
    )
    return str(checkout.purchase(sale, NOW).body["id"])


def test_a_purchase_is_told_once_and_signed(listener: Listener) -> None:
    shop = factories.open_shop(store="s")
    hook = Webhook.objects.create(name="erp", url=listener.url, kinds=["purchase.completed"])
    receipt = sell(shop)

    assert couriers.deliver_due(at(NOW)) == 1
    assert couriers.deliver_due(at(NOW)) == 0
    headers, body = listener.heard[0]
    told = msgspec.json.decode(body)
    assert (told["type"], told["data"]["receipt"]) == ("purchase.completed", receipt)
    expected = couriers.sign(hook.secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected
    assert headers["webhook-id"] == told["id"]


def test_only_what_is_wanted_is_told(listener: Listener) -> None:
    shop = factories.open_shop(store="s")
    Webhook.objects.create(name="returns", url=listener.url, kinds=["purchase.returned"])
    Webhook.objects.create(name="off", url=listener.url, kinds=["purchase.completed"], active=False)
    other = factories.PartnerFactory()
    Webhook.objects.create(name="other", url=listener.url, kinds=["purchase.completed"], partner=other)
    Webhook.objects.create(name="own", url=listener.url, kinds=["purchase.completed"], partner=shop.partner)
    receipt = sell(shop)
    returns.cancel(receipt, NOW)  # type: ignore[arg-type]

    assert [delivery.webhook.name for delivery in WebhookDelivery.objects.all()] == ["own"]


def test_a_delivery_is_tried_again_after_longer_and_longer_pauses_and_then_given_up(
    listener: Listener,
) -> None:
    shop = factories.open_shop(store="s")
    Webhook.objects.create(name="erp", url=listener.url, kinds=["purchase.completed"])
    sell(shop)
    listener.status = 500
    now = NOW
    for pause in couriers.PAUSES:
        assert couriers.deliver_due(at(now)) == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.answer, delivery.due_at) == ("waiting", "HTTP 500", now + pause)
        assert couriers.deliver_due(at(now + pause - timedelta(seconds=1))) == 0
        now += pause
    couriers.deliver_due(at(now))
    assert WebhookDelivery.objects.get().status == "failed"
    assert len(listener.heard) == len(couriers.PAUSES) + 1


def test_nothing_is_told_of_a_purchase_that_did_not_happen(listener: Listener) -> None:
    factories.open_shop(store="s")
    Webhook.objects.create(name="erp", url=listener.url, kinds=["purchase.completed"])
    line = SaleLine(1, "TEA", Decimal(1), Decimal("9.90"))
    refused = Sale(store="s", purchased_at=NOW, receipt_number="1", lines=(line,), member=Who(card="nobody"))
    with pytest.raises(checkout.Refused):
        checkout.purchase(refused, NOW)
    assert WebhookDelivery.objects.count() == 0
