"""Who holds an account and what each may do, at the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from backoffice.staff import roles
from loyalty.models import Holder
from loyalty.sharing import holders
from loyalty.sharing.rights import Rights
from members.models import Event
from tests import factories


@pytest.fixture
def child(scene):
    child = factories.enrol(scene.shop.programme, first_name="Kim")
    holders.come(scene.account.id, child, Rights(False), datetime.now(UTC), bring=False)
    return child


def page(member) -> str:
    return reverse("admin:members_member_share", args=[member.pk])


def test_the_member_s_page_says_who_shares_the_account_and_how_far_each_may_go(scene, child, enter):
    operator = enter(roles.OPERATOR)
    shown = operator.get(reverse("admin:members_member_change", args=[child.pk])).content.decode()
    assert page(child) in shown
    assert "May only earn" in shown
    assert str(scene.member) in shown
    account = operator.get(reverse("admin:loyalty_account_change", args=[scene.account.pk])).content.decode()
    assert "Kim" in account


def test_an_operator_changes_rights_hands_over_and_sends_away(scene, child, enter):
    operator, held = enter(roles.OPERATOR), Holder.objects.get(member=child)

    def send(**said):
        return operator.post(page(child), {"holder": held.pk, "a_day": "", "name": "", **said})

    assert "Say how many points a day" in send(what="limited").content.decode()
    assert send(what="limited", a_day="12.50").status_code == 302
    held.refresh_from_db()
    assert (held.may_redeem, held.daily_limit) == (True, Decimal("12.50"))
    assert Event.objects.filter(member=child, kind="account.rights").latest("id").data["user"] is not None
    assert send(what="make_owner").status_code == 302
    refused = send(what="send_away")
    assert refused.status_code == 200
    assert "The account has one owner" in refused.content.decode()
    other = Holder.objects.get(member=scene.member)
    assert operator.post(page(child), {"holder": other.pk, "what": "send_away"}).status_code == 302
    other.refresh_from_db()
    assert other.account_id != scene.account.pk


def test_an_account_becomes_a_firm_s_and_a_member_s_again(scene, enter):
    operator, held = enter(roles.OPERATOR), Holder.objects.get(member=scene.member)
    for name in ("Roasters", ""):
        assert (
            operator.post(page(scene.member), {"holder": held.pk, "what": "firm", "name": name}).status_code
            == 302
        )
        scene.account.refresh_from_db()
        assert (scene.account.business, scene.account.name) == (bool(name), name)


def test_who_only_looks_changes_no_holders_and_another_s_holder_cannot_be_named(scene, child, enter):
    assert enter(roles.ANALYST).get(page(child)).status_code == 403
    stranger = Holder.objects.get(member=factories.enrol(scene.shop.programme))
    answer = enter(roles.OPERATOR).post(page(child), {"holder": stranger.pk, "what": "earns"})
    assert answer.status_code == 200
    stranger.refresh_from_db()
    assert stranger.may_redeem
