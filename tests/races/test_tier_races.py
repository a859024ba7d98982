"""Sixteen tills sell into the edge of a tier: it is reached once, told once, and a recount takes no part of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from analytics import hand, recount
from analytics.hand import TierToSet
from analytics.models import MemberFacts
from loyalty.models import TierChange
from loyalty.shops import places
from members.models import Event, Member
from tests import factories
from tests.analytics.laddering import change
from tests.races.parallel import THREADS, books_right_after, done, together
from tests.races.selling import NOW, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(
    params=[
        {},
        {"window": "year", "down": "below"},
        {"window": "rolling", "span_amount": 30, "down": "below"},
        {"down": "idle", "idle_days": 30},
    ]
)
def shop(request: pytest.FixtureRequest) -> Any:
    places.forget()
    with books_right_after():
        opened = factories.open_shop(store="s")
        factories.publish_campaign(opened.programme)
        for code, threshold in (("classic", 0), ("silver", 750), ("gold", 1600)):
            factories.TierFactory(programme=opened.programme, code=code, threshold=threshold)
        if request.param:
            change(opened.programme, **request.param)
        yield opened
    places.forget()


def reached(member: Member) -> list[tuple[str, str]]:
    return list(TierChange.objects.filter(member=member).order_by("id").values_list("was", "now"))


def test_sixteen_purchases_reach_each_tier_once(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme)

    results = together([partial(sell, member, number) for number in range(THREADS)])

    assert len(done(results)) == THREADS
    facts = MemberFacts.objects.get(member=member)
    assert (facts.purchases, facts.spent, facts.tier.code) == (16, Decimal(1600), "gold")  # type: ignore[union-attr]
    assert reached(member) == [("classic", "silver"), ("silver", "gold")]
    told = Event.objects.filter(kind="tier.reached").order_by("id").values_list("data__tier", flat=True)
    assert list(told) == ["silver", "gold"]


def test_purchases_recounts_and_an_operator_at_once_tell_each_change_once(shop: factories.Shop) -> None:
    members = [factories.enrol(shop.programme) for _ in range(4)]
    for number, member in enumerate(members):
        sell(member, f"first-{number}", "700")
    change(shop.programme)  # everybody is to be counted anew

    def give() -> None:
        hand.set_tier(members[0], shop.programme, TierToSet("gold"), "because", NOW, None)

    works: list[Any] = [
        partial(sell, member, f"{n}-{m}", "30") for n, member in enumerate(members) for m in range(3)
    ]
    works += [partial(recount.settle, NOW, 2)] * 3 + [give]
    together(works)
    recount.settle(NOW)

    for member in members:
        changes = reached(member)
        assert [was for was, _now in changes[1:]] == [now for _was, now in changes[:-1]]
        tier = MemberFacts.objects.get(member=member).tier
        assert tier is not None
        assert tier.code == ("gold" if member == members[0] else "silver") == changes[-1][1]
        events = Event.objects.filter(member=member, kind__startswith="tier.").count()
        assert events == sum(was != now for was, now in changes)


def test_two_recounts_at_once_share_the_work_and_tell_each_change_once(shop: factories.Shop) -> None:
    members = [factories.enrol(shop.programme) for _ in range(30)]
    for number, member in enumerate(members):
        sell(member, number, "800")
    shop.programme.tiers.filter(code="silver").update(threshold=900)
    change(shop.programme)

    tallies = done(together([partial(recount.settle, NOW + timedelta(minutes=1), 3)] * 4))

    assert sum(tally.down for tally in tallies) == 30
    assert TierChange.objects.filter(now="classic", why="ladder").count() == 30
    assert Event.objects.filter(kind="tier.lost").count() == 30
