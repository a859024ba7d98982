"""Points given and taken by hand, on a member's page."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.staff import roles
from foundation.refusals import Conflict, Refused
from loyalty.ledger import adjustment, audit, reversal
from loyalty.models import Lot, Transfer
from members.models import Event, new_id
from tests import factories
from tests.backoffice.conftest import NOON


@pytest.fixture
def sheet(scene):
    """The address of the form, and a function that fills it in."""
    address = reverse("admin:members_member_adjust_points", args=[scene.member.pk])

    def fill(points="25", direction="give", reason="Broken cup", key=None):
        parts = (
            (str(scene.account.pk), direction, f"{Decimal(points).normalize():f}", reason) if points else ()
        )
        return {
            "sure": hashlib.sha256(repr(parts).encode()).hexdigest(),
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
    assert Event.objects.filter(kind="points.adjusted", data__reason="Broken cup").count() == 1
    assert "Given: 25" in answers[0].content.decode()
    assert "This was done already." in answers[2].content.decode()
    statement = reverse("admin:members_member_statement", args=[scene.member.pk])
    assert "Broken cup" in client.get(statement).content.decode()


def test_points_given_by_hand_expire_as_the_programme_says(scene, sheet, boss):
    address, fill = sheet
    form = fill()
    boss.post(address, form)
    lot = Lot.objects.get(transfer__key=f"adjust:{form['key']}")
    assert lot.active_from is None
    assert lot.expires_at is not None
    assert lot.expires_at.year == lot.earned_at.year + 1


def test_points_that_nobody_could_ever_spend_are_refused_beside_their_field(scene, sheet, boss):
    address, fill = sheet
    scene.shop.programme.expiry = {"kind": "on_date", "date": "2020-01-31"}
    scene.shop.programme.save()
    for form in (fill(), fill() | {"sure": ""}):
        answer = boss.post(address, form)
        assert "Nobody could ever spend them" in answer.context["form"].errors["points"][0]
        assert not answer.context["shown"]
    assert count_adjustments() == 0


def test_points_are_taken_only_as_far_as_they_are_there(scene, sheet, boss):
    address, fill = sheet
    before = scene.account.balance
    answer = boss.post(address, fill("9000", "take"))
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


# Confirming, and the ceiling


def test_nothing_is_booked_before_who_what_it_is_worth_and_the_new_balance_were_confirmed(
    scene, sheet, enter
):
    address, fill = sheet
    client = enter(roles.OPERATOR)
    form = fill() | {"sure": ""}
    page = client.post(address, form)
    assert count_adjustments() == 0
    shown = page.context["shown"]
    assert (shown["points"], shown["after"] - shown["spendable"], shown["gives"]) == (
        Decimal(25),
        Decimal(25),
        True,
    )
    text = page.content.decode()
    assert str(scene.member) in text and f"{shown['after']}" in text
    sure = page.context["form"].data["sure"]
    assert (
        client.post(address, form | {"sure": sure, "points": "26"}).status_code == 200
    )  # other content: asked again
    assert count_adjustments() == 0
    assert client.post(address, form | {"sure": sure}).status_code == 302
    assert count_adjustments() == 1


@pytest.mark.parametrize(("role", "most"), [(roles.OPERATOR, 100), (roles.MANAGER, 10_000)])
def test_more_than_a_role_may_is_refused_with_what_it_is_worth(scene, sheet, enter, role, most):
    address, fill = sheet
    value = scene.account.programme.point_value
    client = enter(role)
    page = client.post(address, fill(points=f"{most / value + 1:.2f}"))
    assert "at once you may give or take up to" in page.context["form"].errors["points"][0]
    assert count_adjustments() == 0
    assert client.post(address, fill(points=f"{most / value:.2f}")).status_code == 302


# Reversing


def reverse_of(transfer) -> str:
    return reverse("admin:loyalty_transfer_reverse", args=[transfer.pk])


def lots(account) -> list[tuple]:
    return sorted(
        Lot.objects.filter(account=account, remaining__gt=0).values_list("id", "remaining", "expires_at")
    )


def test_a_gift_by_mistake_is_reversed_from_its_own_page_and_every_other_lot_stays_as_it_was(
    scene, sheet, enter
):
    address, fill = sheet
    client = enter(roles.MANAGER)
    before = lots(scene.account)
    form = fill(points="9000")
    client.post(address, form)
    given = Transfer.objects.get(key=f"adjust:{form['key']}")
    page = reverse("admin:loyalty_transfer_change", args=[given.pk])
    assert reverse_of(given) in client.get(page).content.decode()
    assert "9000" in client.get(reverse_of(given)).content.decode()
    for _time in range(2):
        client.post(reverse_of(given), {"reason": "A slip"})
    assert lots(scene.account) == before
    assert reverse_of(given) not in client.get(page).content.decode()
    back = Transfer.objects.get(reverses=given)
    assert (back.points, back.reason, str(back.user)) == (Decimal(9000), "A slip", roles.MANAGER)
    assert audit.audit().problems == []


def test_points_taken_by_mistake_come_back_to_the_very_lots(scene, sheet, enter):
    address, fill = sheet
    client = enter(roles.MANAGER)
    factories.give_points(scene.account, 7, expires_at=timezone.now() + timedelta(days=2))
    before = lots(scene.account)
    form = fill(points="9", direction="take")
    client.post(address, form)
    assert lots(scene.account) != before
    taken = Transfer.objects.get(key=f"adjust:{form['key']}")
    client.post(reverse_of(taken), {"reason": "A slip"})
    assert lots(scene.account) == before
    assert audit.audit().problems == []


def test_points_of_a_gift_that_were_spent_are_taken_from_others_and_what_is_missing_is_owed(scene):
    now = timezone.now()
    given = adjustment.adjust(scene.member, scene.account, Decimal(50), "gift", "g", now, None).transfer_id
    scene.account.refresh_from_db()
    everything = scene.account.balance
    adjustment.adjust(scene.member, scene.account, -(everything - 20), "spent", "s", now, None)
    done = reversal.reverse(given, "A slip", now, None)
    assert (done.points, done.owed) == (Decimal(-20), Decimal(30))
    again = reversal.reverse(given, "A slip", now, None)
    assert (again.points, again.replay) == (Decimal(-20), True)
    scene.account.refresh_from_db()
    assert (scene.account.balance, scene.account.owed) == (0, 30)
    assert audit.audit().problems == []


def test_what_was_not_made_by_hand_or_is_a_reversal_itself_is_refused_in_words(scene, boss):
    earned = Transfer.objects.filter(kind="accrue")[0]
    with pytest.raises(Refused, match="returned at the till"):
        reversal.reverse(earned.pk, "no", timezone.now(), None)
    assert "returned at the till" in boss.get(reverse_of(earned)).content.decode()
    now = timezone.now()
    taken = adjustment.adjust(scene.member, scene.account, Decimal(-1), "slip", "t", now, None).transfer_id
    reversal.reverse(taken, "back", now, None)
    with pytest.raises(Refused, match="a reversal itself"):
        reversal.reverse(Transfer.objects.get(reverses=taken).pk, "again", now, None)


def test_only_those_with_the_right_may_reverse(scene, enter):
    now = timezone.now()
    given = adjustment.adjust(scene.member, scene.account, Decimal(5), "gift", "g", now, None).transfer_id
    transfer = Transfer.objects.get(pk=given)
    assert enter(roles.ANALYST).post(reverse_of(transfer), {"reason": "no"}).status_code == 403
    assert not Transfer.objects.filter(reverses=transfer).exists()
