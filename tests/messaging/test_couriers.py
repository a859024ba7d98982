"""Couriers: whatever a receiver does, the others hear in time, and every delivery can be checked and acted on."""

from __future__ import annotations

import base64
import importlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from standardwebhooks import Webhook as Standard

from members.timeline import events
from messaging import couriers, posting, webhooks
from messaging.models import Webhook, WebhookDelivery, new_secret
from messaging.posting import Answer
from tests.messaging.listener import Dripper, Listener, at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
GUIDE = Path(__file__).resolve().parents[2] / "docs/integrating/webhooks.md"
KIND = "member.registered"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    webhooks.forget()
    yield
    webhooks.forget()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.stop()


def happen(times: int = 1) -> None:
    """Something that webhooks want to hear of."""
    with transaction.atomic():
        for number in range(times):
            events.record(KIND, None, NOW, number=number)


def hang_up(name: str, url: str = "http://127.0.0.1:1/") -> Webhook:
    return Webhook.objects.create(name=name, url=url, kinds=[KIND])


def test_the_specifications_own_library_takes_what_fifty_secrets_sign() -> None:
    body = '{"data":{}}'
    for number in range(50):
        secret, when = new_secret(), int(time.time())
        headers = {
            "webhook-id": f"msg-{number}",
            "webhook-timestamp": str(when),
            "webhook-signature": couriers.sign(secret, f"msg-{number}", when, body.encode()),
        }
        Standard(secret).verify(body, headers)


def test_an_old_secret_is_written_anew_and_stands_for_the_same_bytes() -> None:
    encode_again = importlib.import_module(
        "messaging.migrations.0003_secrets_in_ordinary_base64"
    ).encode_again
    keys = [bytes([number, 251, 255, *range(29)]) for number in range(3)]
    hooks = [hang_up(str(number)) for number in range(4)]
    for hook, key in zip(hooks, keys, strict=False):
        hook.secret = "whsec_" + base64.urlsafe_b64encode(key).decode().rstrip("=")
        hook.save()

    apps = SimpleNamespace(get_model=lambda app, name: Webhook)
    encode_again(apps, None)
    encode_again(apps, None)  # what is written anew already stays

    secrets = [Webhook.objects.get(id=hook.id).secret for hook in hooks]
    assert [base64.b64decode(text.removeprefix("whsec_"), validate=True) for text in secrets[:3]] == keys
    assert secrets[3] == hooks[3].secret


def test_the_guides_example_tells_a_genuine_delivery_from_another(listener: Listener) -> None:
    example = next(
        code for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S) if "def " in code
    )
    known: dict[str, Any] = {}
    exec(example, known)
    hook = hang_up("erp", listener.url)
    happen()
    couriers.deliver_due(at(datetime.now(UTC)))
    headers, body = listener.heard[0]

    assert known["is_genuine"](hook.secret, headers, body)
    assert not known["is_genuine"](hook.secret, headers, body + b" ")
    assert not known["is_genuine"](new_secret(), headers, body)
    assert not known["is_genuine"](hook.secret, headers | {"webhook-timestamp": "1"}, body)


