"""Webhooks: what happened is told, signed, until it arrives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest

from campaigns import checkout, returns
from campaigns.sale import Sale, SaleLine, Who
from messaging import webhooks
from messaging.models import Webhook, WebhookDelivery
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


class Listener:
    """A real HTTP server that remembers what it was told and answers as it is asked to."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    webhooks.forget()
    listening = Listener()
    yield listening
    listening.server.shutdown()
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

    assert webhooks.deliver_due(NOW) == 1
    assert webhooks.deliver_due(NOW) == 0
    headers, body = listener.heard[0]
    told = msgspec.json.decode(body)
    assert (told["type"], told["data"]["receipt"]) == ("purchase.completed", receipt)
    expected = webhooks.sign(hook.secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
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
    for pause in webhooks.PAUSES:
        assert webhooks.deliver_due(now) == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.answer, delivery.due_at) == ("waiting", "HTTP 500", now + pause)
        assert webhooks.deliver_due(now + pause - timedelta(seconds=1)) == 0
        now += pause
    webhooks.deliver_due(now)
    assert WebhookDelivery.objects.get().status == "failed"
    assert len(listener.heard) == len(webhooks.PAUSES) + 1


def test_nothing_is_told_of_a_purchase_that_did_not_happen(listener: Listener) -> None:
    factories.open_shop(store="s")
    Webhook.objects.create(name="erp", url=listener.url, kinds=["purchase.completed"])
    line = SaleLine(1, "TEA", Decimal(1), Decimal("9.90"))
    refused = Sale(store="s", purchased_at=NOW, receipt_number="1", lines=(line,), member=Who(card="nobody"))
    with pytest.raises(checkout.Refused):
        checkout.purchase(refused, NOW)
    assert WebhookDelivery.objects.count() == 0
