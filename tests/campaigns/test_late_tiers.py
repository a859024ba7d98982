"""What tiers cause is given once for each step, whether the recount ran on time or days late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from analytics import hand, recount
from analytics.hand import TierToSet
from campaigns.models import EventReward
from campaigns.occasions import awaited, own_events
from loyalty.models import Ladder, Programme, TierChange
from loyalty.shops import places
from loyalty.tiers import ladders
from members.models import Event
from tests.campaigns.checkout.events.test_grounds import Scene, on_tier
from tests.races.selling import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    awaited.forget()
    yield
    awaited.forget()


def steps(scene: Scene) -> list[Any]:
    return list(TierChange.objects.order_by("id").values_list("was", "now", "why", "at"))


@pytest.mark.parametrize("late", [False, True])
def test_a_tier_that_comes_back_when_what_was_set_by_hand_ends_is_rewarded_once(late: bool) -> None:
    """Bought up to gold, kept at classic by hand for five days; then gold shows again, and time takes it away."""
    scene = Scene()
    programme: Programme = scene.shop.programme
    ladder = ladders.note_change(programme, NOW)
    Ladder.objects.filter(pk=ladder.pk).update(down="idle", idle_days=10, down_from=date(2020, 1, 1))
    places.forget()
    scene.publish(on_tier("gold", "500"), "gold")
    hand.set_tier(
        scene.member, programme, TierToSet("classic", (NOW + timedelta(days=5)).date(), True), "x", NOW, None
    )
    scene.buy("300")
    assert scene.balance() == 0

    for day in range(1, 61) if not late else (60,):
        scene.now = NOW + timedelta(days=day)
        for _ in range(2):
            recount.settle(scene.now)
        scene.work()
        own_events.reward_waiting(scene.now)

    assert scene.balance() == 500
    assert [(was, now, why) for was, now, why, _at in steps(scene)][-3:] == [
        ("classic", "gold", "ended"), ("gold", "silver", "rule"), ("silver", "classic", "rule"),
    ]  # fmt: skip
    days = [(at - NOW).days for *_step, at in steps(scene)][-3:]
    assert days == [5, 10, 20]
    assert EventReward.objects.filter(stands=True).count() == 1
    assert list(Event.objects.filter(kind="tier.lost").order_by("id").values_list("data__now", flat=True)) == [
        "silver", "classic",
    ]  # fmt: skip


def test_who_buys_before_the_late_recount_comes_has_the_same_steps_behind_them() -> None:
    scene = Scene()
    ladder = ladders.note_change(scene.shop.programme, NOW)
    Ladder.objects.filter(pk=ladder.pk).update(down="idle", idle_days=10, down_from=date(2020, 1, 1))
    places.forget()
    scene.publish(on_tier("silver", "10"), "silver")
    scene.buy("300")
    scene.now = NOW + timedelta(days=60)
    scene.buy("100")

    assert [(was, now, why, (at - NOW).days) for was, now, why, at in steps(scene)] == [
        ("classic", "gold", "purchase", 0), ("gold", "silver", "rule", 10), ("silver", "classic", "rule", 20),
        ("classic", "silver", "purchase", 60),
    ]  # fmt: skip
    assert scene.balance() == 10
    recount.settle(scene.now)
    assert TierChange.objects.count() == 4
