"""Held purchases: what they reserve, what they count for, when they are over, and what is told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from campaigns.checkout import batch, checkout, holds, return_request, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Tally
from campaigns.occasions import referrals
from foundation.refusals import Refused
from loyalty.ledger import balances
from loyalty.models import Account, Receipt
from members.models import Event, Member
from rewards.coupons import series
from rewards.models import Coupon, Series
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
#: A moment after holds of a day are over, and before any job has been there.
OVER = NOW + timedelta(hours=25)
MEMBERS = {"who": "members"}
TEN_OFF = [{"effect": "discount_amount", "amount": "10"}]


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="main-01")


def publish(shop: factories.Shop, code: str, **definition: Any) -> None:
    named = {name.rstrip("_"): value for name, value in definition.items()}
    factories.publish_campaign(shop.programme, {"whom": MEMBERS, **named}, code=code)


def basket(
    member: Member | None, number: str, amount: str = "12", at: datetime = NOW, **changes: Any
) -> Sale:
    who = Who(phone=member.phone) if member else None
    fields: dict[str, Any] = {"store": "main-01", "purchased_at": at, "member": who, "receipt_number": number}
    return Sale(**fields, lines=(SaleLine(1, "A", Decimal(1), Decimal(amount)),), **changes)


def sell(
    member: Member | None, number: str, amount: str = "12", at: datetime = NOW, **changes: Any
) -> dict[str, Any]:
    return checkout.purchase(basket(member, number, amount, at, **changes), at).body


def hold(member: Member | None, number: str, amount: str = "12", **changes: Any) -> UUID:
    return UUID(sell(member, number, amount, state="held", **changes)["id"])


def confirm(held: UUID, at: datetime = SOON) -> dict[str, Any]:
    return holds.confirm(held, at).body


def spendable(member: Member, at: datetime = SOON) -> Decimal:
    return balances.of_account(Account.objects.get(holders__member=member).id, at)[0]


# What holds count for


def test_of_four_held_purchases_only_one_is_the_first(shop: factories.Shop) -> None:
    publish(shop, "welcome", if_={"condition": "first_purchase"}, what=TEN_OFF)
    member = factories.enrol(shop.programme)
    held = [hold(member, str(n)) for n in range(4)]
    assert [confirm(one)["to_pay"] for one in held] == ["2.00", "12.00", "12.00", "12.00"]


@pytest.mark.parametrize("condition", [
    {"condition": "first_purchase", "in": "store"},
    {"condition": "first_purchase", "in": "partner"},
    {"condition": "purchases", "period": "ever", "at_most": 0, "with_this": False},
    {"condition": "purchases", "period": {"days": 7}, "at_most": 0, "with_this": False},
    {"condition": "spent", "period": "ever", "below": "1", "with_this": False},
    {"condition": "spent", "period": "month", "below": "1", "with_this": False},
    {"condition": "bought", "period": "ever", "products": ["A"], "at_most": "0", "with_this": False},
    {"none": [{"condition": "days_since_purchase", "at_least": 0}]},
])  # fmt: skip
def test_what_is_held_belongs_to_the_past_of_the_next_purchase(
    shop: factories.Shop, condition: dict[str, Any]
) -> None:
    publish(shop, "welcome", if_=condition, what=TEN_OFF)
    member = factories.enrol(shop.programme)
    paid = [sell(member, str(n), at=NOW + n * timedelta(minutes=1), state="held")["to_pay"] for n in range(3)]
    assert paid == ["2.00", "12.00", "12.00"]


def test_of_held_purchases_only_every_third_is_a_third(shop: factories.Shop) -> None:
    points = [{"effect": "points_fixed", "points": "30"}]
    publish(shop, "third", if_={"condition": "nth_purchase", "every": 3, "counting": "member"}, what=points)
    member = factories.enrol(shop.programme)
    sell(member, "1")
    sell(member, "2")
    held = [hold(member, str(n)) for n in range(3, 6)]
    assert [confirm(one)["earned"]["points"] for one in held] == ["30.00", "0.00", "0.00"]
    assert spendable(member) == 30
    assert sell(member, "6")["earned"]["points"] == "30.00"


@pytest.mark.parametrize("end", ["cancelled", "over", "let go by the job"])
def test_a_hold_that_is_let_go_counts_no_more(shop: factories.Shop, end: str) -> None:
    publish(shop, "welcome", if_={"condition": "first_purchase"}, what=TEN_OFF)
    member = factories.enrol(shop.programme)
    held = hold(member, "1")
    assert checkout.quote(basket(member, "2"), SOON)["to_pay"] == "12.00"
    if end == "cancelled":
        returns.cancel(held, SOON)
    elif end == "let go by the job":
        assert holds.release_stale(OVER) == 1
    assert checkout.quote(basket(member, "2", at=OVER), OVER)["to_pay"] == "2.00"


def test_a_referrer_is_paid_for_the_first_of_several_held_purchases_alone(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, {
        "what_for": {"of": "event", "event": "friend.purchased"},
        "if": {"condition": "event_data", "key": "first", "is": "true"},
        "what": [{"effect": "points_fixed", "points": "100"}],
    }, code="friends")  # fmt: skip
    referrer, friend = factories.enrol(shop.programme), factories.enrol(shop.programme)
    friend.referred_by = referrer
    friend.save()
    held = [hold(friend, str(n)) for n in range(4)]
    for one in held:
        confirm(one)
        referrals.settle(one, SOON)
    assert spendable(referrer) == 100


# When a hold is over


def test_the_points_of_a_hold_that_is_over_can_be_spent_though_no_job_has_been_there(
    shop: factories.Shop,
) -> None:
    member = factories.enrol(shop.programme, "50")
    held = hold(member, "1", "100", redeem=Decimal(50))
    assert checkout.quote(basket(member, "2", "100", redeem="max"), SOON)["redeemable"]["max"] == "0.00"
    quoted = checkout.quote(basket(member, "2", "100", OVER, redeem="max"), OVER)
    assert quoted["redeemed"]["points"] == "50.00"
    bought = sell(member, "2", "100", OVER, redeem=Decimal(50))
    assert (bought["redeemed"], bought["balance"]) == (quoted["redeemed"], quoted["balance"])
    with pytest.raises(Refused) as refused:
        holds.confirm(held, OVER)
    assert refused.value.code == "wrong_state"
    assert Receipt.objects.get(id=held).status == "cancelled"


def test_a_purchase_needs_no_quote_before_it_to_find_what_a_hold_has_let_go(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    hold(member, "1", "100", redeem=Decimal(50))
    assert sell(member, "2", "100", OVER, redeem=Decimal(50))["redeemed"]["points"] == "50.00"


def test_a_hold_that_is_over_cannot_be_confirmed_and_gives_back_what_it_held(shop: factories.Shop) -> None:
    publish(shop, "base", what=[{"effect": "points_percent", "percent": "5"}])
    member = factories.enrol(shop.programme, "50")
    held = hold(member, "1", "100", redeem=Decimal(50))
    assert checkout.find(held, OVER)["status"] == "cancelled"
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            holds.confirm(held, OVER)
        assert refused.value.code == "wrong_state"
    assert spendable(member, OVER) == 50
    assert checkout.find(held, OVER)["status"] == "cancelled"
    assert not Event.objects.filter(kind="purchase.completed").exists()


def test_a_hold_can_be_confirmed_until_its_last_moment(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    held = hold(member, "1", "100", redeem=Decimal(50))
    assert confirm(held, NOW + timedelta(hours=24))["status"] == "completed"


def test_limits_and_budgets_of_a_hold_that_is_over_are_free_for_others(shop: factories.Shop) -> None:
    points = [{"effect": "points_fixed", "points": "10"}]
    publish(shop, "once", what=points, judge={"limits": [{"per": "campaign", "period": "ever", "times": 1}]})
    publish(shop, "budget", what=TEN_OFF, judge={"budget": {"money": "10"}})
    first, second = factories.enrol(shop.programme), factories.enrol(shop.programme)
    hold(first, "1", "100")
    early, late = (checkout.quote(basket(second, "2", "100", at), at) for at in (SOON, OVER))
    assert (early["to_pay"], early["earned"]["points"]) == ("100.00", "0.00")
    assert (late["to_pay"], late["earned"]["points"]) == ("90.00", "10.00")
    bought = sell(second, "2", "100", OVER)
    assert (bought["to_pay"], bought["earned"]["points"]) == ("90.00", "10.00")


def test_the_coupon_of_a_hold_that_is_over_can_be_used_by_another(shop: factories.Shop) -> None:
    made = Series(programme=shop.programme, code="ten", name="Ten", kind="mass", uses_each=1)
    series.save(made, None, NOW, "TENOFF")
    publish(shop, "coupon", if_={"condition": "coupon", "series": ["ten"]}, what=TEN_OFF)
    first, second = factories.enrol(shop.programme), factories.enrol(shop.programme)
    hold(first, "1", coupons=("TENOFF",))
    assert checkout.quote(basket(second, "2", coupons=("TENOFF",)), SOON)["to_pay"] == "12.00"
    assert sell(second, "2", at=OVER, coupons=("TENOFF",))["to_pay"] == "2.00"
    assert Coupon.objects.get(code="TENOFF").uses == 1


def test_holds_that_are_over_are_let_go_before_a_batch(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme, "50")
    hold(member, "1", "100", redeem=Decimal(50))
    [(_sale, answer)] = batch.sell([basket(member, "2", "100", OVER, redeem=Decimal(50))], OVER)
    assert isinstance(answer, checkout.Answer)
    assert answer.body["redeemed"]["points"] == "50.00"


def test_a_hold_that_cannot_be_let_go_keeps_nobody_from_buying(
    shop: factories.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, other = factories.enrol(shop.programme, "50"), factories.enrol(shop.programme, "50")
    hold(member, "1", "100", redeem=Decimal(50))

    def broken(*args: Any) -> None:
        raise ValueError("a fault")

    monkeypatch.setattr(holds, "release", broken)
    assert sell(other, "2", "100", OVER, redeem=Decimal(50))["redeemed"]["points"] == "50.00"
    assert checkout.quote(basket(member, "3", "100", OVER, redeem="max"), OVER)["redeemable"]["max"] == "0.00"
    assert holds.release_stale(OVER) == 0


# What is told, and when


def told(member: Member) -> list[tuple[str, datetime]]:
    kinds = Event.objects.filter(member=member, kind__startswith="purchase.").order_by("at", "id")
    return list(kinds.values_list("kind", "at"))


def test_a_confirmed_hold_is_told_when_it_happens_and_after_it_was_held(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme)
    confirm(hold(member, "1"))
    assert told(member) == [("purchase.held", NOW), ("purchase.completed", SOON)]
    event = Event.objects.get(kind="purchase.completed")
    assert (event.recorded_at, event.id) > (Event.objects.get(kind="purchase.held").recorded_at, event.id)


@pytest.mark.parametrize("end", [holds.confirm, returns.cancel])
def test_a_tills_clock_that_is_ahead_does_not_turn_the_order_round(shop: factories.Shop, end: Any) -> None:
    member = factories.enrol(shop.programme)
    ahead = NOW + timedelta(minutes=4)
    sale = basket(member, "1", at=ahead, state="held")
    held = UUID(checkout.purchase(sale, NOW).body["id"])
    end(held, NOW + timedelta(minutes=1))
    last = "purchase.completed" if end is holds.confirm else "purchase.cancelled"
    assert [kind for kind, _at in told(member)] == ["purchase.held", last]


# Counters of returns


def test_what_a_return_brings_counts_against_a_budget_that_nobody_used(shop: factories.Shop) -> None:
    best = {"group": "g", "mode": "best"}
    publish(shop, "big", if_={"condition": "receipt_amount", "at_least": "100"},
            what=[{"effect": "points_fixed", "points": "50"}], stacking=best)  # fmt: skip
    publish(shop, "small", what=[{"effect": "points_percent", "percent": "10"}], stacking=best,
            judge={"budget": {"points": "1000"}})  # fmt: skip
    member, other = factories.enrol(shop.programme), factories.enrol(shop.programme)
    lines = (SaleLine(1, "A", Decimal(1), Decimal(80)), SaleLine(2, "B", Decimal(1), Decimal(40)))
    sale = Sale("main-01", NOW, lines, "1", member=Who(phone=member.phone))
    sold = UUID(checkout.purchase(sale, NOW).body["id"])
    part = return_request.ReturnRequest("R1", SOON, (return_request.LineBack(2, Decimal(1)),))
    returns.give_back(sold, part, SOON)
    assert (spendable(member), Tally.objects.get().points, Tally.objects.get().most_points) == (8, 8, None)
    sell(other, "2", "5")
    assert (Tally.objects.get().points, Tally.objects.get().most_points) == (Decimal("8.50"), 1000)
    returns.give_back(sold, return_request.ReturnRequest("R2", SOON, "all"), SOON)
    assert (spendable(member), Tally.objects.get().points) == (0, Decimal("0.50"))


def test_goods_come_back_though_an_older_version_did_not_count_what_they_brought(
    shop: factories.Shop,
) -> None:
    publish(shop, "small", what=[{"effect": "points_percent", "percent": "10"}],
            judge={"budget": {"points": "1000"}})  # fmt: skip
    member = factories.enrol(shop.programme)
    sold = sell(member, "1", "100")
    Tally.objects.update(points=3)
    returns.give_back(UUID(sold["id"]), return_request.ReturnRequest("R", SOON, "all"), SOON)
    assert (spendable(member), Tally.objects.get().points) == (0, 0)
