"""What a purchase caused afterwards goes with it: own events that rest on it are settled with every return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from analytics import stored_facts
from campaigns import rulebooks
from campaigns.checkout.events import booking as event_booking
from campaigns.checkout.events import grounds
from campaigns.checkout.events.booking import Subject
from campaigns.checkout.events.rewards import Basis
from campaigns.checkout.purchase import Purchase
from campaigns.models import EventReward
from loyalty.ledger import provenance
from loyalty.models import Holder
from loyalty.rules.tiers import Bought


def settle(sold: Purchase, left: Bought | None, return_id: UUID, now: datetime) -> None:
    """Judge again what was given for events of the buyer that rest on a purchase, of which ``left`` is left.

    The events are told by the purchases before the return and after it. Where that makes no difference nothing is
    touched, nor is an event that the purchases did not explain before. Notes the entries in the books of the
    receipt. Runs under the locks of the receipt and of ``grounds.accounts``, before the return is written.
    """
    receipt, scheme = sold.receipt, sold.scheme
    assert receipt.member_id is not None
    given = grounds.rewards(receipt.member_id, receipt.programme_id)
    if not given:
        return
    bought = stored_facts.read_bought([receipt.member_id], receipt.programme_id)[receipt.member_id]
    remaining = [one for one in bought if one.id != receipt.id] + ([left] if left else [])
    before = grounds.settled(receipt.member_id, scheme, bought)
    after = grounds.settled(receipt.member_id, scheme, remaining)
    if before == after:
        return
    for reward in given:
        standing = after.get(reward.event_id, grounds.AS_IT_WAS)
        unexplained = before.get(reward.event_id) == standing == grounds.GONE
        if not unexplained and standing != (reward.stands, reward.says):
            basis = Basis(reward.amount, standing.says, reward.ladder, standing.stands)
            subject = _subject(sold, reward)
            key = f"{subject.key}:{return_id.hex[-12:]}"  # of one event: so many digits tell its few changes apart
            event_booking.change(subject, reward, basis, key, now)


def _subject(sold: Purchase, reward: EventReward) -> Subject:
    member = reward.event.member
    assert member is not None
    assert reward.rulebook_id is not None
    both = [member.id, *([member.referred_by_id] if member.referred_by_id else [])]
    held = Holder.objects.filter(member_id__in=both, programme_id=reward.programme_id)
    accounts = dict(held.values_list("member_id", "account_id"))
    given = provenance.accounts_given(f"event:{reward.event_id}:")  # they may hold other accounts by now
    own = given.get("", accounts[member.id])
    referrer = given.get("share", accounts.get(member.referred_by_id) if member.referred_by_id else None)
    return Subject(
        reward.event, member.id, reward.programme_id, rulebooks.get(reward.rulebook_id), sold.book_of(own),
        sold.book_of(referrer) if referrer is not None and referrer != own else None,
    )  # fmt: skip
