"""Webhooks in the back office."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Webhook
from tests import factories

pytestmark = pytest.mark.django_db


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
