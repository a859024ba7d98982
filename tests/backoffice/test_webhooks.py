"""Webhooks in the back office."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Webhook
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


def test_a_webhook_is_made_with_a_secret_that_its_page_shows(client: Client) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    data = {
        "name": "erp",
        "url": "https://erp.example.com/hook",
        "kinds": ["purchase.completed"],
        "active": "on",
    }
    assert client.post(reverse("admin:messaging_webhook_add"), data).status_code == 302

    hook = Webhook.objects.get()
    assert hook.kinds == ["purchase.completed"]
    page = client.get(reverse("admin:messaging_webhook_change", args=[hook.pk])).content.decode()
    assert hook.secret in page
    assert client.get(reverse("admin:messaging_webhookdelivery_changelist")).status_code == 200
    assert client.get(reverse("admin:messaging_webhookdelivery_add")).status_code == 403


def test_a_webhook_that_was_set_aside_is_told_of_and_taken_up_again(client: Client) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    hook = Webhook.objects.create(
        name="erp",
        url="https://erp.example.com/",
        kinds=[],
        set_aside_at=NOW,
        failures=40,
        last_answer="HTTP 502",
    )
    page = client.get(reverse("admin:index")).content.decode()
    assert "The webhook “erp” was set aside" in page
    assert "HTTP 502" in page

    assert client.get(reverse("admin:messaging_webhook_take_up", args=[hook.pk])).status_code == 302
    hook.refresh_from_db()
    assert (hook.set_aside_at, hook.failures) == (None, 0)
    assert "was set aside" not in client.get(reverse("admin:index")).content.decode()


def test_another_address_is_tried_at_once_and_saving_writes_nothing_that_couriers_keep(
    client: Client,
) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    hook = Webhook.objects.create(
        name="erp", url="https://erp.example.com/", kinds=["purchase.held"], rests_until=NOW, failures=3
    )
    data = {"name": "erp 2", "url": hook.url, "kinds": hook.kinds, "active": "on"}
    page = reverse("admin:messaging_webhook_change", args=[hook.pk])
    assert client.post(page, data).status_code == 302
    hook.refresh_from_db()
    assert (hook.name, hook.rests_until, hook.failures) == ("erp 2", NOW, 3)

    assert client.post(page, data | {"url": "https://new.example.com/"}).status_code == 302
    hook.refresh_from_db()
    assert (hook.url, hook.rests_until, hook.failures) == ("https://new.example.com/", None, 0)
