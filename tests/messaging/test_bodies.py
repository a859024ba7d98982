"""Bodies of webhooks: enough to act on, each field documented."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.core.management import call_command

from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.occasions import registration
from members.models import Event
from members.registration import Newcomer
from messaging import bodies, webhooks
from messaging.models import Webhook, WebhookDelivery
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
GUIDE = Path(__file__).resolve().parents[2] / "docs/integrating/webhooks.md"


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


@pytest.fixture(autouse=True)
def hook() -> Iterator[Webhook]:
    webhooks.forget()
    yield Webhook.objects.create(name="erp", url="http://127.0.0.1:1/", kinds=Webhook.Kind.values)
    webhooks.forget()


def sell(shop: factories.Shop, **more: Any) -> UUID:
    member = factories.enrol(shop.programme, "10")
    lines = (
        SaleLine(1, "TEA", Decimal(2), Decimal("9.90")),
        SaleLine(2, "BUN", Decimal("0.5"), Decimal("3.00")),
    )
    fields: dict[str, Any] = {"store": "s", "purchased_at": NOW, "receipt_number": "1", "lines": lines}
    sale = Sale(**fields, member=Who(phone=member.phone), redeem=Decimal(5), **more)
    return UUID(str(checkout.purchase(sale, NOW).body["id"]))


def told(kind: str) -> dict[str, Any]:
    """The last body of a kind."""
    event = Event.objects.filter(kind=kind).latest("recorded_at")
    body: dict[str, Any] = msgspec.json.decode(bodies.write(event))
    assert body["type"] == kind
    assert WebhookDelivery.objects.filter(event=event).count() == 1
    return body["data"]


def test_a_purchase_is_told_with_its_lines_and_sums(shop: factories.Shop) -> None:
    receipt = sell(shop)
    data = told("purchase.completed")
    assert (data["receipt"], data["receipt_number"], data["store"]) == (str(receipt), "1", "s")
    assert (data["total"], data["to_pay"], data["redeemed"]) == (
        "21.30",
        "16.30",
        {"points": "5.00", "amount": "5.00"},
    )
    assert [(line["position"], line["sku"], line["quantity"]) for line in data["lines"]] == [
        (1, "TEA", "2"),
        (2, "BUN", "0.5"),
    ]
    assert sum(Decimal(line["to_pay"]) for line in data["lines"]) == Decimal(data["to_pay"])
    assert sum(Decimal(line["earned"]) for line in data["lines"]) == Decimal(data["earned"])
    assert data["purchased_at"] == "2026-11-21T09:31:00Z"


def test_a_return_is_told_with_its_lines_and_sums_and_what_came_before_stays_as_it_was(
    shop: factories.Shop,
) -> None:
    receipt = sell(shop)
    before = told("purchase.completed")
    answer = returns.give_back(receipt, ReturnRequest("r-1", NOW, (LineBack(1, Decimal(1)),)), NOW).body
    data = told("purchase.returned")
    assert data["lines"] == [{"position": 1, "sku": "TEA", "quantity": "1"}]
    assert (data["return_number"], data["status"]) == ("r-1", "partially_returned")
    assert {name: data[name] for name in ("refund", "restored", "revoked", "owed")} == {
        name: answer[name] for name in ("refund", "restored", "revoked", "owed")
    }
    assert told("purchase.completed") == before

    returns.cancel(receipt, NOW + timedelta(hours=1))
    rest = told("purchase.cancelled")
    assert (rest["return_number"], rest["status"]) == (None, "cancelled")
    assert [line["quantity"] for line in rest["lines"]] == ["1", "0.5"]


def test_a_held_purchase_is_told_and_so_is_its_confirmation(shop: factories.Shop) -> None:
    receipt = sell(shop, state="held")
    assert told("purchase.held")["hold_until"] is not None
    holds.confirm(receipt, NOW)
    data = told("purchase.completed")
    assert (data["hold_until"], data["to_pay"]) == (None, "16.30")


def test_a_new_member_is_told_with_their_programmes(shop: factories.Shop) -> None:
    member = registration.register(Newcomer(phone="+79161234545", channel="pos"), shop.programme.id, NOW)
    data = told("member.registered")
    assert (data["member"], data["channel"], data["programmes"]) == (
        str(member.id),
        "pos",
        [shop.programme.code],
    )


def test_every_field_of_every_body_stands_in_the_guide(shop: factories.Shop) -> None:
    guide = GUIDE.read_text()
    receipt = sell(shop, state="held")
    holds.confirm(receipt, NOW)
    returns.give_back(receipt, ReturnRequest("r-1", NOW, (LineBack(1, Decimal(1)),)), NOW)
    returns.cancel(receipt, NOW + timedelta(hours=1))
    registration.register(
        Newcomer(phone="+79161234545", channel="pos", cashier="C-17", partner="p"), shop.programme.id, NOW
    )

    def names(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(names, value))
        return set(value).union(*map(names, value.values())) if isinstance(value, dict) else set()

    found = names([told(kind) for kind in Webhook.Kind.values])
    assert len(found) > 30
    assert [name for name in sorted(found) if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("asked", [False, True])
def test_receipts_of_the_past_are_told_only_when_somebody_asks_and_then_after_todays(
    shop: factories.Shop, asked: bool, tmp_path: Path
) -> None:
    sell(shop)
    assert WebhookDelivery.objects.count() == 1
    file = tmp_path / "past.csv"
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["store", "receipt_number", "purchased_at", "sku", "quantity", "price"])
        writer.writerow(["s", "past-1", (NOW - timedelta(days=300)).isoformat(), "TEA", "1", "9.90"])
    call_command("import_receipts", file, verbosity=0, **({"tell_webhooks": True} if asked else {}))

    in_turn = WebhookDelivery.objects.order_by("due_at").values_list("event__data__receipt", flat=True)
    assert len(in_turn) == 1 + asked
    if asked:
        assert in_turn[1] == str(Event.objects.latest("id").data["receipt"])
