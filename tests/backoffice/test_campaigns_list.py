"""The list of campaigns: each says what it does, and how many statements that takes does not grow."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories

LIST = reverse("admin:campaigns_campaign_changelist")
HAPPY = {
    "whom": {"who": "members"},
    "what_for": {"of": "lines", "categories": ["coffee"]},
    "what": [{"effect": "points_fixed", "points": "5"}],
    "if": {"condition": "receipt_amount", "at_least": "20"},
}


def look(client: Client) -> str:
    return " ".join(client.get(LIST).content.decode().replace("\xa0", " ").replace("&nbsp;", " ").split())


def test_a_campaign_says_below_its_name_what_it_does_and_when(scene: Any, boss: Client) -> None:
    factories.CampaignFactory(programme=scene.shop.programme, name="Coffee break", draft=HAPPY)
    text = look(boss)
    assert "All members get 5 points on Coffee. Only if the receipt comes to at least 20 EUR." in text
    assert "get 5% back in points" in text


def test_what_is_live_is_told_and_not_what_is_only_drafted(scene: Any, boss: Client) -> None:
    scene.live.draft = {**HAPPY, "what": [{"effect": "points_fixed", "points": "77"}]}
    scene.live.save()
    assert "77 points" not in look(boss)


def test_the_programme_is_named_where_there_are_several(scene: Any, boss: Client) -> None:
    assert "column-programme" not in look(boss)
    factories.ProgrammeFactory(code="other", name="Another one")
    assert "column-programme" in look(boss)


def test_the_number_of_statements_does_not_grow(scene: Any, boss: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            look(boss)
        return len(seen)

    factories.CampaignFactory(programme=scene.shop.programme, draft=HAPPY)
    before = count()
    for _number in range(5):
        factories.CampaignFactory(programme=scene.shop.programme, draft=HAPPY)
    assert count() == before
