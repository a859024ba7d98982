"""A gateway that listens, and settings that lead to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.messaging.channels.gateway import Gateway


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    listening = Gateway()
    settings.SMS_CHANNEL = "sms"
    settings.SMS_URL = f"{listening.url}/send"
    settings.SMS_METHOD = "POST"
    settings.SMS_HEADERS = {"X-Api-Key": "k3y", "Idempotency-Key": "{key}"}
    settings.SMS_BODY = (
        '{"to": "{digits}", "text": "{text}", "ref": "{key}", "more": [{"plus": "{phone}"}, 5]}'
    )
    settings.SMS_ANSWER_ID = "id"
    settings.SMS_SECONDS = 10
    yield listening
    listening.stop()
