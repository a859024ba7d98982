"""The roles, made by a command that can be repeated."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from backoffice.staff import roles

pytestmark = pytest.mark.django_db


def test_the_command_makes_the_roles_and_brings_them_back(capsys):
    for _time in range(2):
        call_command("create_roles")
        Group.objects.get(name=roles.OPERATOR).permissions.add(
            Permission.objects.get(codename="publish_campaigns")
        )
    call_command("create_roles")
    for name, wanted in roles.ROLES.items():
        rights = Permission.objects.filter(group__name=name).select_related("content_type")
        assert {f"{right.content_type.app_label}.{right.codename}" for right in rights} == wanted
    assert "operator" in capsys.readouterr().out


def test_only_managers_publish_and_nobody_but_managers_and_operators_adjusts():
    may = {right: {name for name, rights in roles.ROLES.items() if right in rights} for right in (
        "backoffice.publish_campaigns", "backoffice.adjust_points", "pos.add_tillkey", "members.add_user",
    )}  # fmt: skip
    assert may == {
        "backoffice.publish_campaigns": {roles.MANAGER},
        "backoffice.adjust_points": {roles.MANAGER, roles.OPERATOR},
        "pos.add_tillkey": {roles.MANAGER},
        "members.add_user": set(),
    }


def test_no_role_may_write_the_ledger():
    written = {f"{app}.{action}_{model}" for app, model in (r.split(".") for r in roles.RECORDS)
               for action in ("change", "delete", "add")}  # fmt: skip
    allowed = {"loyalty.add_receipt", "loyalty.add_return"}  # what the till page asks for
    assert not [right for rights in roles.ROLES.values() for right in rights & written - allowed]
