"""Our own events: a tier that was reached, a segment entered, a friend who joined or bought something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import hearing, rulebooks, tasks
from campaigns.checkout import returns
from campaigns.models import EventReward, Settlement, Tally
from campaigns.occasions import awaited, occasions, own_events, referrals, registration
from foundation.refusals import Refused
from loyalty.ledger import audit, ledger
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Transfer
from members.models import Event, Member
from members.registration import Newcomer
from members.timeline import events
from rewards.models import Series
from tests import factories
from tests.races.selling import NOW, give_back, sell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    awaited.forget()
    yield
    awaited.forget()


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


def reward(event: str, *what: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "what_for": {"of": "event", "event": event},
        "what": list(what) or [{"effect": "points_fixed", "points": "50"}],
        **parts,
    }


def percent(of: str) -> dict[str, Any]:
    return {"effect": "points_percent", "percent": of}


def balance(member: Member) -> Decimal:
    return Account.objects.get(holders__member=member).balance or Decimal(0)


def commit(callbacks: Any, work: Any) -> Any:
    """Do something and what waits for its commit: with tasks that run at once, everything that follows from it."""
    with callbacks(execute=True):
        return work()


# Events that happen elsewhere


def test_an_own_event_is_rewarded_once_it_is_committed(
    shop: factories.Shop, django_capture_on_commit_callbacks: Any
) -> None:
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    member = factories.enrol(shop.programme)

    commit(
        django_capture_on_commit_callbacks,
        lambda: events.record("tier.reached", member.id, NOW, tier="gold", programme=shop.programme.code),
    )

    assert balance(member) == 50
    assert audit.audit().clean


def test_an_own_event_is_rewarded_once_however_often_it_is_asked_for(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, reward("segment.entered"))
    member = factories.enrol(shop.programme)
    event = events.record("segment.entered", member.id, NOW, segment="vip")

    own_events.reward_event(event.id, NOW)
    own_events.reward_event(event.id, NOW + timedelta(days=1))
    assert own_events.reward_waiting(NOW + timedelta(days=2)) == 0
    with transaction.atomic():
        assert occasions.reward(member, event, NOW, [shop.programme.id]) == []

    assert balance(member) == 50
    kept = EventReward.objects.get()
    assert kept.outcome is not None
    assert (kept.due_at, kept.outcome["earned"]) == (None, "50.00")


def test_an_event_is_rewarded_in_the_programme_it_names_or_in_all(shop: factories.Shop) -> None:
    other = factories.open_shop().programme
    member = factories.enrol(shop.programme)
    ledger.open_account(member, other)
    for programme in (shop.programme, other):
        factories.publish_campaign(programme, reward("tier.reached"))

    named = events.record("tier.reached", member.id, NOW, programme=other.code)
    own_events.reward_event(named.id, NOW)
    assert [a.programme for a in Account.objects.filter(kind="member", balance=50)] == [other]

    own_events.reward_event(events.record("tier.reached", member.id, NOW).id, NOW)
    balances = Account.objects.filter(kind="member").values_list("programme_id", "balance")
    assert dict(balances) == {shop.programme.id: Decimal(50), other.id: Decimal(100)}


def test_what_nobody_heard_is_caught_up_with(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    factories.publish_campaign(shop.programme, reward("review.left"))
    member = factories.enrol(shop.programme)
    events.record("tier.reached", member.id, NOW, programme=shop.programme.code)
    events.record("review.left", member.id, NOW)  # an API's event: its client says for which programmes it is
    events.record("segment.entered", member.id, NOW, segment="vip")

    tasks.catch_up_events()
    tasks.catch_up_events()

    assert balance(member) == 50
    assert EventReward.objects.count() == 1


def test_what_was_written_longer_ago_than_a_catch_up_looks_back_is_left_alone(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    member = factories.enrol(shop.programme)
    events.record("tier.reached", member.id, NOW)
    later = timezone.now() + timedelta(hours=3)

    assert own_events.catch_up(later - timedelta(hours=2), later) == 0
    assert own_events.catch_up(later - timedelta(hours=4), later) == 1


def test_a_look_goes_back_to_where_the_last_one_ended_however_long_ago_that_was(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    member = factories.enrol(shop.programme)
    now = timezone.now()
    own_events.catch_up(now - timedelta(hours=2), now)
    events.record("tier.reached", member.id, NOW)
    later = now + timedelta(days=9)

    assert own_events.catch_up(later - timedelta(hours=2), later) == 1
    assert own_events.catch_up(later - timedelta(hours=2), later) == 0


def test_an_event_that_no_campaign_waits_for_starts_no_task(
    shop: factories.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(hearing, "send", lambda task, *args: sent.append(task.name))
    member = factories.enrol(shop.programme, referred_by=factories.enrol(shop.programme))
    row = events.record("tier.reached", member.id, NOW)
    hearing.hear_event(row)
    assert sent == []

    factories.publish_campaign(factories.open_shop().programme, reward("segment.entered"))
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    awaited.forget()
    hearing.hear_event(row)
    assert sent == ["campaigns.tasks.reward_event"]


def test_only_the_programme_that_an_event_names_is_asked_about_it(
    shop: factories.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(hearing, "send", lambda task, *args: sent.append(task.name))
    factories.publish_campaign(factories.open_shop().programme, reward("tier.reached"))
    member = factories.enrol(shop.programme)

    hearing.hear_event(events.record("tier.reached", member.id, NOW, programme=shop.programme.code))
    assert sent == []
    hearing.hear_event(events.record("tier.reached", member.id, NOW))
    assert sent == ["campaigns.tasks.reward_event"]


def test_a_sale_in_a_house_of_many_programmes_asks_no_more_than_in_one_of_two(
    lasting_memory: None, shop: factories.Shop, friend: Member, django_capture_on_commit_callbacks: Any
) -> None:
    """The rules of others are neither read nor compiled, and ours are not forgotten over them."""
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    factories.TierFactory(programme=shop.programme, code="gold", threshold=100)
    sell(friend, "first", "1")

    def asked(number: int) -> int:
        buyer = factories.enrol(shop.programme)
        with CaptureQueriesContext(connection) as seen:
            commit(django_capture_on_commit_callbacks, lambda: sell(buyer, number))
        return len(seen)

    asked(1)
    few = asked(2)
    others = [factories.ProgrammeFactory() for _ in range(100)]
    for programme in others:
        rulebooks.get(rulebooks.refresh(programme, NOW).id)
    awaited.forget()
    awaited.kinds(shop.programme.code)

    assert asked(3) == few


def test_a_broker_that_is_away_harms_nothing(shop: factories.Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.reward_event, "delay", fail)
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    member = factories.enrol(shop.programme)

    hearing.hear_event(events.record("tier.reached", member.id, NOW))
    tasks.catch_up_events()

    assert balance(member) == 50


def test_a_blocked_member_gets_nothing_and_keeps_nobody_waiting(shop: factories.Shop) -> None:
    factories.publish_campaign(shop.programme, reward("tier.reached"))
    blocked, other = factories.enrol(shop.programme, status="blocked"), factories.enrol(shop.programme)
    for member in (blocked, other):
        events.record("tier.reached", member.id, NOW)

    tasks.catch_up_events()

    assert (balance(blocked), balance(other)) == (0, 50)
    assert not EventReward.objects.filter(due_at__isnull=False).exists()


@pytest.mark.parametrize(
    "kind", ["tier.reached", "segment.entered", "referral.joined", "friend.purchased", "demo.loaded"]
)
def test_nobody_can_report_an_event_that_is_ours(shop: factories.Shop, kind: str) -> None:
    factories.publish_campaign(shop.programme, reward(kind))

    with pytest.raises(Refused, match=f"The event “{kind}” happens in Regulars itself") as refused:
        occasions.require_known(kind, [shop.programme.id])
    assert refused.value.code == "unknown_event"


def test_an_event_that_no_campaign_mentions_is_told_to_be_known_to_none(shop: factories.Shop) -> None:
    with pytest.raises(Refused, match="No campaign knows the event “dog"):
        occasions.require_known("dog.walked", [shop.programme.id])


# What they bring beside points for the member


def test_who_referred_a_newcomer_gets_a_share_of_the_welcome(shop: factories.Shop) -> None:
    welcome = reward(
        "member.registered",
        {"effect": "points_fixed", "points": "50"},
        {"effect": "referrer_points", "points": "30"},
    )
    factories.publish_campaign(shop.programme, welcome)
    referrer = factories.enrol(shop.programme)
    newcomer = Newcomer(phone="+79161234545", referral=referrer.referral_code)

    friend = registration.register(newcomer, shop.programme.id, NOW)
    alone = registration.register(Newcomer(phone="+79161234546"), shop.programme.id, NOW)

    assert [balance(member) for member in (friend, referrer, alone)] == [50, 30, 50]
    assert audit.audit().clean


def test_coupons_and_badges_are_given_once(shop: factories.Shop) -> None:
    series = Series.objects.create(programme=shop.programme, code="cake", name="A cake", kind="personal")
    gold = reward(
        "tier.reached", {"effect": "issue_coupon", "series": "cake"}, {"effect": "badge", "code": "gold"}
    )
    factories.publish_campaign(shop.programme, gold)
    member = factories.enrol(shop.programme)
    event = events.record("tier.reached", member.id, NOW)

    for _ in range(2):
        own_events.reward_event(event.id, NOW)

    (coupon,) = series.coupons.all()
    assert coupon.member == member
    assert Event.objects.filter(kind="badge.earned", member=member).count() == 1
    outcome: Any = EventReward.objects.get().outcome
    assert {extra[4] for extra in outcome["extras"]} == {coupon.code, ""}


def test_a_limit_of_all_holds_for_events_too(shop: factories.Shop) -> None:
    limited = reward("tier.reached", judge={"limits": [{"per": "campaign", "period": "ever", "times": 2}]})
    factories.publish_campaign(shop.programme, limited)
    people = [factories.enrol(shop.programme) for _ in range(3)]
    for member in people:
        own_events.reward_event(events.record("tier.reached", member.id, NOW).id, NOW)

    assert [balance(member) for member in people] == [50, 50, 0]


# Friends


def test_who_brings_a_friend_is_rewarded(
    shop: factories.Shop, django_capture_on_commit_callbacks: Any
) -> None:
    factories.publish_campaign(shop.programme, reward("referral.joined"))
    referrer = factories.enrol(shop.programme)
    newcomer = Newcomer(phone="+79161234545", referral=referrer.referral_code)

    friend = commit(
        django_capture_on_commit_callbacks,
        lambda: registration.register(newcomer, shop.programme.id, NOW),
    )
    registration.register(Newcomer(phone="+79161234546"), shop.programme.id, NOW)

    assert (balance(referrer), balance(friend)) == (50, 0)
    assert Event.objects.get(kind="referral.joined").data == {
        "friend": str(friend.id),
        "programme": shop.programme.code,
    }


@pytest.fixture
def referrer(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme)


@pytest.fixture
def friend(shop: factories.Shop, referrer: Member) -> Member:
    return factories.enrol(shop.programme, referred_by=referrer)


def test_a_referrer_gets_a_percent_of_what_a_friend_buys(
    shop: factories.Shop, referrer: Member, friend: Member, django_capture_on_commit_callbacks: Any
) -> None:
    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10")))
    on_first = {"if": {"condition": "event_data", "key": "first", "is": "true"}}
    factories.publish_campaign(shop.programme, reward("friend.purchased", **on_first), name="First")

    for number, amount in enumerate(("80", "33.33")):
        sold = sell(friend, number, amount, redeem=Decimal(0))
        commit(django_capture_on_commit_callbacks, lambda sold=sold: tasks.settle_shares(sold.body["id"]))
    sell(referrer, "own", "500")

    assert balance(referrer) == Decimal("61.33")
    data = [event.data for event in Event.objects.filter(kind="friend.purchased").order_by("recorded_at")]
    assert [(told["amount"], told["first"], told["friend"]) for told in data] == [
        ("80.00", True, str(friend.id)),
        ("33.33", False, str(friend.id)),
    ]


def test_a_sale_starts_what_rewards_the_referrer(
    shop: factories.Shop, referrer: Member, friend: Member, django_capture_on_commit_callbacks: Any
) -> None:
    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10")))

    sold = commit(django_capture_on_commit_callbacks, lambda: sell(friend, 1))
    assert balance(referrer) == 10

    commit(django_capture_on_commit_callbacks, lambda: give_back(sold.body["id"], 1, 3))
    assert balance(referrer) == 7

    commit(django_capture_on_commit_callbacks, lambda: returns.cancel(UUID(sold.body["id"]), NOW))
    assert balance(referrer) == 0
    assert audit.audit().clean


@pytest.mark.parametrize("settled", [(), (0,), (1,), (0, 1), (0, 1, 2)])
def test_what_a_referrer_has_follows_the_receipt_however_late_it_is_settled(
    shop: factories.Shop, referrer: Member, friend: Member, settled: tuple[int, ...]
) -> None:
    """In whichever steps between the returns: the last one brings what is right."""
    limit = {"judge": {"limits": [{"per": "member", "period": "month", "points": "6"}]}}
    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10"), **limit))
    receipt = sell(friend, 1).body["id"]
    for step, packets in enumerate((2, 3, 4)):
        if step in settled:
            referrals.settle(UUID(receipt), NOW)
        give_back(receipt, step, packets)
    referrals.settle(UUID(receipt), NOW)

    assert balance(referrer) == 1  # a tenth of the last packet's 10
    give_back(receipt, "last", "all")
    referrals.settle(UUID(receipt), NOW)
    referrals.settle(UUID(receipt), NOW)

    assert balance(referrer) == 0
    assert not Transfer.objects.filter(points=0).exists()
    again = UUID(sell(friend, 2).body["id"])
    referrals.settle(again, NOW)
    assert balance(referrer) == 6  # the limit is free again
    assert audit.audit().clean


def test_a_budget_and_the_share_of_who_brought_the_referrer_follow_a_return_too(
    shop: factories.Shop, referrer: Member, friend: Member
) -> None:
    first = factories.enrol(shop.programme)
    Member.objects.filter(id=referrer.id).update(referred_by=first)
    both = reward("friend.purchased", percent("10"), {"effect": "referrer_points", "percent": "2"})
    factories.publish_campaign(shop.programme, both | {"judge": {"budget": {"points": "20"}}})
    sold = [sell(friend, number).body["id"] for number in (1, 2, 3)]
    for receipt in sold:
        referrals.settle(UUID(receipt), NOW)
    assert (balance(referrer) + balance(first), Tally.objects.get().points) == (20, 20)

    for receipt in sold:
        give_back(receipt, 1, 5)
        referrals.settle(UUID(receipt), NOW)
        give_back(receipt, 2, "all")
        referrals.settle(UUID(receipt), NOW)

    assert (balance(referrer), balance(first), Tally.objects.get().points) == (0, 0, 0)
    assert audit.audit().clean


def test_points_that_a_referrer_has_spent_become_a_debt(
    shop: factories.Shop, referrer: Member, friend: Member
) -> None:
    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10")))
    receipt = sell(friend, 1).body["id"]
    referrals.settle(UUID(receipt), NOW)
    account = Account.objects.get(holders__member=referrer)
    with transaction.atomic():
        ledger.adjust(account, Decimal(-8), "spent", Cause(NOW))

    give_back(receipt, 1, "all")
    referrals.settle(UUID(receipt), NOW)

    account.refresh_from_db()
    assert (account.balance, account.owed) == (0, 8)


def test_friends_purchases_and_returns_that_nobody_heard_of_wait_until_they_are_settled(
    shop: factories.Shop, referrer: Member, friend: Member
) -> None:
    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10")))
    kept, back = (sell(friend, number).body["id"] for number in (1, 2))
    sell(referrer, "nobody referred them")
    assert Settlement.objects.count() == 2

    tasks.settle_late_shares()
    assert (balance(referrer), Settlement.objects.count()) == (20, 0)

    give_back(back, 1, 4)
    tasks.settle_late_shares()
    assert balance(referrer) == 16
    returns.cancel(UUID(kept), NOW)
    tasks.settle_late_shares()
    tasks.settle_late_shares()
    assert (balance(referrer), Settlement.objects.count()) == (6, 0)


def test_a_held_purchase_rewards_the_referrer_once_it_is_confirmed(
    shop: factories.Shop, referrer: Member, friend: Member
) -> None:
    from campaigns.checkout import holds

    factories.publish_campaign(shop.programme, reward("friend.purchased", percent("10")))
    receipt = UUID(sell(friend, 1, state="held").body["id"])
    assert not Settlement.objects.exists()
    referrals.settle(receipt, NOW)
    assert balance(referrer) == 0

    holds.confirm(receipt, NOW)
    tasks.settle_late_shares()
    assert balance(referrer) == 10


def test_a_purchase_from_before_the_campaign_rewards_nobody(
    shop: factories.Shop, referrer: Member, friend: Member
) -> None:
    receipt = sell(friend, 1).body["id"]
    factories.publish_campaign(
        shop.programme, reward("friend.purchased", percent("10")), at=NOW + timedelta(hours=1)
    )

    referrals.settle(UUID(receipt), NOW + timedelta(hours=2))

    assert balance(referrer) == 0
    assert not Event.objects.filter(kind="friend.purchased").exists()


def test_a_sale_asks_nothing_more_where_no_campaign_waits_for_friends(
    lasting_memory: None, shop: factories.Shop, friend: Member, django_capture_on_commit_callbacks: Any
) -> None:
    def asked(number: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            commit(django_capture_on_commit_callbacks, lambda: sell(friend, number))
        return len(seen)

    asked(0)
    without = asked(1)
    factories.publish_campaign(shop.programme, reward("review.left"))
    asked(2)  # compiles the new rules

    assert asked(3) == without
