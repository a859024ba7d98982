"""Our own events: rewarded by a task, soon after they happened in the middle of other work.

Each waits in ``event_rewards`` until it is judged, so a crash loses none, and a task that runs late, twice or
in two workers gives nothing twice. One whose amount changes is judged again, and the difference is booked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import connection, transaction

from campaigns import rulebooks
from campaigns.checkout.clashes import retried
from campaigns.checkout.events import booking as event_booking
from campaigns.checkout.events import rewards as event_rewards
from campaigns.checkout.events.booking import Subject
from campaigns.checkout.events.rewards import Basis
from campaigns.models import EventReward, Look
from campaigns.occasions import awaited, occasions
from loyalty.ledger import ledger, provenance
from loyalty.models import Holder
from members.event_kinds import KINDS
from members.models import Member

#: Those that are recorded where they happen; dates and friends' purchases have jobs of their own.
RECORDED_ELSEWHERE = tuple(kind.name for kind in KINDS.values() if kind.waits)

#: The name of the look at what was missed, and how long a transaction may have been under way before it.
_LOOK, _OVERLAP = "own-events", timedelta(hours=2)

log = structlog.get_logger(__name__)


def reward_event(event_id: UUID, now: datetime) -> None:
    """Give what campaigns give for an own event that is recorded. Safe to repeat, and at once in many places."""
    event_rewards.ask(event_id, now)
    while _reward_next(now, event_id):
        pass


def reward_waiting(now: datetime) -> int:
    """Give what campaigns give for all events that wait. Returns how many were judged; many workers share them."""
    judged = 0
    while _reward_next(now):
        judged += 1
    return judged


def catch_up(since: datetime, now: datetime) -> int:
    """Have own events judged that were written since and were missed. Returns how many; they wait now.

    Goes back to where the last look ended, should that be earlier: whatever was down was down for days, it may be.
    """
    last = Look.objects.filter(name=_LOOK).values_list("seen_until", flat=True).first()
    awaited_ = awaited.kinds().intersection(RECORDED_ELSEWHERE)
    begin = min(since, last - _OVERLAP) if last is not None else since
    missed = event_rewards.ask_for_latest(awaited_, begin, now) if awaited_ else 0
    Look.objects.update_or_create(
        name=_LOOK, defaults={"seen_until": now if last is None else max(now, last)}
    )
    return missed


def judge_again(standing: EventReward, amount: Decimal, now: datetime) -> None:
    """Judge an event by another amount: what is given less goes, what is given more comes.

    By the rules and facts by which it was judged. Must run in a transaction, under the reward's lock; locks
    the accounts of the member and of who referred them.
    """
    event, programme_id = standing.event, standing.programme_id
    assert standing.rulebook_id is not None
    assert event.member is not None
    rules = rulebooks.get(standing.rulebook_id)
    given = provenance.accounts_given(f"event:{event.id}:")  # they may hold other accounts by now
    own = given.get("") or Holder.objects.get(member=event.member, programme_id=programme_id).account_id
    holdings = Holder.objects.filter(member=event.member.referred_by_id, programme_id=programme_id)
    held = holdings.exclude(account=own).values_list("account_id", flat=True).first()
    referrer = given.get("share") or held
    books = ledger.lock(sorted(filter(None, (own, referrer))))
    subject = Subject(
        event, event.member.id, programme_id, rules, books[own], books[referrer] if referrer else None
    )
    basis = Basis(amount, stands=bool(amount))
    event_booking.change(subject, standing, basis, f"{subject.key}:{amount.normalize():f}", now)
    ledger.post(*subject.books)


def _reward_next(now: datetime, event_id: UUID | None = None) -> bool:
    """Judge one event that waits, in a transaction of its own; False when none is free.

    One that fails is put off, so that it does not keep the others waiting.
    """
    found: list[int] = []

    def work(attempt: int) -> bool:
        with transaction.atomic():
            waiting = event_rewards.claim(now, event_id)
            if waiting is None:
                return False
            found[:] = [waiting.id]
            member = waiting.event.member
            if member is not None and member.status == Member.Status.ACTIVE:
                occasions.reward(member, waiting.event, now, [waiting.programme_id])
            event_rewards.close(waiting, now)
            return True

    try:
        return retried(work)
    except Exception:
        if not found or connection.in_atomic_block:
            raise
        log.exception("event_not_rewarded", reward=found[0])
        event_rewards.put_off(found[0], now)
        return True
