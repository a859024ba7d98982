"""Sending: by the channel for the kind, once for each key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.conf import LazySettings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.utils import translation
from django.utils.module_loading import import_string
from pytest_django import Settings

from members.delivery import Undeliverable, deliver
from messaging.channels import checks
from messaging.channels.outbox import outbox
from messaging.channels.table import CHANNELS
from messaging.models import Delivery
from tests.cabinet import post
from tests.config.processes import ROOT
from tests.messaging.channels.gateway import Gateway, PostOffice

PHONE = "+79161234545"


@pytest.fixture
def office(settings: Settings) -> Iterator[PostOffice]:
    listening = PostOffice()
    settings.EMAIL_CHANNEL = "smtp"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", listening.port
    settings.DEFAULT_FROM_EMAIL = "The shop <shop@example.org>"
    yield listening
    listening.stop()


@pytest.mark.django_db
def test_a_letter_carries_our_id(office: PostOffice) -> None:
    deliver("email", "anna@example.org", "Your code: 123456", subject="Code", key="k-1")
    assert "X-Message-Key: k-1" in office.letters[0]
    assert "Message-ID: <k-1@example.org>" in office.letters[0]
    row = Delivery.objects.get()
    assert (row.channel, row.status, row.gateway_id) == ("smtp", "sent", "<k-1@example.org>")


@pytest.mark.django_db
def test_a_letter_bears_the_name_of_the_programme_that_writes_from_the_houses_address(
    office: PostOffice,
) -> None:
    deliver("email", "anna@example.org", "123456", subject="Code", key="k-1", sender="Coffee\nClub")
    deliver(
        "email", "anna@example.org", "123456", subject="Code", key="k-2", sender="Клуб <evil@example.net>"
    )
    deliver("email", "anna@example.org", "123456", subject="Code", key="k-3")
    first, second, third = office.letters
    assert "From: Coffee Club <shop@example.org>" in first
    assert "<shop@example.org>" in second
    assert "<evil@example.net>" not in second
    assert "From: The shop <shop@example.org>" in third


@pytest.mark.django_db
def test_a_sender_of_ones_own_that_takes_no_name_is_given_none(settings: LazySettings) -> None:
    with post.box(settings) as sent:
        deliver("sms", PHONE, "123456", sender="Club")
        assert [one.text for one in sent] == ["123456"]


@pytest.mark.django_db
def test_a_letter_that_is_refused_was_not_sent(office: PostOffice) -> None:
    office.refuses = True
    with translation.override("ru"), pytest.raises(Undeliverable, match="Письмо не удалось отправить"):
        deliver("email", "anna@example.org", "Your code: 123456", key="k-1")
    row = Delivery.objects.get()
    assert (row.status, row.words, office.letters) == ("failed", "SMTPRecipientsRefused", [])
    office.stop()
    with pytest.raises(Undeliverable):
        deliver("email", "anna@example.org", "Your code: 123456", key="k-2")
    assert Delivery.objects.get(key="k-2").status == "failed"


class Provider(BaseEmailBackend):
    """A backend as django-anymail's are: it leaves what the provider said on the letter, or raises its own errors."""

    said: ClassVar[str] = "queued"

    def send_messages(self, email_messages: Any) -> int:
        for letter in email_messages:
            if self.said == "broken":
                raise KeyError("anna@example.org")
            letter.anymail_status = SimpleNamespace(status={self.said}, message_id="pm-1")
        return len(email_messages)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "status", "kept"),
    [("queued", "sent", "pm-1"), ("rejected", "failed", ""), ("broken", "unclear", "")],
)
def test_a_providers_backend_tells_its_id_and_its_refusals(
    said: str, status: str, kept: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_CHANNEL = "smtp"
    settings.EMAIL_BACKEND = f"{__name__}.Provider"
    monkeypatch.setattr(import_string(settings.EMAIL_BACKEND), "said", said)
    with nullcontext() if status == "sent" else pytest.raises(Undeliverable):
        deliver("email", "anna@example.org", "123456", key="k-1")
    row = Delivery.objects.get()
    assert (row.status, row.gateway_id) == (status, kept)
    assert "anna" not in row.words


@pytest.mark.django_db
def test_a_message_that_perhaps_went_is_not_sent_twice_and_one_that_did_not_is(gateway: Gateway) -> None:
    gateway.status = 500
    for _ in range(2):
        with pytest.raises(Undeliverable):
            deliver("sms", PHONE, "123456", key="unclear")
    assert len(gateway.heard) == 1

    gateway.status = 429
    with pytest.raises(Undeliverable):
        deliver("sms", PHONE, "123456", key="busy")
    gateway.status = 200
    assert [deliver("sms", PHONE, "123456", key="busy") for _ in range(2)] == ["sms", "sms"]
    assert len(gateway.heard) == 3
    assert Delivery.objects.get(key="busy").status == "sent"


@pytest.mark.django_db(transaction=True)
def test_of_many_calls_with_one_key_one_sends(gateway: Gateway) -> None:
    def call(_number: int) -> str:
        try:
            return deliver("sms", PHONE, "123456", key="k-1")
        finally:
            connections.close_all()

    for status, heard in ((429, None), (200, 1)):
        gateway.status = status
        gateway.heard.clear()
        with ThreadPoolExecutor(8) as pool:
            if status == 429:
                for done in [pool.submit(call, number) for number in range(8)]:
                    assert isinstance(done.exception(), Undeliverable) or done.result() == "sms"
            else:
                assert set(pool.map(call, range(8))) == {"sms"}
        assert heard is None or len(gateway.heard) == heard
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
def test_messages_without_a_key_get_one_each(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    for _ in range(2):
        assert deliver("sms", PHONE, "123456") == "outbox"
    keys = list(Delivery.objects.values_list("key", flat=True))
    assert len(set(keys)) == 2
    assert [entry["key"] for entry in outbox.read_newest(9)] == keys


@pytest.mark.django_db
def test_the_outbox_is_its_owners_and_survives_what_was_cut_off(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    deliver("sms", PHONE, "first")
    file = outbox.find_file()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with file.open("ab") as cut:
        cut.write(b'[1]\n{"at": 5}\nnull\n\xff{"at": "2026\n')
    for number in range(3):
        deliver("email", "anna@example.org", f"letter {number}\u2028", subject="Letters")
    assert [entry["text"] for entry in outbox.read_newest(3)] == [f"letter {n}\u2028" for n in (2, 1, 0)]
    assert len(outbox.read_newest(99)) == 4


@pytest.mark.django_db
def test_an_outbox_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "no folder"
    settings.VAR.write_text("")
    with pytest.raises(Undeliverable, match="could not be sent"):
        deliver("sms", PHONE, "123456", key="k-1")
    assert Delivery.objects.get().status == "failed"


@pytest.mark.django_db
def test_the_console_shows_a_message(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_CHANNEL = "console"
    assert deliver("sms", PHONE, "Your code: 123456", key="k-1") == "console"
    assert capsys.readouterr().out == f"sms k-1 to {PHONE}\nYour code: 123456\n"


def test_every_folder_of_a_channel_is_in_the_table_and_in_the_guide() -> None:
    folders = {file.parent.name for file in (ROOT / "messaging/channels").glob("*/__init__.py")}
    assert folders == set(CHANNELS)
    guide = (ROOT / "docs/operating/channels.md").read_text()
    assert set(re.findall(r"^\| `([a-z]+)` \| (?:both|e-mail|text)", guide, re.M)) == set(CHANNELS)


def test_channels_that_reach_nobody_are_told_outside_the_demo(settings: Settings) -> None:
    settings.DEMO = False
    found = checks.find_faults()
    assert [(fault.level, str(fault.msg).split(":")[0]) for fault in found] == [
        (30, "SMS_CHANNEL"),
        (30, "EMAIL_CHANNEL"),
    ]
    settings.MESSAGE_SENDER = "tests.members.test_delivery.sender"
    assert checks.find_faults() == []


def test_a_gateway_without_an_address_fails_the_check(settings: Settings) -> None:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "sms", ""
    settings.SMS_URL, settings.SMS_BODY = "", "to={phone}&text={text}"
    (fault,) = checks.find_faults()
    assert (fault.level, str(fault.msg)[:36]) == (40, "SMS_URL: Give the gateway's address,")


def test_what_mail_cannot_do_without_is_told(settings: Settings) -> None:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "", "smtp"
    settings.EMAIL_BACKEND = "anymail.backends.nobody.EmailBackend"
    assert [str(fault.msg)[:39] for fault in checks.find_faults()] == [
        "EMAIL_BACKEND: It cannot be used: No mo"
    ]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
    assert [str(fault.msg)[:13] for fault in checks.find_faults()] == ["EMAIL_USE_SSL"]
