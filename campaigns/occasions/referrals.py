"""Friends: what a referrer gets when a friend joins, and for what the friend buys.

The friend's till only notes that something is to be settled (``settlements``), if a campaign waits for it. A task
writes the event ``friend.purchased`` on the referrer's timeline and has it rewarded; once goods come back,
another one judges it again by what is left. Both bring the reward to what the receipt says now, so they may come
late, twice, or in the wrong order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from campaigns import rulebooks
from campaigns.checkout import record
from campaigns.checkout.clashes import retried
from campaigns.checkout.situation import PURCHASED
from campaigns.checkout.told import RETURNABLE
from campaigns.models import EventReward
from campaigns.occasions import occasions, own_events
from loyalty.models import Receipt
from members.models import Event, Member
from members.timeline import events
from members.timeline.events import EventRow

JOINED = "referral.joined"
_KEY = f"{PURCHASED}:%s"


def note_joining(friend: Member, programme: str, at: datetime) -> EventRow | None:
    """Write on the referrer's timeline that a friend has joined. Must run in the transaction in which they did."""
    if friend.referred_by_id is None:
        return None
    return events.record(JOINED, friend.referred_by_id, at, friend=str(friend.id), programme=programme)


def settle(receipt_id: UUID, now: datetime) -> None:
    """Bring what a referrer has of a friend's purchase to what is left of it. Safe to repeat.

    Locks the receipt, then the reward, then the referrer's account.
    """
    retried(lambda attempt: _settle(receipt_id, now))


def _settle(receipt_id: UUID, now: datetime) -> None:
    with transaction.atomic():
        receipt = (
            Receipt.objects.select_for_update(of=("self",))
            .select_related("member__referred_by", "programme", "store")
            .filter(id=receipt_id, member__referred_by__isnull=False)
            .first()
        )
        if receipt is None:
            return
        left = _left_of(receipt)
        event_id = events.id_of(_KEY % receipt_id)
        waiting = (
            EventReward.objects.select_for_update(of=("self",))
            .select_related("event__member__referred_by")
            .filter(event_id=event_id, programme_id=receipt.programme_id, judged_at__isnull=False)
            .first()
        )
        if waiting is None:
            if left:
                _reward(receipt, left, now)
        elif waiting.amount is not None and waiting.amount != left:
            own_events.judge_again(waiting, left, now)


def _left_of(receipt: Receipt) -> Decimal:
    """The money that was paid for what did not come back."""
    if receipt.status not in RETURNABLE:
        return Decimal(0)
    refunded = receipt.returns.aggregate(money=Sum("refund"))["money"] or Decimal(0)
    return receipt.to_pay - refunded


def _reward(receipt: Receipt, left: Decimal, now: datetime) -> None:
    """Write the event, if a campaign waited for it when the purchase was made, and reward it."""
    rules = rulebooks.in_force(receipt.programme_id, receipt.purchased_at)
    friend = receipt.member
    if rules is None or PURCHASED not in rules.engine.machine.listeners or friend is None:
        return
    referrer = friend.referred_by
    assert referrer is not None
    facts = record.load_shopper(receipt.shopper)
    data = {
        "friend": str(friend.id),
        "receipt": str(receipt.id),
        "programme": receipt.programme.code,
        "store": receipt.store.code,
        "amount": f"{receipt.to_pay:.2f}",
        "first": facts.purchases == 0,
    }
    key = _KEY % receipt.id
    events.record_once(PURCHASED, referrer.id, receipt.purchased_at, now, key, data)
    if referrer.status == Member.Status.ACTIVE:
        event = Event.objects.get(id=events.id_of(key))
        occasions.reward(referrer, event, now, [receipt.programme_id], amount=left)
