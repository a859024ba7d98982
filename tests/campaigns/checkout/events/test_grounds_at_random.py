"""Rewards for tiers over random histories of rises, falls and returns, on every kind of ladder: what stands is never
more than what the purchases that remain would have brought by themselves, and nothing is left when all came back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics import recount, stored_facts
from campaigns.models import EventReward
from campaigns.occasions import awaited
from loyalty.ledger import audit
from loyalty.models import Account, Ladder, Lot, Receipt
from loyalty.rules import rises
from loyalty.shops import places
from loyalty.tiers import ladders
from rewards.models import Coupon, Series
from tests.campaigns.checkout.events.test_grounds import Scene, on_tier

pytestmark = pytest.mark.django_db

GIVEN = {"silver": 10, "gold": 500}
LADDERS: dict[str, dict[str, Any]] = {
    "never down": {},
    "a month": {"window": "month"},
    "idle": {"down": "idle", "idle_days": 10},
    "idle to the lowest": {"down": "idle", "idle_days": 12, "fall": "lowest", "grace_days": 3},
    "a month, reached anew": {"window": "month", "down": "below"},
    "30 days, reached anew": {"window": "rolling", "span_amount": 30, "down": "below"},
    "less in 20 days": {"down": "below", "below": Decimal(60), "term": "rolling", "span_amount": 20},
    "less in a month": {"down": "below", "below": Decimal(60), "term": "month", "fall": "lowest"},
}


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    awaited.forget()
    yield
    awaited.forget()


def opened(**rules: Any) -> Scene:
    scene = Scene()
    programme = scene.shop.programme
    Ladder.objects.create(programme=programme, down_from=date(2020, 1, 1), **rules)
    places.forget()
    Series.objects.create(programme=programme, code="cake", name="A cake", kind="personal")
    scene.publish(
        on_tier("silver", str(GIVEN["silver"]), {"effect": "issue_coupon", "series": "cake"}), "silver"
    )
    scene.publish(on_tier("gold", str(GIVEN["gold"])), "gold")
    return scene


def deserved(scene: Scene) -> Decimal:
    """What the purchases that stand would have brought, had there been no others."""
    ladder = ladders.read(scene.shop.programme)
    bought = stored_facts.read_bought([scene.member.pk], scene.shop.programme.pk)[scene.member.pk]
    steps = [ladder.step(rise.level) for rise in rises.read(ladder, bought)]
    return sum((Decimal(GIVEN[step.code]) for step in steps if step), Decimal(0))


def given(scene: Scene) -> Decimal:
    """What the member has of them; a coupon goes with each silver."""
    account = Account.objects.get(holders__member=scene.member)
    standing = EventReward.objects.filter(stands=True, rulebook__isnull=False)
    silver = sum((one.says or one.event.data)["tier"] == "silver" for one in standing.select_related("event"))
    assert Coupon.objects.exclude(state="revoked").count() == silver
    return (account.balance or Decimal(0)) - account.owed


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", LADDERS)
def test_what_was_given_for_tiers_is_never_kept_for_free_and_never_given_twice(kind: str, seed: int) -> None:
    chance, scene = random.Random(f"{kind} {seed}"), opened(**LADDERS[kind])
    left: dict[str, int] = {}
    seen = Decimal(0)
    for _ in range(14):
        scene.now += timedelta(days=chance.choice((0, 1, 4, 9, 15, 40)), hours=1)
        recount.settle(scene.now)
        if left and chance.random() < 0.4:
            receipt = chance.choice(sorted(left))
            packets = chance.choice(("all", "all", chance.randint(1, left[receipt])))
            scene.back(receipt, packets)
            left[receipt] -= packets if isinstance(packets, int) else left[receipt]
            left = {one: rest for one, rest in left.items() if rest}
        else:
            left[scene.buy(chance.choice(("60", "100", "150", "310")))] = 10
        now = given(scene)
        assert now <= deserved(scene)
        seen = max(seen, now)
    assert seen

    for receipt in chance.sample(sorted(left), len(left)):
        scene.back(receipt)
        assert given(scene) <= deserved(scene)
    assert given(scene) == 0
    assert not Lot.objects.filter(remaining__gt=0).exists()
    assert not EventReward.objects.filter(stands=True).exclude(event__data__tier="classic").exists()
    assert not Receipt.objects.exclude(status="returned").exists()
    assert audit.audit().problems == []
