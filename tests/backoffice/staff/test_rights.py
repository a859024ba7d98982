"""Roles and rights are told in words that whoever gives them can read."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from backoffice.staff import roles
from members.models import User


@pytest.fixture
def operator_role(db) -> Group:
    roles.create()
    return Group.objects.get(name=roles.OPERATOR)


def options(client, address: str, field: str) -> dict[int, str]:
    page = client.get(address, headers={"Accept-Language": "ru"})
    choices = page.context["adminform"].form.fields[field].choices
    return {int(getattr(value, "value", value)): str(label) for value, label in choices}


def test_every_right_and_role_to_choose_from_is_told_in_russian(operator_role, boss):
    somebody = User.objects.create_user("vera", is_staff=True)
    group = reverse("admin:auth_group_change", args=[operator_role.pk])
    user = reverse("admin:members_user_change", args=[somebody.pk])
    for told in (options(boss, group, "permissions"), options(boss, user, "user_permissions")):
        strange = [text for text in told.values() if re.search("[A-Za-z]{4,}", text.replace("Crontab", ""))]
        assert strange == []
        assert list(told.values()) == sorted(told.values(), key=str.casefold)
        assert "Участники · Участник: смотреть" in told.values()
    assert sorted(options(boss, user, "groups").values()) == ["Аналитик", "Кассир", "Менеджер", "Оператор"]
    listed = boss.get(reverse("admin:auth_group_changelist"), headers={"Accept-Language": "ru"})
    assert "Оператор" in listed.content.decode()


def test_a_role_keeps_its_rights_when_its_page_is_saved(operator_role, boss):
    before = set(operator_role.permissions.values_list("id", flat=True))
    address = reverse("admin:auth_group_change", args=[operator_role.pk])
    offered = options(boss, address, "permissions")
    assert before <= set(offered)
    answer = boss.post(address, {"name": operator_role.name, "permissions": sorted(before)})
    assert answer.status_code == 302
    assert set(operator_role.permissions.values_list("id", flat=True)) == before


def test_who_may_only_look_at_roles_reads_the_rights_in_words(operator_role, enter):
    client = enter(roles.ANALYST)
    looker = User.objects.get(groups__name=roles.ANALYST)
    looker.user_permissions.add(Permission.objects.get(codename="view_group"))
    address = reverse("admin:auth_group_change", args=[operator_role.pk])
    page = client.get(address, headers={"Accept-Language": "ru"}).content.decode()
    assert "Участники · Участник: смотреть" in page
    assert "Can view" not in page
