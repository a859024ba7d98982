"""Text messages by a gateway: whatever it does, one outcome, and neither text nor phone in any log or row."""

from __future__ import annotations

import contextlib
import json
import logging
from typing import Any

import pytest
from pytest_django import Settings

from members.delivery import Undeliverable, deliver
from messaging.channels.deliveries import digest
from messaging.channels.sms import sms
from messaging.models import Delivery
from tests.messaging.channels.gateway import Gateway
from tests.messaging.listener import Dripper

pytestmark = pytest.mark.django_db
PHONE, TEXT = "+79161234545", "Код: 123456"


def send(key: str = "k-1") -> str:
    return deliver("sms", PHONE, TEXT, key=key)


def test_a_message_is_asked_for_as_the_settings_say(gateway: Gateway) -> None:
    assert send() == "sms"
    heard = gateway.heard[0]
    assert (heard.method, heard.path) == ("POST", "/send")
    asked = json.loads(heard.body)
    assert asked == {"to": "79161234545", "text": TEXT, "ref": "k-1", "more": [{"plus": PHONE}, 5]}
    wanted = {"x-api-key": "k3y", "idempotency-key": "k-1", "content-type": "application/json"}
    assert heard.headers.items() >= wanted.items()
    row = Delivery.objects.get()
    assert (row.key, row.kind, row.channel, row.gateway_id, row.status) == (
        "k-1",
        "sms",
        "sms",
        "g-1",
        "sent",
    )
    assert row.digest == digest(PHONE)


