"""Lists that are empty: what they say, and where they lead."""

from __future__ import annotations

import re

from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice import nothing
from backoffice.staff import roles
from campaigns.models import Backtest, Campaign, Questionnaire
from loyalty.models import Receipt
from tests import factories
from tests.backoffice.conftest import Scene
from tests.backoffice.test_pages import MODELS, address


def test_every_empty_list_says_what_belongs_there_and_leads_to_the_next_step(boss: Client) -> None:
    assert set(nothing.LISTS) == {model._meta.label_lower for model in MODELS}
    filled, reached = set(), set()
    for model in MODELS:
        if model._default_manager.exists():
            filled.add(model._meta.label)
            continue
        told = boss.get(address(model, "changelist")).content.decode()
        found = nothing.LISTS[model._meta.label_lower]
        assert "Nothing here yet" in told, model
        assert str(found.text) in told.replace("&#x27;", "'"), model
        assert found.steps, model
        for step in found.steps:
            assert f'href="{reverse(step.page)}"' in told, model
            reached.add(reverse(step.page))
        assert "No results found" not in told
    assert filled == {"members.User"}
    of_programmes = {address(model, "add") for model in (Backtest, Campaign, Questionnaire)}
    assert of_programmes < reached
    assert {boss.get(page).status_code for page in reached - of_programmes} == {200}
    for page in of_programmes:
        assert "Make a programme first" in boss.get(page, follow=True).content.decode()


def test_a_search_that_finds_nothing_says_so_and_leads_back_to_the_whole_list(boss: Client) -> None:
    searched = [model for model in MODELS if admin.site._registry[model].search_fields]
    assert searched
    for model in searched:
        told = boss.get(address(model, "changelist"), {"q": "nosuchthing"}).content.decode()
        assert "Nothing is found" in told, model
        assert "“nosuchthing”" in told, model
        assert "Nothing here yet" not in told, model
    filtered = boss.get(address(Receipt, "changelist"), {"status__exact": "held"}).content.decode()
    assert "Nothing here fits these filters." in filtered


def test_an_empty_list_offers_nobody_a_step_that_he_may_not_take(scene: Scene, enter) -> None:
    keys = address(MODELS[[model._meta.label for model in MODELS].index("pos.TillKey")], "add")
    told = enter(roles.ANALYST).get(address(Receipt, "changelist"), {"q": ""}).content.decode()
    assert keys not in told
    steps = nothing.LISTS["loyalty.receipt"].steps
    assert [step.right for step in steps] == ["pos.add_tillkey", "loyalty.view_store"]
    request = enter(roles.ANALYST).get(address(Receipt, "changelist")).wsgi_request
    assert nothing.steps(nothing.LISTS["loyalty.receipt"], request) == [
        ("To the stores", reverse("admin:loyalty_store_changelist"))
    ]


def test_a_list_whose_campaigns_are_all_archived_says_so_and_leads_to_the_archive(boss: Client) -> None:
    """What is put away is neither denied nor unfindable."""
    campaign = factories.CampaignFactory(name="Old harvest", archived_at=timezone.now())
    page = address(Campaign, "changelist")
    told = boss.get(page).content.decode()
    assert "All campaigns are in the archive" in told and "Nothing here yet" not in told
    assert 'href="?state=archived"' in told and "Make a campaign" in told
    assert campaign.name in boss.get(page, {"state": "archived"}).content.decode()

    searched = boss.get(page, {"q": "harvest"}).content.decode()
    assert "Nothing is found" in searched
    assert 'href="?q=harvest&amp;state=archived"' in searched
    assert campaign.name in boss.get(page, {"q": "harvest", "state": "archived"}).content.decode()
    other = boss.get(page, {"state": "live"}).content.decode()
    assert "Nothing here fits these filters." in other and "Search in the archive" not in other


def test_the_head_of_a_list_speaks_of_results_only_when_something_was_sought(boss: Client) -> None:
    for model in MODELS:
        whole = boss.get(address(model, "changelist")).content.decode()
        assert not re.search(r"\d+ results?\b", whole), model
        assert "Show all" not in whole, model
    head = (
        boss.get(address(Campaign, "changelist"), {"q": "nosuchthing"}).content.decode().partition("</h1>")[0]
    )
    assert "Show all" in head
