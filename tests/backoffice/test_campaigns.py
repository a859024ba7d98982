"""Campaigns in the back office: drafts, publication, pause and end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from backoffice import roles
from backoffice.definition_field import TEMPLATE, differences
from campaigns.engine.definition import parse
from campaigns.models import Campaign, Revision, Rulebook
from members.models import User

BAD = {"what": [{"effect": "points_percent", "percent": "500"}], "whom": {"who": "nobody"}}
GOOD = {"what": [{"effect": "points_percent", "percent": "7"}]}
PUBLISH = {"campaigns_campaign_publish": ""}


def page(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_change", args=[campaign.pk])


def form(draft, name="Named anew") -> dict[str, str]:
    return {"name": name, "draft": draft if isinstance(draft, str) else json.dumps(draft)}


def test_the_template_of_a_new_campaign_is_a_definition():
    parse(dict(TEMPLATE))


def test_publishing_makes_a_revision_that_is_in_the_newest_rulebook(scene, enter):
    answer = enter(roles.MANAGER).post(page(scene.draft), form(GOOD) | PUBLISH, follow=True)
    revision = Revision.objects.get(campaign=scene.draft)
    assert (revision.number, revision.definition, revision.name) == (1, GOOD, "Named anew")
    assert str(revision.published_by) == roles.MANAGER
    assert revision.pk in Rulebook.objects.latest("id").revisions
    scene.draft.refresh_from_db()
    assert scene.draft.status == Campaign.Status.LIVE
    assert "Published: revision 1 is live from now on." in answer.content.decode()


def test_a_broken_definition_is_refused_with_every_place_and_changes_nothing(scene, boss):
    before = list(Campaign.objects.values()), Revision.objects.count(), Rulebook.objects.count()
    answer = boss.post(page(scene.draft), form(BAD) | PUBLISH)
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors["draft"]
    assert [error.partition(":")[0] for error in errors] == ["what[0].percent", "whom.who"]
    assert (list(Campaign.objects.values()), Revision.objects.count(), Rulebook.objects.count()) == before


def test_a_stored_draft_that_the_engine_refuses_is_not_published(scene, boss, rf):
    """A draft can be older than the engine's rules, or written past the form."""
    from django.contrib import admin
    from django.contrib.messages.storage.fallback import FallbackStorage

    Campaign.objects.filter(pk=scene.draft.pk).update(draft=BAD)
    scene.draft.refresh_from_db()
    request = rf.post("/")
    request.session, request.user = boss.session, User.objects.get(username="boss")
    request._messages = FallbackStorage(request)
    desk: Any = admin.site._registry[Campaign]
    desk.publish(request, scene.draft)
    assert [message.message.partition(":")[0] for message in request._messages] == [
        "what[0].percent",
        "whom.who",
    ]
    assert not scene.draft.revisions.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("{\n  oops", "line 2, column 3"), ("", "Write the definition"), ("[]", "will not do")],
)
def test_text_that_is_no_definition_says_where(scene, boss, text, said):
    answer = boss.post(page(scene.draft), form(text))
    assert said in str(answer.context["adminform"].form.errors["draft"])


def test_saving_a_draft_leaves_what_is_live_alone(scene, boss):
    rulebooks = Rulebook.objects.count()
    boss.post(page(scene.live), form(GOOD))
    scene.live.refresh_from_db()
    assert scene.live.draft == GOOD
    assert scene.live.revisions.count() == 1
    assert Rulebook.objects.count() == rulebooks


def test_publishing_what_is_live_already_makes_no_revision(scene, boss):
    answer = boss.post(page(scene.live), form(scene.live.draft, scene.live.name) | PUBLISH, follow=True)
    assert scene.live.revisions.count() == 1
    assert "says the same and is live" in answer.content.decode()


def stop(scene, word: str) -> str:
    return reverse(f"admin:campaigns_campaign_{word}", args=[scene.live.pk])


@pytest.mark.parametrize(("word", "status"), [("pause", "paused"), ("end", "ended")])
def test_a_live_campaign_is_taken_out_of_the_rules_by_a_confirmed_form(scene, enter, word, status):
    client = enter(roles.MANAGER)
    assert client.get(stop(scene, word)).status_code == 200
    scene.live.refresh_from_db()
    assert scene.live.status == Campaign.Status.LIVE
    answer = client.post(stop(scene, word), {"_form_submitted": "True"})
    assert answer.headers["HX-Redirect"] == page(scene.live)
    scene.live.refresh_from_db()
    assert scene.live.status == status
    assert scene.live.revisions.get().pk not in Rulebook.objects.latest("id").revisions


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_operators_and_analysts_publish_and_stop_nothing(scene, enter, role):
    client = enter(role)
    assert client.post(page(scene.draft), form(GOOD) | PUBLISH).status_code == 403
    for word in ("pause", "end"):
        assert client.post(stop(scene, word), {"_form_submitted": "True"}).status_code == 403
    scene.live.refresh_from_db()
    assert scene.live.status == Campaign.Status.LIVE
    assert not scene.draft.revisions.exists()


def test_who_may_edit_but_not_publish_only_saves(scene, enter):
    from django.contrib.auth.models import Group, Permission

    client = enter(roles.ANALYST)
    Group.objects.get(name=roles.ANALYST).permissions.add(Permission.objects.get(codename="change_campaign"))
    client.post(page(scene.draft), form(GOOD) | PUBLISH)
    scene.draft.refresh_from_db()
    assert scene.draft.draft == GOOD
    assert scene.draft.status == Campaign.Status.DRAFT
    assert not scene.draft.revisions.exists()


def test_only_what_was_never_published_is_deleted(scene, boss):
    gone = reverse("admin:campaigns_campaign_delete", args=[scene.draft.pk])
    kept = reverse("admin:campaigns_campaign_delete", args=[scene.live.pk])
    assert boss.post(kept, {"post": "yes"}).status_code == 403
    assert boss.post(gone, {"post": "yes"}).status_code == 302
    assert not Campaign.objects.filter(pk=scene.draft.pk).exists()


def test_differences_are_told_field_by_field():
    before = {"what": [{"effect": "points_percent", "percent": "5"}], "whom": {"tiers": ["gold"]}}
    after = {"what": [{"effect": "points_percent", "percent": "7"}], "when": {"weekdays": [1, 2]}}
    assert differences(before, after) == [
        "what[0].percent: 5 → 7",
        "when.weekdays: + [1, 2]",
        'whom.tiers: − ["gold"]',
    ]
