"""Law 3 with every word of the vocabulary in play: a long history in which each campaign gives and is declined.

The random histories of ``test_ledger_laws`` go where nobody thought of; this one is always the same, so that it
can say of itself that nothing in it is idle.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.checkout import record
from campaigns.checkout.record import Record
from campaigns.engine import vocabulary
from campaigns.engine.definition import parse
from campaigns.models import Campaign, EventReward
from loyalty.models import Receipt
from tests.laws.vocabulary import MORE
from tests.laws.world import CAMPAIGNS, PRICES, World, assert_books_balance

EVERYTHING = CAMPAIGNS | MORE
SALES = 26


def words_of(tree: Any, kind: str) -> Iterator[str]:
    """All effects or conditions of a document."""
    if isinstance(tree, dict):
        if kind in tree:
            yield tree[kind]
        tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from words_of(inner, kind)


def test_the_campaigns_of_the_laws_say_every_word() -> None:
    for code, document in EVERYTHING.items():
        assert parse(document), code
    assert {word for one in EVERYTHING.values() for word in words_of(one, "effect")} == set(
        vocabulary.EFFECTS
    )
    said = {word for one in EVERYTHING.values() for word in words_of(one, "condition")}
    assert said == set(vocabulary.CONDITIONS)


def sell(world: World, chance: random.Random) -> str:
    """A random purchase, some hours after the last one."""
    world.now += timedelta(hours=chance.choice([1, 3, 20, 50]))
    buyer = chance.choice([*world.members, *world.members[:2], None])
    goods = [
        (chance.randrange(4), chance.choice(["1", "2", "3", "0.5", "1.333"]), chance.choice(PRICES))
        for _ in range(chance.randint(1, 4))
    ]
    wish: Any = chance.choice([Decimal(0), Decimal(0), Decimal("3.33"), "max"]) if buyer else Decimal(0)
    asked = world.asking((set(chance.sample([0, 1], chance.randint(0, 1))), chance.random() < 0.3), buyer)
    if buyer is None:
        asked["exchanges"] = ()
    return world.sell(buyer, goods, wish, cashier=chance.choice(["C-1", ""]), **asked)


def give_back_everything(world: World, receipts: list[str], chance: random.Random) -> None:
    """Return all goods, in any order, most receipts in two parts."""
    halves = [receipt for receipt in receipts if chance.random() < 0.7]
    for receipt in chance.sample([*halves, *receipts], len(halves) + len(receipts)):
        left = world.left(receipt)
        if receipt in halves:
            halves.remove(receipt)
            parts = [
                (p, (q / 2).quantize(Decimal("0.001"))) for p, q in left.items() if chance.random() < 0.7
            ]
            if parts:
                world.give_back(receipt, parts)
        elif left:
            world.give_back(receipt, "all")
    for receipt in receipts:
        if world.left(receipt):
            world.give_back(receipt, "all")


def gave(kept: Record) -> set[int]:
    """Campaigns that did something."""
    because = [*kept.receipt, *(reason for line in kept.lines for reason in line.because)]
    several: list[Any] = [because, kept.extras, kept.shares, kept.exchanged]
    return {one.campaign_id for some in several for one in some}


@pytest.mark.django_db
def test_what_every_word_does_is_undone_by_returns() -> None:
    chance = random.Random(3)
    world = World(tuple(EVERYTHING), debt_policy="debt", point_decimals=2)
    before = world.picture()

    receipts = [sell(world, chance) for _ in range(SALES)]

    decisions = [record.load(receipt.outcome) for receipt in Receipt.objects.all()]
    decisions += [record.load(reward.outcome) for reward in EventReward.objects.all()]
    codes = dict(Campaign.objects.values_list("id", "code"))
    giving = {codes[number] for kept in decisions for number in gave(kept)}
    declined = {codes[one.campaign_id] for kept in decisions for one in kept.declined}
    assert set(EVERYTHING) - giving == set(), "these never gave anything"
    assert set(MORE) - declined == set(), "these never were declined"
    assert world.picture() != before

    give_back_everything(world, receipts, chance)

    assert world.picture() == before
    assert_books_balance()
