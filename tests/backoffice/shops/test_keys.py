"""API keys: made in the back office, shown once, revoked for good."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from backoffice.staff import roles
from pos.models import TillKey
from tests import factories

ADD = reverse("admin:pos_tillkey_add")


def form(scene, **fields) -> dict[str, object]:
    return {"name": "Front till", "partner": scene.shop.partner.pk, "till": scene.shop.till.pk} | fields


def test_a_key_is_shown_once_and_works(scene, enter):
    client = enter(roles.MANAGER)
    page = client.post(ADD, form(scene), follow=True).content.decode()
    key = TillKey.objects.get(name="Front till")
    (secret,) = re.findall(r"regulars-key'>([^<]+)<", page)
    assert key.is_valid(secret)
    assert (key.partner, key.till) == (scene.shop.partner, scene.shop.till)
    for address in ("admin:pos_tillkey_changelist", "admin:pos_tillkey_change"):
        again = client.get(
            reverse(address, args=[key.pk] if address.endswith("change") else [])
        ).content.decode()
        assert secret not in again
        assert secret.partition(".")[2] not in again


def test_the_hash_is_never_edited(scene, boss):
    key = scene.shop.key
    before = TillKey.objects.values("id", "prefix", "hashed_key", "partner", "till").get(pk=key.pk)
    other = factories.open_shop()
    changes = form(
        scene, name="Renamed", hashed_key="x", prefix="x", id="x", partner=other.partner.pk, till=""
    )
    assert boss.post(reverse("admin:pos_tillkey_change", args=[key.pk]), changes).status_code == 302
    assert TillKey.objects.values("id", "prefix", "hashed_key", "partner", "till").get(pk=key.pk) == before
    assert TillKey.objects.get(pk=key.pk).name == "Renamed"


def test_keys_are_revoked_for_good(scene, boss):
    key = scene.shop.key
    chosen = {"action": "revoke", "_selected_action": [key.pk]}
    boss.post(reverse("admin:pos_tillkey_changelist"), chosen)
    assert TillKey.objects.get(pk=key.pk).revoked
    boss.post(reverse("admin:pos_tillkey_change", args=[key.pk]), {"name": "Back again", "revoked": ""})
    assert TillKey.objects.get(pk=key.pk).revoked


def test_a_till_of_another_partner_is_refused(scene, boss):
    other = factories.open_shop()
    before = TillKey.objects.count()
    answer = boss.post(ADD, form(scene, till=other.till.pk))
    assert "till" in answer.context["adminform"].form.errors
    assert TillKey.objects.count() == before


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_keys_are_for_managers(scene, enter, role):
    assert enter(role).post(ADD, form(scene)).status_code == 403


def test_no_address_page_or_history_of_the_back_office_holds_a_keys_hash(scene, boss):
    boss.post(ADD, form(scene))
    key = TillKey.objects.get(name="Front till")
    hashed = key.hashed_key
    page = reverse("admin:pos_tillkey_change", args=[key.prefix])
    listed = boss.get(reverse("admin:pos_tillkey_changelist")).content.decode()
    links = re.findall(r'(?:href|action)="([^"]*)"', listed)
    assert any(link.startswith(page) for link in links)
    assert boss.post(page, {"name": "Side till", "revoked": ""}).status_code == 302
    history = reverse("admin:pos_tillkey_history", args=[key.prefix])
    for address in (page, history, reverse("admin:index")):
        answer = boss.get(address)
        assert answer.status_code == 200
        links += re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode())
    told = [*links, *LogEntry.objects.values_list("object_id", flat=True)]
    salted = hashed.rpartition("$")[2][:12]
    assert [link for link in told if salted in unquote(link)] == []
    assert LogEntry.objects.filter(object_id=key.prefix).count() == 2
