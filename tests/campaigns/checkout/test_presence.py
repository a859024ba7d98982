"""Who pays with points is there: what they showed decides whether a code is sent to them first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns import rulebooks
from campaigns.checkout import batch, checkout
from campaigns.checkout.sale import Sale, Who
from foundation.refusals import Refused
from loyalty.models import Programme
from members import devices
from members.codes import confirmation, identification
from members.lookup import rotating
from members.models import Card, Code, Device, Member
from tests import factories
from tests.races.selling import NOW, basket, sell

pytestmark = pytest.mark.django_db
HALF_A_MINUTE, HOUR = timedelta(seconds=30), timedelta(hours=1)


@dataclass
class Scene:
    """A programme that asks for a code above 5 points, unless the member shows the changing one; and a member."""

    anna: Member
    device: str

    def code(self, later: timedelta = timedelta(0)) -> str:
        """What her phone shows then."""
        return rotating.code_at(self.device, NOW + later)

    def ways(self) -> dict[str, Who]:
        """All that she may be named by."""
        return {
            "phone": Who(phone=self.anna.phone), "email": Who(email=self.anna.email), "id": Who(id=str(self.anna.id)),
            "card": Who(card=Card.objects.get(member=self.anna).number), "code": Who(code=self.code()),
            "one-time code": Who(code=identification.issue(self.anna, NOW)),
        }  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    shop = factories.open_shop(store="s", confirm_above=Decimal(5), confirm_whom="unproven")
    anna = factories.enrol(shop.programme, "500", email="anna@example.org")
    devices.open_on(anna, shop.programme.code, "Chrome, Android", NOW)
    return Scene(anna, Device.objects.get().number)


def refusal(number: object, points: object = 10, **changes: Any) -> str:
    """What a purchase that spends points is refused with; empty for one that is made."""
    redeem = Decimal(str(points))
    try:
        sell(None, number, redeem=redeem, **changes)
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("way", "asked"),
    [
        ("phone", True), ("email", True), ("id", True), ("card", True), ("code", False), ("one-time code", False),
    ],
)  # fmt: skip
def test_whoever_names_a_member_without_a_code_of_the_moment_needs_one_sent_to_them_to_spend(
    scene: Scene, way: str, asked: bool
) -> None:
    member = scene.ways()[way]
    quoted = checkout.quote(basket(None, 1, member=member, redeem=Decimal(10)), NOW)

    assert quoted["confirmation_needed"] is asked
    assert refusal(1, member=member) == ("confirmation_required" if asked else "")
    assert refusal(2, 5, member=scene.ways()["card"]) == ""  # not above the threshold
    assert refusal(3, 0, member=scene.ways()["card"]) == ""  # who only earns is asked for nothing


def test_a_programme_that_asks_everybody_asks_who_shows_the_changing_code_too(scene: Scene) -> None:
    programme = Programme.objects.get()
    programme.confirm_whom = "everyone"
    programme.save()
    rulebooks.refresh(programme, factories.START)

    assert refusal(1, member=Who(code=scene.code())) == "confirmation_required"


def test_what_was_shown_counts_beside_the_id_by_which_the_till_goes_on(scene: Scene) -> None:
    by_id = Who(id=str(scene.anna.id))

    assert refusal(1, member=by_id, shown_code=scene.code()) == ""
    assert refusal(2, member=by_id, shown_code="123456789012345678") == "confirmation_required"
    assert refusal(3, member=by_id, shown_code=scene.code(-HOUR)) == "confirmation_required"


def test_the_code_of_somebody_else_proves_nothing(scene: Scene) -> None:
    programme = Programme.objects.get()
    other = factories.enrol(programme, "500", phone="+79161230000")

    assert refusal(1, member=Who(id=str(other.id)), shown_code=scene.code()) == "confirmation_required"


def test_a_code_spends_once_and_so_does_none_that_was_shown_before_it(scene: Scene) -> None:
    before, after = Who(code=scene.code()), Who(code=scene.code(HALF_A_MINUTE))

    assert refusal(1, member=after) == ""
    assert refusal(2, member=after) == "confirmation_required"
    assert refusal(3, member=before) == "confirmation_required"
    assert refusal(4, 0, member=after) == ""  # it still says who earns
    once = scene.ways()["one-time code"]
    assert refusal(5, member=once) == ""
    assert Code.objects.get().used_at == NOW
    assert sell(None, 5, redeem=Decimal(10), member=once).replay


def test_a_purchase_that_is_refused_for_something_else_uses_up_no_code(scene: Scene) -> None:
    assert refusal(1, 10_000, member=Who(code=scene.code())) == "redeem_exceeds_limit"
    assert refusal(2, member=Who(code=scene.code()), coupons=("NONE",)) == "coupon_not_usable"
    assert refusal(3, member=Who(code=scene.code())) == ""


def test_a_till_that_was_offline_has_the_member_earn_by_the_code_of_then_and_spend_nothing_by_it(
    scene: Scene,
) -> None:
    shop = Programme.objects.get()
    factories.publish_campaign(shop)
    then = NOW - HOUR

    def late(number: int, redeem: Decimal | str = Decimal(0), **changes: Any) -> Sale:
        """A sale of an hour ago that comes now."""
        member = Who(code=scene.code(-HOUR))
        return basket(None, number, **{"purchased_at": then, "member": member, "redeem": redeem, **changes})

    assert checkout.purchase(late(1), NOW).body["earned"]["points"] == "5.00"
    [(_sale, answer)] = batch.sell([late(2)], NOW)
    assert answer.body["earned"]["points"] == "5.00"  # type: ignore[union-attr]
    for number, redeem in ((3, Decimal(1)), (4, "max")):  # below the threshold, too
        with pytest.raises(Refused) as refused:
            checkout.purchase(late(number, redeem), NOW)
        assert refused.value.code == "confirmation_required"
    with pytest.raises(Refused) as refused:  # a screenshot of yesterday names nobody
        checkout.purchase(late(5, member=Who(code=scene.code(-25 * HOUR))), NOW)
    assert refused.value.code == "member_not_found"


def test_a_late_code_spends_with_a_confirmation(scene: Scene) -> None:
    Code.objects.create(
        member=scene.anna, purpose=Code.Purpose.REDEEM, digest=confirmation._digest(scene.anna.id, "123456"),
        created_at=NOW, expires_at=NOW + HALF_A_MINUTE,
    )  # fmt: skip
    sale = basket(
        None, 1, purchased_at=NOW - HOUR, member=Who(code=scene.code(-HOUR)), redeem=Decimal(1),
        confirmation_code="123456",
    )  # fmt: skip

    assert checkout.purchase(sale, NOW).body["redeemed"]["points"] == "1.00"
