"""What a purchase caused goes with it: rewards for tiers that were reached, and for absences that began with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from analytics import recount
from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.models import EventReward, Tally, Usage
from campaigns.occasions import awaited, dates, own_events
from loyalty.ledger import audit, ledger
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Lot, Tier
from loyalty.shops import places
from loyalty.tiers import ladders
from members.models import Event, Member
from members.timeline import events
from rewards.models import Coupon, Series
from tests import factories
from tests.races.selling import NOW, basket, give_back, sell

pytestmark = pytest.mark.django_db

ME: dict[str, Any] = {"whom": {"who": "members"}}


def on_tier(tier: str, points: str = "100", *what: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        **ME,
        "what_for": {"of": "event", "event": "tier.reached"},
        "if": {"condition": "event_data", "key": "tier", "is": tier},
        "what": [{"effect": "points_fixed", "points": points}, *what],
        **parts,
    }


class Scene:
    """A shop with silver from 100 and gold from 300, and a member."""

    def __init__(self, **programme: Any) -> None:
        self.shop = factories.open_shop(store="s", **programme)
        for code, threshold in (("classic", 0), ("silver", 100), ("gold", 300)):
            factories.TierFactory(programme=self.shop.programme, code=code, threshold=threshold)
        places.forget()
        self.referrer = factories.enrol(self.shop.programme)
        self.member = factories.enrol(self.shop.programme, referred_by=self.referrer)
        self.number, self.now = 0, NOW

    def publish(self, definition: dict[str, Any], code: str) -> None:
        factories.publish_campaign(self.shop.programme, definition, code=code)

    def buy(self, amount: str, **changes: Any) -> str:
        """Buy something, and have what follows from it rewarded."""
        self.number += 1
        sale = basket(self.member, self.number, amount, **{"purchased_at": self.now, **changes})
        receipt = str(checkout.purchase(sale, self.now).body["id"])
        self.work()
        return receipt

    def back(self, receipt: str, packets: int | str = "all") -> None:
        self.number += 1
        lines: Any = packets if isinstance(packets, str) else (LineBack(1, Decimal(packets)),)
        returns.give_back(UUID(receipt), ReturnRequest(str(self.number), self.now, lines), self.now)
        self.work()

    def work(self) -> None:
        """Whatever waits is done."""
        for event in Event.objects.filter(kind="tier.reached").order_by("recorded_at", "id"):
            own_events.reward_event(event.id, self.now)

    def balance(self, member: Member | None = None) -> Decimal:
        account = Account.objects.get(holders__member=member or self.member)
        assert audit.audit().problems == []
        return (account.balance or Decimal(0)) - account.owed

    def coupons(self) -> list[str]:
        return sorted(Coupon.objects.values_list("state", flat=True))


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    awaited.forget()
    yield
    awaited.forget()


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def cake(scene: Scene) -> dict[str, Any]:
    Series.objects.create(programme=scene.shop.programme, code="cake", name="A cake", kind="personal")
    return {"effect": "issue_coupon", "series": "cake"}


def test_who_buys_into_a_tier_and_returns_it_again_and_again_keeps_nothing(
    scene: Scene, cake: dict[str, Any]
) -> None:
    badge = {"effect": "badge", "code": "shiny"}
    limits = {
        "judge": {"limits": [{"per": "member", "period": "ever", "times": 5}], "budget": {"points": "150"}}
    }
    scene.publish(on_tier("silver", "100", cake, badge, **limits), "up")

    for round_ in (1, 2, 3):
        receipt = scene.buy("100")
        assert scene.balance() == 100, f"round {round_}: the budget has room again"
        scene.back(receipt)
        assert scene.balance() == 0
        assert Usage.objects.get(period="ever").times == 0
        assert Tally.objects.get().points == 0

    assert scene.coupons() == ["revoked"] * 3
    assert Event.objects.filter(kind="badge.lost").count() == 3
    assert Lot.objects.filter(remaining__gt=0).count() == 0


@pytest.mark.parametrize("how", ["a cent less", "in two parts", "cancelled"])
def test_a_reward_goes_with_the_part_that_was_needed_for_it(scene: Scene, how: str) -> None:
    scene.publish(on_tier("silver"), "up")
    receipt = scene.buy("100")

    if how == "cancelled":
        returns.cancel(UUID(receipt), NOW)
    else:
        scene.back(receipt, 1)
    assert scene.balance() == 0
    if how == "in two parts":
        scene.back(receipt)
    assert scene.balance() == 0


@pytest.mark.parametrize("first", [0, 1])
def test_a_reward_stands_while_other_purchases_hold_the_tier(scene: Scene, first: int) -> None:
    scene.publish(on_tier("silver"), "up")
    receipts = [scene.buy("100"), scene.buy("120")]

    scene.back(receipts[first])
    assert scene.balance() == 100, "the other one would have reached it, too"
    scene.back(receipts[1 - first])
    assert scene.balance() == 0
    scene.buy("100")
    assert scene.balance() == 100


def test_what_remains_of_a_purchase_is_rewarded_for_the_tier_that_it_reaches(
    scene: Scene, cake: dict[str, Any]
) -> None:
    scene.publish(on_tier("silver", "10", cake), "silver")
    scene.publish(on_tier("gold", "500"), "gold")
    receipt = scene.buy("300")
    assert (scene.balance(), scene.coupons()) == (500, [])

    scene.back(receipt, 2)  # 240 are left
    assert (scene.balance(), scene.coupons()) == (10, ["issued"])
    scene.back(receipt, 2)
    assert (scene.balance(), scene.coupons()) == (10, ["issued"])
    scene.back(receipt)
    assert (scene.balance(), scene.coupons()) == (0, ["revoked"])


def test_what_a_return_gives_for_an_event_counts_against_a_budget_that_nobody_used_before(
    scene: Scene,
) -> None:
    scene.publish(on_tier("silver", "10", judge={"budget": {"points": "15"}}), "silver")
    scene.publish(on_tier("gold", "500"), "gold")
    receipt = scene.buy("300")
    assert not Tally.objects.exists()

    scene.back(receipt, 2)  # 240 are left: silver
    assert (scene.balance(), Tally.objects.get().points) == (10, 10)
    scene.back(receipt)
    assert (scene.balance(), Tally.objects.get().points) == (0, 0)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_steps_that_were_rewarded_go_in_any_order_of_returns(scene: Scene, order: tuple[int, ...]) -> None:
    scene.publish(on_tier("silver", "10"), "silver")
    scene.publish(on_tier("gold", "500"), "gold")
    amounts = (100, 200, 50)
    receipts = [scene.buy(str(amount)) for amount in amounts]
    assert scene.balance() == 510

    left = dict(enumerate(amounts))
    for one in order:
        scene.back(receipts[one])
        del left[one]
        total, rises, level = (
            0,
            Decimal(0),
            0,
        )  # told by hand: what the purchases left would have brought alone
        for amount in left.values():
            total += amount
            reached = 2 if total >= 300 else 1 if total >= 100 else 0
            if reached > level:
                rises += 500 if reached == 2 else 10
                level = reached
        assert scene.balance() == rises


@pytest.mark.parametrize(("policy", "left"), [("debt", -40), ("forgive", 0)])
def test_a_reward_that_is_spent_is_owed_or_forgiven_as_the_programme_says(policy: str, left: int) -> None:
    scene = Scene(debt_policy=policy)
    scene.publish(on_tier("silver"), "up")
    receipt = scene.buy("100")
    account = Account.objects.get(holders__member=scene.member)
    ledger.adjust(account, Decimal(-40), "spent", Cause(NOW))

    scene.back(receipt)

    assert scene.balance() == left


def test_points_of_a_reward_that_paid_for_another_purchase_are_owed_until_that_comes_back(
    scene: Scene,
) -> None:
    scene.publish(on_tier("silver"), "up")
    reached = scene.buy("100")
    paid = scene.buy("50", redeem=Decimal(30))

    scene.back(reached)
    assert scene.balance() == -30
    scene.back(paid)
    assert scene.balance() == 0
    assert Lot.objects.filter(remaining__gt=0).count() == 0


def test_a_return_that_comes_before_its_reward_leaves_none_to_be_given(scene: Scene) -> None:
    scene.publish(on_tier("silver"), "up")
    parts: tuple[int | str, ...] = ("all", 1)
    for number, back in enumerate(parts, 1):
        receipt = sell(scene.member, number, "100").body["id"]
        give_back(receipt, number, back)
    scene.work()
    assert scene.balance() == 0

    part = sell(scene.member, 3, "100").body["id"]  # 190 with what is left
    give_back(part, 3, 5)
    scene.work()
    assert scene.balance() == 100, "140 are left, and nobody was rewarded"
    assert EventReward.objects.filter(stands=True).count() == 1


def test_who_referred_the_member_loses_the_share_of_a_reward_with_it(scene: Scene) -> None:
    scene.publish(on_tier("silver", "100", {"effect": "referrer_points", "points": "7"}), "up")
    receipt = scene.buy("100")
    assert (scene.balance(), scene.balance(scene.referrer)) == (100, 7)

    scene.back(receipt)
    assert (scene.balance(), scene.balance(scene.referrer)) == (0, 0)


def test_a_reward_is_settled_by_the_ladder_that_it_was_given_by(scene: Scene) -> None:
    scene.publish(on_tier("silver"), "up")
    receipt = scene.buy("150")
    Tier.objects.filter(code="silver").update(threshold=200)
    ladders.note_change(scene.shop.programme, NOW)
    recount.settle(NOW)

    scene.back(receipt, 1)
    assert scene.balance() == 100, "135 are more than the 100 of that day"
    scene.back(receipt, 4)
    assert scene.balance() == 0


def test_a_tier_that_a_lower_threshold_gave_goes_with_its_purchases(scene: Scene) -> None:
    scene.publish(on_tier("gold"), "up")
    receipt = scene.buy("250")
    Tier.objects.filter(code="gold").update(threshold=200)
    ladders.note_change(scene.shop.programme, NOW)
    recount.settle(NOW)
    scene.work()
    assert scene.balance() == 100

    scene.back(receipt, 1)
    assert scene.balance() == 100
    scene.back(receipt)
    assert scene.balance() == 0


def test_a_tier_given_by_hand_rests_on_no_purchase(scene: Scene) -> None:
    scene.publish(on_tier("gold"), "up")
    receipt = scene.buy("10")
    events.record(
        "tier.reached", scene.member.id, NOW, tier="gold", was="classic", why="hand",
        programme=scene.shop.programme.code,
    )  # fmt: skip
    scene.work()

    scene.back(receipt)
    assert scene.balance() == 100


def test_a_purchase_that_comes_late_takes_a_reward_over(scene: Scene) -> None:
    scene.publish(on_tier("silver"), "up")
    reached = scene.buy("100")
    late = scene.buy("100", purchased_at=NOW - timedelta(hours=20))

    scene.back(reached)
    assert scene.balance() == 100
    scene.back(late)
    assert scene.balance() == 0


def test_a_held_purchase_that_is_confirmed_and_comes_back_keeps_no_reward(scene: Scene) -> None:
    from campaigns.checkout import holds

    scene.publish(on_tier("silver"), "up")
    receipt = scene.buy("100", state="held")
    assert scene.balance() == 0
    holds.confirm(UUID(receipt), NOW)
    scene.work()
    assert scene.balance() == 100

    scene.back(receipt)
    assert scene.balance() == 0


def test_a_reward_that_fell_with_time_goes_with_its_purchase_all_the_same(scene: Scene) -> None:
    """The tier is lost long before the goods come back."""
    ladder = ladders.note_change(scene.shop.programme, NOW)
    type(ladder).objects.filter(pk=ladder.pk).update(
        down="idle", idle_days=10, down_from=NOW.date() - timedelta(days=9)
    )
    places.forget()
    scene.publish(on_tier("silver"), "up")
    receipt = scene.buy("100")
    scene.now += timedelta(days=30)
    recount.settle(scene.now)
    assert Event.objects.filter(kind="tier.lost").count() == 1

    scene.back(receipt)
    assert scene.balance() == 0


# Absences


def away(scene: Scene) -> None:
    scene.publish(
        {**ME, "what_for": {"of": "event", "event": "member.dormant", "days": 30},
         "what": [{"effect": "points_fixed", "points": "40"}]}, "away",
    )  # fmt: skip


def pass_days(scene: Scene, day: int) -> None:
    scene.now = NOW + timedelta(days=day)
    dates.record(scene.now)
    own_events.reward_waiting(scene.now)


def test_the_reward_of_an_absence_goes_with_the_purchase_since_which_it_was(scene: Scene) -> None:
    away(scene)
    receipt = scene.buy("10")
    pass_days(scene, 30)
    assert scene.balance() == 40

    scene.back(receipt, 3)
    assert scene.balance() == 40, "something was bought on that day"
    scene.back(receipt)
    assert scene.balance() == 0


def test_an_absence_that_was_longer_still_is_rewarded_once(scene: Scene) -> None:
    away(scene)
    first = scene.buy("10", purchased_at=NOW - timedelta(days=5))
    second = scene.buy("10")
    pass_days(scene, 30)

    scene.back(second)
    assert scene.balance() == 40, "then the member was away since the first"
    scene.back(first)
    assert scene.balance() == 0
    assert EventReward.objects.get().event.data["since"] == str(date(2026, 3, 2))


def test_an_absence_is_counted_once_whatever_comes_back(scene: Scene) -> None:
    away(scene)
    scene.buy("10")
    pass_days(scene, 30)
    scene.now += timedelta(days=1)
    receipt = scene.buy("10")
    pass_days(scene, 61)
    assert scene.balance() == 80

    scene.back(receipt)
    assert scene.balance() == 40
