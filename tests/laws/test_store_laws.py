"""Law 11 with everything in play that a store can go through: a long history in which nothing of it is idle.

The random histories of ``test_ledger_laws`` change the store, too. This one is always the same, so that it can say
of itself that each kind of change came between a purchase and a return that had to know better.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.checkout import record
from campaigns.checkout.record import Record
from campaigns.engine.definition import parse
from campaigns.models import Campaign
from loyalty.models import Receipt
from tests.laws import stores
from tests.laws.stores import CHANGES, PLACES
from tests.laws.world import PRICES, World, assert_books_balance

BESIDE = ("base", "coffee", "cheaper", "hundred", "every-fourth", "exchange")
SALES = 24


def sell(world: World, chance: random.Random) -> str:
    """A random purchase, some hours after the last one."""
    world.now += timedelta(hours=chance.choice([1, 3, 7, 20]))
    goods = [
        (chance.randrange(4), chance.choice(["1", "2", "3", "1.333"]), chance.choice(PRICES[2:]))
        for _ in range(chance.randint(1, 4))
    ]
    wish: Any = chance.choice([Decimal(0), Decimal("3.33"), "max"])
    return world.sell(chance.choice(world.members), goods, wish)


def gave(kept: Record) -> set[int]:
    """Campaigns that gave points or took something off."""
    because = [*kept.receipt, *(reason for line in kept.lines for reason in line.because)]
    return {one.campaign_id for one in because}


def standing(receipt: str) -> set[str]:
    """The campaigns of which something stands on a receipt."""
    row = Receipt.objects.get(id=receipt)
    last = row.returns.order_by("recorded_at", "id").last()
    codes = dict(Campaign.objects.values_list("id", "code"))
    return {codes[number] for number in gave(record.load(last.outcome if last else row.outcome))}


def test_the_campaigns_of_the_store_are_sound_and_each_change_has_one_that_asks_about_it() -> None:
    for code, document in PLACES.items():
        assert parse(document), code
    assert {code for _change, asking in CHANGES.values() for code in asking} == set(PLACES)


@pytest.mark.django_db
def test_whatever_becomes_of_a_store_its_purchases_are_undone_as_they_were_made() -> None:
    chance = random.Random(7)
    world = World((*BESIDE, *PLACES), debt_policy="debt", point_decimals=2)
    before = world.picture()
    kinds = sorted(CHANGES)

    receipts = []
    for number in range(SALES):
        receipts.append(sell(world, chance))
        if number % 2:
            stores.change(world, kinds[number // 2 % len(kinds)])
    for kind in kinds:
        stores.change(world, kind)

    in_play = set()
    for receipt in chance.sample(receipts, len(receipts)):
        half = [(place, (left / 2).quantize(Decimal("0.001"))) for place, left in world.left(receipt).items()]
        knew = standing(receipt)
        world.give_back_whatever_happens(receipt, half, chance.choice(kinds))
        world.give_back(receipt, half)
        known = knew & standing(receipt)
        since = world.changed[world.changes_before[receipt] :]
        in_play |= {kind for kind in since if known.intersection(CHANGES[kind][1])}
    assert set(CHANGES) - in_play == set(), "nothing had to know better of these"

    for receipt in receipts:
        world.give_back(receipt, "all")
    assert world.picture() == before
    assert_books_balance()
