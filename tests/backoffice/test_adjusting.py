"""Points given and taken by hand, on a member's page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from backoffice import roles
from loyalty import adjustment
from loyalty.models import Lot, Transfer
from members.models import Event, new_id
from members.refusals import Conflict
from tests import factories
from tests.backoffice.conftest import NOON


@pytest.fixture
def sheet(scene):
    """The address of the form, and a function that fills it in."""
    address = reverse("admin:members_member_adjust_points", args=[scene.member.pk])

    def fill(points="25", direction="give", reason="Broken cup", key=None):
        return {
            "key": str(key or new_id()),
            "account": str(scene.account.pk),
            "direction": direction,
            "points": points,
            "reason": reason,
        }

    return address, fill


def count_adjustments() -> int:
    return Transfer.objects.filter(key__startswith="adjust:").count()


def test_points_are_given_once_with_the_reason_and_the_one_who_gave_them(scene, sheet, enter):
    address, fill = sheet
    client = enter(roles.OPERATOR)
    before = scene.account.balance
    form = fill()
    answers = [client.post(address, form, follow=True) for _time in range(3)]
    scene.account.refresh_from_db()
    assert scene.account.balance == before + 25
    transfer = Transfer.objects.get(key=f"adjust:{form['key']}")
    assert (transfer.kind, transfer.points, transfer.reason) == ("adjust", Decimal(25), "Broken cup")
    assert str(transfer.user) == roles.OPERATOR
    assert Event.objects.filter(kind="points.adjusted", member=scene.member).count() == 1
    assert "Booked: 25" in answers[0].content.decode()
    assert "This was booked already." in answers[2].content.decode()
    assert "Broken cup" in answers[0].content.decode()


def test_points_given_by_hand_expire_as_the_programme_says(scene, sheet, boss):
    address, fill = sheet
    form = fill()
    boss.post(address, form)
    lot = Lot.objects.get(transfer__key=f"adjust:{form['key']}")
    assert lot.active_from is None
    assert lot.expires_at is not None
    assert lot.expires_at.year == lot.earned_at.year + 1


def test_points_are_taken_only_as_far_as_they_are_there(scene, sheet, boss):
    address, fill = sheet
    before = scene.account.balance
    answer = boss.post(address, fill("1000000", "take"))
    assert answer.status_code == 200
    assert answer.context["form"].errors["points"] == [f"Only {before} points can be taken now."]
    assert count_adjustments() == 0
    boss.post(address, fill("5", "take"))
    scene.account.refresh_from_db()
    assert scene.account.balance == before - 5


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", " "), ("points", "0"), ("points", "-3"), ("points", "1.001"), ("account", "x")],
)
def test_a_bad_form_books_nothing_and_names_the_field(scene, sheet, boss, field, value):
    address, fill = sheet
    answer = boss.post(address, fill() | {field: value})
    assert field in answer.context["form"].errors
    assert count_adjustments() == 0


def test_a_programme_of_whole_points_takes_no_halves(scene, sheet, boss):
    address, fill = sheet
    scene.shop.programme.point_decimals = 0
    scene.shop.programme.save()
    answer = boss.post(address, fill("1.5"))
    assert "points" in answer.context["form"].errors
    assert count_adjustments() == 0


def test_only_those_with_the_right_may_adjust(scene, sheet, enter):
    address, fill = sheet
    client = enter(roles.ANALYST)
    assert client.get(address).status_code == 403
    assert client.post(address, fill()).status_code == 403
    assert count_adjustments() == 0
    page = client.get(reverse("admin:members_member_change", args=[scene.member.pk]))
    assert address not in page.content.decode()


def test_a_key_is_not_used_twice_for_different_things(scene):
    def adjust(points, account=scene.account, reason="why"):
        return adjustment.adjust(scene.member, account, Decimal(points), reason, "k", NOON, None)

    first = adjust("7")
    assert adjust("7") == (first.transfer_id, True)
    other = factories.enrol(scene.shop.programme, 5)
    for again in (
        lambda: adjust("8"),
        lambda: adjust("-7"),
        lambda: adjust("7", reason="another"),
        lambda: adjust("7", account=other.holdings.get().account),
    ):
        with pytest.raises(Conflict):
            again()
    assert count_adjustments() == 1


def test_another_members_account_cannot_be_adjusted_from_this_page(scene, sheet, boss):
    address, fill = sheet
    other = factories.enrol(scene.shop.programme, 5).holdings.get().account
    answer = boss.post(address, fill() | {"account": str(other.pk)})
    assert "account" in answer.context["form"].errors
    assert count_adjustments() == 0
