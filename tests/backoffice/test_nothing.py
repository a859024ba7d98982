"""Lists that are empty: what they say, and where they lead."""

from __future__ import annotations

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from backoffice import nothing
from backoffice.staff import roles
from campaigns.models import Backtest, Campaign
from loyalty.models import Receipt
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
    of_programmes = {address(Backtest, "add"), address(Campaign, "add")}
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
