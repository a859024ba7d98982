"""Reports of a gateway: who is believed, and what they can change."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from members.delivery import deliver
from messaging.channels import deliveries
from messaging.models import Delivery
from tests.messaging.channels.gateway import Gateway

pytestmark = pytest.mark.django_db
SECRET = "a-secret-that-nobody-guesses"
PLACE = "/messages/sms/status/"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def sent(gateway: Gateway, settings: Settings) -> Delivery:
    """A message that the gateway took as g-1."""
    settings.SMS_CALLBACK_SECRET = SECRET
    deliver("sms", "+79161234545", "123456", key="k-1")
    return Delivery.objects.get()


def report(client: Client, headers: dict[str, str] | None = None, place: str = PLACE, **fields: Any) -> int:
    answer = client.post(place, json.dumps(fields), content_type="application/json", headers=headers or {})
    return answer.status_code


def status(row: Delivery) -> str:
    row.refresh_from_db()
    return row.status


def test_a_gateway_tells_by_its_id_or_ours_that_a_message_arrived(client: Client, sent: Delivery) -> None:
    assert report(client, BEARER, id="g-1", status="queued") == 200
    assert status(sent) == "sent"
    assert report(client, BEARER, id="k-1", status="DELIVRD") == 200
    assert status(sent) == "delivered"


def test_forms_and_addresses_are_read_too(client: Client, sent: Delivery, settings: Settings) -> None:
    settings.SMS_CALLBACK_ID, settings.SMS_CALLBACK_STATUS = "MessageSid", "MessageStatus"
    form = {"MessageSid": "g-1", "MessageStatus": "undelivered"}
    assert client.post(PLACE, form, headers=BEARER).status_code == 200
    assert status(sent) == "undelivered"
    address = f"{PLACE}?secret={SECRET}&MessageSid=g-1&MessageStatus=delivered"
    assert client.get(address).status_code == 200
    assert status(sent) == "delivered"


def test_a_gateway_may_report_of_several_at_once(
    client: Client, sent: Delivery, gateway: Gateway, settings: Settings
) -> None:
    gateway.content = b'{"id": "g-2"}'
    deliver("sms", "+79161234546", "654321", key="k-2")
    settings.SMS_CALLBACK_LIST, settings.SMS_CALLBACK_STATUS = "results", "status.name"
    told = [{"id": "g-1", "status": {"name": "DELIVERED"}}, {"id": "g-2", "status": {"name": "EXPIRED"}}]
    assert report(client, BEARER, results=[*told, {"id": "g-3"}]) == 400
    assert status(sent) == "sent"
    assert report(client, BEARER, results=[{**told[0], "id": "nobody"}, *told]) == 404
    assert (status(sent), Delivery.objects.get(key="k-2").status) == ("delivered", "undelivered")
    assert [report(client, BEARER, results=some) for some in (told[:0], told)] == [200, 200]
    assert [report(client, BEARER, results=wrong) for wrong in (told[0], "x", None)] == [400, 400, 400]


@pytest.mark.parametrize("order", itertools.permutations(["queued", "failed", "delivered"]))
def test_what_arrived_stays_so_in_whichever_order_it_is_told(
    order: tuple[str, ...], client: Client, sent: Delivery
) -> None:
    for said in order:
        assert report(client, BEARER, id="g-1", status=said) == 200
    assert status(sent) == "delivered"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": "Bearer "},
        {"X-Signature": hmac.new(SECRET.encode(), b"", hashlib.sha256).hexdigest()},
    ],
)
def test_nobody_else_is_believed(headers: dict[str, str], client: Client, sent: Delivery) -> None:
    assert report(client, headers, id="g-1", status="delivered") == 403
    assert report(client, headers, PLACE + "?secret=wrong", id="g-1", status="delivered") == 403
    assert status(sent) == "sent"


def test_a_signature_covers_all_that_is_read(client: Client, sent: Delivery, settings: Settings) -> None:
    settings.SMS_CALLBACK_SIGNATURE = "X-Signature"
    body = json.dumps({"id": "g-1", "status": "failed"}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    def tell(content: bytes, given: str, query: str = "") -> int:
        return client.post(
            PLACE + query, content, content_type="application/json", headers={"X-Signature": given}
        ).status_code

    assert tell(body.replace(b"failed", b"delivered"), signature) == 403
    assert report(client, BEARER, id="g-1", status="failed") == 403
    nothing = hmac.new(SECRET.encode(), b"", hashlib.sha256).hexdigest()
    told = f"{PLACE}?id=g-1&status=delivered&secret={SECRET}"
    assert client.get(told, headers={"X-Signature": nothing}).status_code == 403
    assert status(sent) == "sent"
    assert tell(body, f"sha256={signature.upper()}", "?status=delivered") == 200
    assert status(sent) == "undelivered"


def test_without_a_secret_no_report_is_expected(client: Client, sent: Delivery, settings: Settings) -> None:
    settings.SMS_CALLBACK_SECRET = ""
    assert report(client, {"Authorization": "Bearer "}, id="g-1", status="delivered") == 404
    assert report(client, BEARER, "/messages/smtp/status/", id="g-1", status="delivered") == 404
    assert report(client, BEARER, "/messages/pigeon/status/", id="g-1", status="delivered") == 404


@pytest.mark.parametrize(
    ("body", "kind", "answer"),
    [
        (b"{", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"id": "g-1"}', "application/json", 400),
        (b'{"status": "delivered"}', "application/json", 400),
        (b'{"id": {"a": 1}, "status": "delivered"}', "application/json", 400),
        (b'{"id": "g\\u0000", "status": "delivered"}', "application/json", 400),
        (b'{"id": "nobody", "status": "delivered"}', "application/json", 404),
        (b"id=g%00&status=delivered", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"x" * 70_000, "text/plain", 413),
        (b"", "", 400),
    ],
)
def test_whatever_is_sent_is_answered(
    body: bytes, kind: str, answer: int, client: Client, sent: Delivery
) -> None:
    assert client.post(PLACE, body, content_type=kind, headers=BEARER).status_code == answer
    assert status(sent) == "sent"


def test_a_report_that_comes_before_the_answer_stands(sent: Delivery) -> None:
    message = deliveries.Message("sms", "+79161234545", "123456", "", "k-2")
    assert deliveries.claim(message, "sms", timezone.now())
    assert deliveries.hear("sms", "k-2", Delivery.Status.DELIVERED, timezone.now())
    deliveries.note(message, Delivery.Status.SENT, "", "g-2", timezone.now())
    row = Delivery.objects.get(key="k-2")
    assert (row.status, row.gateway_id) == ("delivered", "g-2")
