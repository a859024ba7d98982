"""The ground's way of handing a text to an address."""

from __future__ import annotations

import pytest
from django.core import mail
from pytest_django import Settings

from members.delivery import Undeliverable, deliver

pytestmark = pytest.mark.django_db
SENT: list[tuple[object, ...]] = []


def sender(kind: str, to: str, text: str, *, subject: str = "", key: str = "") -> str:
    """An installation's own."""
    SENT.append((kind, to, text, subject, key))
    return "own"


def test_an_installation_may_have_a_sender_of_its_own(settings: Settings) -> None:
    settings.MESSAGE_SENDER = "tests.members.test_delivery.sender"
    from tests.members import test_delivery

    test_delivery.SENT.clear()
    assert deliver("sms", "+79161234545", "123456", key="k-1") == "own"
    assert test_delivery.SENT == [("sms", "+79161234545", "123456", "", "k-1")]


def test_a_letter_is_sent_by_the_channel_that_the_settings_name(settings: Settings) -> None:
    settings.EMAIL_CHANNEL = "smtp"
    assert (
        deliver("email", "anna@example.org", "Your code: 123456", subject="Your\ncode", key="k-1") == "smtp"
    )
    letter = mail.outbox[0]
    assert (letter.to, letter.subject, letter.body) == (
        ["anna@example.org"],
        "Your code",
        "Your code: 123456",
    )
    assert letter.extra_headers["X-Message-Key"] == "k-1"


@pytest.mark.parametrize(("kind", "sentence"), [("sms", "Text messages are not"), ("email", "E-mail is not")])
def test_a_kind_without_a_channel_is_told_in_a_sentence(kind: str, sentence: str, settings: Settings) -> None:
    settings.SMS_CHANNEL = settings.EMAIL_CHANNEL = ""
    with pytest.raises(Undeliverable, match=sentence):
        deliver(kind, "+79161234545", "123456")


@pytest.mark.parametrize("key", ["a b", "a\nb", "ключ", "x" * 65, "-"])
def test_a_key_that_cannot_travel_is_a_mistake_of_the_caller(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        deliver("sms", "+79161234545", "123456", key=key)
