"""Friends: what a referrer gets when a friend joins, and for what the friend buys.

The friend's till does nothing for it. Once a purchase of a member who was referred is committed, a task
writes the event ``friend.purchased`` on the referrer's timeline, if a campaign waits for it, and has it
rewarded; once goods come back, another one judges it again by what is left. Both bring the reward to what the
receipt says now, so they may come late, twice, or in the wrong order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from campaigns import awaited, event_rewards, occasions, own_events, record, rulebooks
from campaigns.clashes import retried
from campaigns.models import EventReward
from campaigns.told import RETURNABLE
from loyalty.models import Receipt
from members import events, once, prepared
from members.events import EventRow
from members.models import Event, Member

JOINED, PURCHASED = "referral.joined", "friend.purchased"
#: What happens to a receipt that changes what the referrer has of it.
_SOLD, _BACK = ("purchase.completed",), ("purchase.returned", "purchase.cancelled")

_KEY = f"{PURCHASED}:%s"
_MISSED = f"""
SELECT DISTINCT r.id
  FROM members_event e
  JOIN loyalty_receipt r ON r.id = (e.data->>'receipt')::uuid
  JOIN members_member m ON m.id = r.member_id AND m.referred_by_id IS NOT NULL
  LEFT JOIN campaigns_eventreward w
    ON w.event_id = {once.id_sql(f"'{PURCHASED}:' || r.id::text")} AND w.programme_id = r.programme_id
 WHERE e.id >= %(first)s::uuid AND e.id < %(last)s::uuid AND e.kind = ANY(%(kinds)s::text[])
   AND CASE WHEN w.judged_at IS NULL THEN %(awaited)s::boolean AND r.status IN ('completed', 'partially_returned')
            ELSE w.amount <> CASE WHEN r.status IN ('completed', 'partially_returned')
                 THEN r.to_pay - (SELECT COALESCE(sum(b.refund), 0) FROM loyalty_return b WHERE b.receipt_id = r.id)
                 ELSE 0 END END
"""


def note_joining(friend: Member, programme: str, at: datetime) -> EventRow | None:
    """Write on the referrer's timeline that a friend has joined. Must run in the transaction in which they did."""
    if friend.referred_by_id is None:
        return None
    return events.record(JOINED, friend.referred_by_id, at, friend=str(friend.id), programme=programme)


def is_referred(member_id: UUID) -> bool:
    """Whether somebody brought this member."""
    return Member.objects.filter(id=member_id, referred_by__isnull=False).exists()


def is_rewarded(receipt_id: str) -> bool:
    """Whether a referrer was given something for this purchase."""
    return EventReward.objects.filter(event_id=once.id_of(_KEY % receipt_id)).exists()


def settle(receipt_id: UUID, now: datetime) -> None:
    """Bring what a referrer has of a friend's purchase to what is left of it. Safe to repeat.

    Locks the receipt, then the reward, then the referrer's account.
    """
    retried(lambda attempt: _settle(receipt_id, now))


def catch_up(since: datetime, now: datetime) -> int:
    """Settle what was sold or came back since, as the events say, and was missed. Returns how many receipts."""
    params = {
        "first": event_rewards.first_id(since),
        "last": event_rewards.first_id(now + timedelta(days=1)),
        "kinds": [*_SOLD, *_BACK],
        "awaited": PURCHASED in awaited.kinds(),
    }
    missed = [row["id"] for row in prepared.run(_MISSED, params)]
    for receipt_id in missed:
        settle(receipt_id, now)
    return len(missed)


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
        event_id = once.id_of(_KEY % receipt_id)
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
    once.record(PURCHASED, referrer.id, receipt.purchased_at, now, key, data)
    if referrer.status == Member.Status.ACTIVE:
        event = Event.objects.get(id=once.id_of(key))
        occasions.reward(referrer, event, now, [receipt.programme_id], amount=left)