@pytest.mark.parametrize("drip", [b"", b"x"], ids=["silent", "dripping"])
def test_one_silent_or_dripping_receiver_costs_one_call_and_keeps_nobody_waiting(
    drip: bytes, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    dripper = Dripper(drip)

    def hurry(url: str, body: bytes, headers: Any, seconds: float) -> Answer:
        return posting.post(url, body, headers, 0.4 if url == dripper.url else seconds)

    monkeypatch.setattr(couriers, "post", hurry)
    try:
        bad, good = hang_up("bad", dripper.url), hang_up("good", listener.url)
        happen(5)
        assert couriers.deliver_due(at(NOW)) == 5
    finally:
        dripper.stop()

    assert dripper.calls == 1
    assert len(listener.heard) == 5
    bad.refresh_from_db()
    assert (bad.failures, bad.last_answer) == (1, "no answer within 0.4 seconds")
    assert bad.rests_until == NOW + couriers.REST
    assert list(bad.deliveries.order_by("id").values_list("attempts", flat=True)) == [1, 0, 0, 0, 0]
    assert good.deliveries.filter(status="delivered").count() == 5


def test_a_call_that_cannot_be_made_is_told_in_words() -> None:
    assert not posting.post("http://127.0.0.1:1/", b"", {}, 5).ok
    assert "refused" in posting.post("http://127.0.0.1:1/", b"", {}, 5).words
    assert posting.post("http://no-such-host.invalid/", b"", {}, 5).status == 0


def test_no_transaction_is_open_while_a_receiver_is_waited_for(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(*_: Any) -> Answer:
        seen.append((connection.in_atomic_block, connection.get_autocommit()))
        return Answer(200, "HTTP 200")

    monkeypatch.setattr(couriers, "post", look)
    hang_up("erp")
    happen(2)
    couriers.deliver_due(at(NOW))
    assert seen == [(False, True)] * 2


def test_each_delivery_is_signed_when_it_is_sent_and_delivered_when_it_was_taken(listener: Listener) -> None:
    ticks = iter(range(1000))
    hang_up("erp", listener.url)
    happen(3)
    couriers.deliver_due(lambda: NOW + timedelta(seconds=next(ticks)))

    sent = [int(headers["webhook-timestamp"]) for headers, _body in listener.heard]
    taken = [
        one.delivered_at.timestamp() for one in WebhookDelivery.objects.order_by("id") if one.delivered_at
    ]
    assert len(set(sent)) == 3
    assert [one + 1 for one in sent] == taken


def test_a_receiver_is_sent_to_by_one_courier_at_a_time_until_its_turn_has_lapsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def call_another(*_: Any) -> Answer:
        calls.append(couriers.deliver_due(at(NOW)))  # meanwhile another courier comes by
        return Answer(200, "HTTP 200")

    monkeypatch.setattr(couriers, "post", call_another)
    hook = hang_up("erp")
    happen(2)
    assert couriers.deliver_due(at(NOW)) == 2
    assert calls == [0, 0]

    Webhook.objects.filter(id=hook.id).update(busy_until=NOW + couriers.LEASE)  # whose courier died
    happen()
    assert couriers.deliver_due(at(NOW)) == 0
    assert couriers.deliver_due(at(NOW + couriers.LEASE)) == 1


def test_what_one_receiver_says_of_one_delivery_holds_up_no_other(listener: Listener) -> None:
    hook = hang_up("erp", listener.url)
    happen(3)
    listener.status = 422
    couriers.deliver_due(at(NOW))
    hook.refresh_from_db()
    assert (len(listener.heard), hook.rests_until, hook.failures) == (3, None, 3)


def test_a_dead_receiver_rests_longer_and_longer_is_set_aside_and_taken_up_again(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, now, rests = hang_up("erp", listener.url), NOW, []
    happen(20)
    listener.status = 503
    while not hook.set_aside_at:
        couriers.deliver_due(at(now))
        hook.refresh_from_db()
        assert hook.rests_until is not None
        rests.append(hook.rests_until - now)
        now = hook.rests_until

    assert rests[:4] == [timedelta(seconds=10 * 2**n) for n in range(4)]
    assert max(rests) == couriers.LONGEST_REST
    assert hook.failing_since == NOW
    assert hook.set_aside_at >= NOW + couriers.PATIENCE
    calls = len(listener.heard)
    happen()  # is kept for it
    assert couriers.deliver_due(at(now + timedelta(days=1))) == 0
    assert len(listener.heard) == calls

    listener.status = 200
    waiting = hook.deliveries.filter(status="waiting").count()
    assert webhooks.take_up(hook.id, now) == waiting
    assert couriers.deliver_due(at(now)) == waiting
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since, hook.set_aside_at) == (0, None, None)


def test_who_is_set_aside_for_two_weeks_is_switched_off() -> None:
    hook = hang_up("erp")
    Webhook.objects.filter(id=hook.id).update(set_aside_at=NOW)
    couriers.deliver_due(at(NOW + couriers.KEPT))
    assert Webhook.objects.get().active
    couriers.deliver_due(at(NOW + couriers.KEPT + timedelta(seconds=1)))
    assert not Webhook.objects.get().active


def test_a_receiver_that_answers_410_hears_nothing_more(listener: Listener) -> None:
    hook = hang_up("erp", listener.url)
    happen(3)
    listener.status = 410
    couriers.deliver_due(at(NOW))
    webhooks.forget()
    happen()
    couriers.deliver_due(at(NOW + timedelta(days=1)))

    hook.refresh_from_db()
    assert len(listener.heard) == 1
    assert not hook.active
    assert set(hook.deliveries.values_list("status", "answer")) == {("failed", "HTTP 410")}
    assert hook.deliveries.count() == 3


def test_a_webhook_that_is_removed_while_it_is_called_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(*_: Any) -> Answer:
        Webhook.objects.all().delete()
        return Answer(200, "HTTP 200")

    monkeypatch.setattr(couriers, "post", remove)
    hang_up("erp")
    happen(2)
    couriers.deliver_due(at(NOW))
    assert not WebhookDelivery.objects.exists()


def test_a_body_is_what_it_was_however_often_it_is_sent(listener: Listener) -> None:
    hang_up("erp", listener.url)
    happen()
    listener.status = 500
    couriers.deliver_due(at(NOW))
    couriers.deliver_due(at(NOW + timedelta(days=1)))
    (_, first), (_, second) = listener.heard
    assert first == second
    assert msgspec.json.decode(first)["data"]["number"] == 0