def test_a_gateway_that_wants_a_get_or_a_form_is_asked_so(gateway: Gateway, settings: Settings) -> None:
    settings.SMS_METHOD, settings.SMS_BODY = "GET", ""
    settings.SMS_URL = f"{gateway.url}/send?to={{phone}}&text={{text}}&id={{key}}"
    send()
    path = "/send?to=%2B79161234545&text=%D0%9A%D0%BE%D0%B4%3A%20123456&id=k-1"
    assert (gateway.heard[0].method, gateway.heard[0].path, gateway.heard[0].body) == ("GET", path, b"")

    settings.SMS_METHOD, settings.SMS_BODY = "POST", "to={digits}&text={text}"
    settings.SMS_ANSWER_ID = ""
    gateway.content = b"OK"
    send("k-2")
    assert gateway.heard[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert Delivery.objects.get(key="k-2").gateway_id == ""


@pytest.mark.parametrize(
    ("status", "content", "outcome", "sentence"),
    [
        (202, b'{"id": 5}', "sent", None),
        (200, b'{"id": "g", "more": "' + b"x" * 60_000 + b'"}', "sent", None),
        (400, b'{"error": "bad number +79161234545: 123456"}', "failed", "could not be sent"),
        (401, b"", "failed", "could not be sent"),
        (302, b"", "failed", "could not be sent"),
        (429, b"", "failed", "Too many text messages"),
        (500, b"123456", "unclear", "could not be sent"),
        (503, b'{"id": "g-1"}', "unclear", "could not be sent"),
        (200, b'{"error": "no money for 123456"}', "failed", "could not be sent"),
        (200, b"<html>123456</html>", "unclear", "could not be sent"),
        (200, b"[" * 50_000, "unclear", "could not be sent"),
        (200, b'{"id": "' + b"x" * 70_000 + b'"}', "unclear", "could not be sent"),
        (0, b"", "unclear", "could not be sent"),
    ],
)
def test_each_answer_has_one_outcome(
    status: int, content: bytes, outcome: str, sentence: str | None, gateway: Gateway
) -> None:
    gateway.status, gateway.content = status, content
    if sentence:
        with pytest.raises(Undeliverable, match=sentence):
            send()
    else:
        send()
    row = Delivery.objects.get()
    assert (row.status, len(gateway.heard)) == (outcome, 1)
    assert "123456" not in row.words
    assert "9161234545" not in row.words


def test_a_gateway_that_is_not_there_took_nothing(gateway: Gateway) -> None:
    gateway.stop()
    with pytest.raises(Undeliverable, match="could not be sent"):
        send()
    assert (Delivery.objects.get().status, Delivery.objects.get().words) == ("failed", "no connection")


@pytest.mark.parametrize(
    "drip", [b"", b"x", b"y\r\n\r\n"], ids=["silent", "a byte of its head now and then", "of its body"]
)
def test_a_slow_gateway_is_left_in_time(drip: bytes, gateway: Gateway, settings: Settings) -> None:
    dripper = Dripper(drip)
    settings.SMS_URL, settings.SMS_SECONDS = dripper.url, 0.4
    try:
        with pytest.raises(Undeliverable):
            send()
    finally:
        dripper.stop()
    assert (Delivery.objects.get().status, dripper.calls) == ("unclear", 1)


def test_no_log_holds_the_text_or_the_phone_at_any_level(
    gateway: Gateway, settings: Settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.LOGGING["loggers"]["urllib3"]["level"] == "INFO"
    settings.SMS_METHOD, settings.SMS_BODY = "GET", ""
    settings.SMS_URL = f"{gateway.url}/send?to={{digits}}&text={{text}}"
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel("INFO")
    for status in (200, 400, 500, 0):
        gateway.status = status
        with contextlib.suppress(Undeliverable):
            send(f"k-{status}")
    gateway.stop()
    with pytest.raises(Undeliverable):
        send("k-none")
    said = caplog.text + "".join(capsys.readouterr())
    assert "k-none" in said
    for secret in ("123456", "9161234545"):
        assert secret not in said


GOOD: dict[str, Any] = {
    "SMS_URL": "https://sms.example.com/send",
    "SMS_METHOD": "POST",
    "SMS_HEADERS": {},
    "SMS_BODY": '{"to": "{phone}", "text": "{text}"}',
    "SMS_CALLBACK_SECRET": "",
    "SMS_CALLBACK_SIGNATURE": "",
}


@pytest.mark.parametrize(
    ("changes", "variable", "remedy"),
    [
        ({}, None, ""),
        ({"SMS_BODY": "to={digits}&text={text}"}, None, ""),
        ({"SMS_URL": "https://x/?t={text}&p={phone}", "SMS_BODY": "", "SMS_METHOD": "GET"}, None, ""),
        ({"SMS_URL": ""}, "SMS_URL", "Give the gateway's address"),
        ({"SMS_METHOD": "GET"}, "SMS_BODY", "A GET has no body"),
        ({"SMS_BODY": '{"to": "{phone}", "text": "{text}"'}, "SMS_BODY", "begins like JSON and is none"),
        ({"SMS_BODY": "to={number}&text={text}&x={phone}"}, "SMS_BODY", "not {number}"),
        ({"SMS_BODY": "text={text}"}, "SMS_BODY", "where the phone goes"),
        ({"SMS_BODY": "to={phone}"}, "SMS_BODY", "where the phone goes"),
        ({"SMS_HEADERS": {"X-Text": "{text}"}}, "SMS_HEADERS", "not {text}"),
        ({"SMS_HEADERS": {"X-Name": "Ёлка"}}, "SMS_HEADERS", "Latin letters"),
        ({"SMS_HEADERS": {"X-Name": "a\r\nHost: b"}}, "SMS_HEADERS", "on one line"),
        ({"SMS_CALLBACK_SECRET": "short"}, "SMS_CALLBACK_SECRET", "at least 16"),
        ({"SMS_CALLBACK_SIGNATURE": "X-Signature"}, "SMS_CALLBACK_SECRET", "the secret that signs"),
    ],
)
def test_the_check_names_the_variable_and_the_fix(
    changes: dict[str, Any], variable: str | None, remedy: str, settings: Settings
) -> None:
    for name, value in (GOOD | changes).items():
        setattr(settings, name, value)
    found = list(sms.CHANNEL.find_faults())
    assert [fault.variable for fault in found] == ([variable] if variable else [])
    assert all(remedy in fault.remedy for fault in found)
