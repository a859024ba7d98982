"""Erased is what an erasure leaves behind: no form, no file and no statement sets it or undoes it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from members.models import Member
from tests import factories
from tests.backoffice.members.forms import profile, send


def test_nobody_chooses_that_a_member_is_erased(scene, boss):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    field = boss.get(address).context["adminform"].form.fields["status"]
    assert [value for value, _label in field.choices] == ["active", "blocked"]
    answer = boss.post(address, profile(scene.member, status="erased"))
    assert "status" in answer.context["adminform"].form.errors
    assert boss.post(address, profile(scene.member, status="blocked")).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.status == "blocked"


def test_a_member_who_was_erased_stays_so_whatever_the_form_says(scene, boss):
    factories.erase(scene.member)
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    assert boss.get(address).context["adminform"].form.fields["status"].disabled
    assert boss.post(address, profile(scene.member, status="active")).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.status == "erased"


def test_the_database_lets_nobody_set_or_undo_erased_by_the_way(scene):
    with pytest.raises(DatabaseError, match="by an erasure alone"), transaction.atomic():
        Member.objects.filter(pk=scene.member.pk).update(status="erased")
    with pytest.raises(DatabaseError, match="by an erasure alone"), transaction.atomic():
        factories.MemberFactory(status="erased")
    factories.erase(scene.member)
    Member.objects.filter(pk=scene.member.pk).update(status="erased", first_name="")
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        Member.objects.filter(pk=scene.member.pk).update(status="active")


@pytest.mark.parametrize("header", ["status", "статус"])
def test_a_file_that_says_erased_is_refused(scene, boss, header):
    preview = send(
        boss, reverse("admin:members_member_import"), f"phone,{header}\n{scene.member.phone},erased\n"
    )
    assert f"There is no column “{header}”." in preview.content.decode()
    scene.member.refresh_from_db()
    assert scene.member.status == "active"
