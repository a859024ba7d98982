"""Two requests under one key at once: one works, the other gets its answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from members.codes import confirmation
from members.models import Code, Event, Member
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


@pytest.fixture(autouse=True)
def warm_up(transactional_db: None) -> None:
    """A server loads its middleware before it has threads."""
    Client().get("/api/v1/nowhere")


def at_once(
    shop: factories.Shop, path: str, body: dict[str, Any], **headers: str
) -> list[tuple[int, bool, Any]]:
    """Send the same request from many threads. Returns (status, replayed, body) of each."""

    def call(_: int) -> tuple[int, bool, Any]:
        try:
            response = Client().post(
                f"/api/v1/{path}", json.dumps(body), content_type="application/json",
                headers={"Authorization": f"Api-Key {shop.secret}", **headers},
            )  # fmt: skip
            return response.status_code, "Idempotent-Replay" in response.headers, response.json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(THREADS)))


def test_one_registration_is_made_and_all_get_its_answer() -> None:
    shop = factories.open_shop()
    answers = at_once(shop, "members", {"phone": "+79031112233"}, **{"Idempotency-Key": "k-1"})
    assert sorted(status for status, _replay, _body in answers) == [200] * (THREADS - 1) + [201]
    assert sum(replay for _status, replay, _body in answers) == THREADS - 1
    assert len({body["id"] for _status, _replay, body in answers}) == 1
    assert Member.objects.count() == 1


def test_without_a_key_one_registration_wins_and_the_others_are_told() -> None:
    shop = factories.open_shop()
    answers = at_once(shop, "members", {"phone": "+79031112233"})
    assert sorted(status for status, _replay, _body in answers) == [201] + [409] * (THREADS - 1)
    assert Member.objects.count() == 1


def test_one_event_is_kept() -> None:
    shop = factories.open_shop()
    member = factories.enrol(shop.programme)
    event = {
        "type": "review.left", "key": "1", "member": {"id": str(member.id)}, "occurred_at": "2026-11-21T12:00:00Z",
    }  # fmt: skip
    answers = at_once(shop, "events", event)
    assert len({body["id"] for _status, _replay, body in answers}) == 1
    assert Event.objects.filter(kind="review.left").count() == 1


def test_one_code_confirms_one_purchase(settings: Any, mailoutbox: list[Any]) -> None:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "", "smtp"
    shop = factories.open_shop(confirm_above=10)
    member = factories.enrol(shop.programme, "500", email="anna@example.org")
    confirmation.send(member, timezone.now())
    code = str(mailoutbox[-1].body)[-6:]

    def buy(number: int) -> int:
        sale = {
            "store": shop.store.code, "receipt_number": str(number), "purchased_at": "2026-11-21T12:00:00Z",
            "member": {"id": str(member.id)}, "redeem": "20", "confirmation_code": code,
            "lines": [{"position": 1, "sku": "TEA", "quantity": "1", "price": "100"}],
        }  # fmt: skip
        try:
            return Client().post(
                "/api/v1/purchases", json.dumps(sale), content_type="application/json",
                headers={"Authorization": f"Api-Key {shop.secret}"},
            ).status_code  # fmt: skip
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = sorted(pool.map(buy, range(THREADS)))
    assert statuses == [201] + [422] * (THREADS - 1)
    assert Code.objects.get().used_at is not None
