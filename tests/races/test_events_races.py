"""Own events in several workers at once: each is written once and rewarded once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from campaigns import tasks
from campaigns.models import EventReward, Tally
from campaigns.occasions import awaited, dates, occasions, own_events, referrals
from loyalty.models import Account, Transfer
from loyalty.shops import places
from members.models import Event, Member
from members.timeline import events
from rewards.models import Coupon, Series
from tests import factories
from tests.races.parallel import books_right_after, together
from tests.races.selling import NOW, give_back, sell

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = 30


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a commit happens on the day of the races, and not today: the books say when each thing happened."""
    monkeypatch.setattr(tasks, "timezone", SimpleNamespace(now=lambda: NOW))


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    awaited.forget()


def birthday(points: str = "10") -> dict[str, object]:
    return {
        "what_for": {"of": "event", "event": "member.birthday"},
        "what": [{"effect": "points_fixed", "points": points}],
    }


def test_workers_that_look_for_birthdays_at_once_write_and_reward_each_once() -> None:
    programme = factories.open_shop().programme
    factories.publish_campaign(programme, birthday())
    for _ in range(MEMBERS):
        factories.enrol(programme, birthday=date(1990, 6, 15))
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)

    with books_right_after():
        written = together([lambda: dates.record(now)] * 8)
        judged = together([lambda: own_events.reward_waiting(now)] * 8)

    assert sum(written) == sum(judged) == MEMBERS
    assert Event.objects.filter(kind="member.birthday").count() == MEMBERS
    assert Transfer.objects.filter(reason="member.birthday").count() == MEMBERS
    assert set(Account.objects.filter(kind="member").values_list("balance", flat=True)) == {Decimal(10)}


def test_an_event_that_many_tasks_are_sent_for_is_rewarded_once() -> None:
    programme = factories.open_shop().programme
    draft = birthday() | {"what_for": {"of": "event", "event": "tier.reached"}}
    factories.publish_campaign(programme, draft)
    member = factories.enrol(programme)
    event = events.record("tier.reached", member.id, NOW, tier="gold", programme=programme.code)

    with books_right_after():
        together([lambda: own_events.reward_event(event.id, NOW)] * 16)

    assert Account.objects.get(holders__member=member).balance == 10
    assert EventReward.objects.filter(event_id=event.id, due_at=None).count() == 1


def test_workers_keep_a_limit_of_all_to_the_point() -> None:
    programme = factories.open_shop().programme
    limit = {"judge": {"budget": {"points": "75"}}}
    factories.publish_campaign(programme, birthday() | limit)
    for _ in range(MEMBERS):
        factories.enrol(programme, birthday=date(1990, 6, 15))
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    dates.record(now)

    with books_right_after():
        judged = together([lambda: own_events.reward_waiting(now)] * 8)

    assert sum(judged) == MEMBERS
    given = Account.objects.filter(kind="member").aggregate(points=Sum("balance"))["points"]
    assert given == Tally.objects.get().points
    assert 70 <= given <= 75
    assert not EventReward.objects.filter(due_at__isnull=False).exists()


def test_a_friend_s_purchase_that_is_settled_while_it_comes_back_leaves_what_is_right() -> None:
    shop = factories.open_shop(store="s")
    draft = {
        "what_for": {"of": "event", "event": "friend.purchased"},
        "what": [{"effect": "points_percent", "percent": "10"}],
    }
    factories.publish_campaign(shop.programme, draft)
    referrer = factories.enrol(shop.programme)
    friend = factories.enrol(shop.programme, referred_by=referrer)
    bought = [UUID(sell(friend, n).body["id"]) for n in range(4)]

    def settle(receipt: UUID) -> None:
        referrals.settle(receipt, NOW)

    with books_right_after():
        together(
            [
                *(lambda receipt=receipt: settle(receipt) for receipt in bought * 3),
                *(lambda receipt=receipt: give_back(str(receipt), "R", 5) for receipt in bought),
            ]
        )
        for receipt in bought:
            settle(receipt)

    assert Account.objects.get(holders__member=referrer).balance == Decimal("20.00")
    assert Event.objects.filter(kind="friend.purchased", member=referrer).count() == 4
    assert Member.objects.get(id=friend.id).facts.get().spent == 200


def test_an_event_that_cannot_be_rewarded_is_put_off_and_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programme = factories.open_shop().programme
    factories.publish_campaign(programme, birthday())
    people = [factories.enrol(programme, birthday=date(1990, 6, 15)) for _ in range(4)]
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    dates.record(now)
    reward = occasions.reward

    def fail_once(member: Member, *args: Any) -> Any:
        given = reward(member, *args)
        if member == people[1]:
            raise RuntimeError("in the middle of it")
        return given

    monkeypatch.setattr(occasions, "reward", fail_once)
    with books_right_after():
        own_events.reward_waiting(now)
    assert Transfer.objects.filter(reason="member.birthday").count() == 3
    waiting = EventReward.objects.get(due_at__isnull=False)
    assert (waiting.event.member, waiting.attempts, waiting.due_at) == (
        people[1],
        1,
        now + timedelta(minutes=1),
    )

    monkeypatch.undo()
    assert own_events.reward_waiting(now) == 0
    assert own_events.reward_waiting(now + timedelta(minutes=1)) == 1
    assert Transfer.objects.filter(reason="member.birthday").count() == 4


def test_a_purchase_that_comes_back_while_its_tier_is_rewarded_leaves_no_reward() -> None:
    """Whichever is first: the reward is given and taken back, or never given."""
    shop = factories.open_shop(store="s")
    factories.TierFactory(programme=shop.programme, code="gold", threshold=100)
    places.forget()
    Series.objects.create(programme=shop.programme, code="cake", name="A cake", kind="personal")
    draft = {
        "what_for": {"of": "event", "event": "tier.reached"},
        "what": [
            {"effect": "points_fixed", "points": "10"},
            {"effect": "issue_coupon", "series": "cake"},
            {"effect": "referrer_points", "points": "3"},
        ],
        "judge": {"budget": {"points": "60"}},
    }
    factories.publish_campaign(shop.programme, draft)
    referrer = factories.enrol(shop.programme)
    people = [factories.enrol(shop.programme, referred_by=referrer) for _ in range(6)]

    with books_right_after():
        for turn in range(2):
            bought = [sell(member, f"{turn}-{n}").body["id"] for n, member in enumerate(people)]
            told = list(
                Event.objects.filter(kind="tier.reached").order_by("-recorded_at", "-id")[: len(people)]
            )
            together(
                [
                    *(lambda event=event: own_events.reward_event(event.id, NOW) for event in told * 2),
                    *(lambda receipt=receipt: give_back(receipt, "R", "all") for receipt in bought),
                ]
            )
            for event in told:
                own_events.reward_event(event.id, NOW)

    assert set(Account.objects.filter(kind="member").values_list("balance", "owed")) == {
        (Decimal(0), Decimal(0))
    }
    assert set(Coupon.objects.values_list("state", flat=True)) <= {"revoked"}
    assert EventReward.objects.filter(stands=False, due_at=None).count() == 12
    assert {tally.points for tally in Tally.objects.all()} <= {Decimal(0)}
