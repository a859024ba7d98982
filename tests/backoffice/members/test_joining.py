"""Joining in the back office is an act with consent: of somebody new, and of a member who joins another programme."""

from __future__ import annotations

import pytest
from django.urls import reverse

from backoffice.staff import roles
from loyalty.models import Holder
from members.models import Consent, Event, Member
from tests import factories
from tests.backoffice.members.test_people import ADD, newcomer


@pytest.fixture
def club(scene):
    programme = factories.ProgrammeFactory(code="club", name="The club")
    factories.rulebooks.refresh(programme, factories.START)
    return programme


def page(scene) -> str:
    return reverse("admin:members_member_join", args=[scene.member.pk])


def test_what_a_newcomer_agrees_to_is_written_down_with_who_was_told(scene, enter):
    operator = enter(roles.OPERATOR)
    assert operator.post(ADD, newcomer(scene, consents=["sms", "email"])).status_code == 302
    member = Member.objects.get(phone="+79165554433")
    said = {one.channel: (one.granted, one.source) for one in member.consents.all()}
    assert said == {"sms": (True, "desk"), "email": (True, "desk")}
    assert member.consents.earliest("id").evidence["user"]
    assert operator.post(ADD, newcomer(scene, phone="+7 916 555-44-34")).status_code == 302
    assert not Member.objects.get(phone="+79165554434").consents.exists()
    refused = operator.post(ADD, newcomer(scene, phone="+7 916 555-44-35", consents=["pigeon"]))
    assert "consents" in refused.context["adminform"].form.errors


def test_a_member_joins_another_programme_only_when_they_asked_for_it(scene, club, enter):
    operator = enter(roles.OPERATOR)
    member = reverse("admin:members_member_change", args=[scene.member.pk])
    assert page(scene) in operator.get(member).content.decode()
    before = Consent.objects.filter(member=scene.member).count()

    refused = operator.post(page(scene), {"programme": club.pk, "consents": ["sms"]})
    assert "Ask the member first." in refused.content.decode()
    assert not Holder.objects.filter(member=scene.member, programme=club).exists()

    asked = {"programme": club.pk, "consents": ["sms"], "asked": "on"}
    assert operator.post(page(scene), asked).status_code == 302
    assert Holder.objects.filter(member=scene.member, programme=club).count() == 1
    assert Consent.objects.filter(member=scene.member).count() == before + 1
    joined = Event.objects.filter(member=scene.member, kind="member.registered").latest("id")
    assert joined.data["programme"] == "club"
    assert page(scene) not in operator.get(member).content.decode()
    assert "has joined every programme" in operator.get(page(scene)).content.decode()
    assert operator.post(page(scene), asked).status_code == 200
    assert Holder.objects.filter(member=scene.member, programme=club).count() == 1


def test_a_blocked_member_joins_nothing_and_who_only_looks_lets_nobody_join(scene, club, enter):
    Member.objects.filter(pk=scene.member.pk).update(status="blocked")
    asked = {"programme": club.pk, "asked": "on"}
    assert "The member is blocked." in enter(roles.OPERATOR).post(page(scene), asked).content.decode()
    assert enter(roles.ANALYST).get(page(scene)).status_code == 403
    assert not Holder.objects.filter(member=scene.member, programme=club).exists()
