"""Friends: what a referrer gets when a friend joins, and for what the friend buys.

The friend's till only notes that something is to be settled (``settlements``), if a campaign waits for it. A task
writes the event ``friend.purchased`` on the referrer's timeline and has it rewarded; once goods come back,
another one judges it again by what is left. Both bring the reward to what the receipt says now, so they may come
late, twice, or in the wrong order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
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
from foundation import prepared
from loyalty.models import Account, Receipt
from members.models import Event, Member
from members.timeline import events
from members.timeline.events import EventRow

JOINED = "referral.joined"
_KEY = f"{PURCHASED}:%s"
#: Points of an account by the friend for whom they came: rewards of events, of the member's own and of friends', and
#: shares of friends' receipts.
_GAVE = """
WITH moved AS MATERIALIZED (
  SELECT substring(key from 7 for 36)::uuid AS event_id, key ~ ':share' AS shared,
         CASE WHEN target_id = %(account)s::uuid THEN points ELSE -points END AS points
    FROM loyalty_transfer
   WHERE (target_id = %(account)s::uuid OR source_id = %(account)s::uuid) AND key ~ '^event:[0-9a-f-]{36}'),
gave AS (
  SELECT (e.data->>'friend')::uuid AS friend, moved.points FROM moved JOIN members_event e ON e.id = moved.event_id
   WHERE e.member_id = %(member)s::uuid AND e.kind = ANY(%(kinds)s::text[])
  UNION ALL
  SELECT e.member_id, moved.points FROM moved JOIN members_event e ON e.id = moved.event_id
    JOIN members_member m ON m.id = e.member_id AND m.referred_by_id = %(member)s::uuid WHERE moved.shared
  UNION ALL
  SELECT r.member_id, s.points FROM campaigns_share s JOIN loyalty_receipt r ON r.id = s.receipt_id
    JOIN members_member m ON m.id = r.member_id AND m.referred_by_id = %(member)s::uuid
   WHERE s.account_id = %(account)s::uuid AND s."to" = 'referrer' AND r.programme_id = %(programme)s::bigint)
SELECT friend, sum(points) AS points FROM gave WHERE friend IS NOT NULL GROUP BY friend
"""


def note_joining(friend: Member, programme: str, at: datetime) -> EventRow | None:
    """Write on the referrer's timeline that a friend has joined. Must run in the transaction in which they did."""
    if friend.referred_by_id is None:
        return None
    return events.record(JOINED, friend.referred_by_id, at, friend=str(friend.id), programme=programme)


class Friend(NamedTuple):
    """Somebody whom a member brought: what they are called, since when they take part, and the points it gave."""

    name: str
    since: datetime
    points: Decimal


class Brought(NamedTuple):
    """The friends whom a member brought, the newest first; how many ``came`` and what all of them gave."""

    friends: list[Friend]
    came: int
    points: Decimal


def brought(member: Member, account: Account, most: int) -> Brought:
    """Who came to the account's programme on a member's word, ``most`` of them by name, and the points that the account
    has of it: for their joining and for what they buy, less what went back. Two statements."""
    told = {
        "member": member.id, "account": account.id, "programme": account.programme_id,
        "kinds": [JOINED, PURCHASED],
    }  # fmt: skip
    points = {row["friend"]: row["points"] for row in prepared.run(_GAVE, told)}
    came = Member.objects.filter(referred_by=member, holdings__programme=account.programme_id)
    rows = came.exclude(status=Member.Status.ERASED).order_by("-joined_at", "-id")
    friends = [
        Friend(one.first_name, one.joined_at, points.get(one.id, Decimal(0)))
        for one in rows.only("first_name", "joined_at")[:most]
    ]
    return Brought(friends, came.count(), sum(points.values(), Decimal(0)))


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
