"""Held purchases: confirmed, or let go when their time is over. Cancelling one stands with the other returns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from analytics import facts
from campaigns import decision, extras, shares, taking_back
from campaigns.checkout import Answer, told_now
from campaigns.clashes import retried
from campaigns.returns import release
from campaigns.sold import Sold, known_facts, lock, save_facts, wrong_state
from loyalty import ledger
from loyalty.models import Receipt
from loyalty.passbook import Cause
from loyalty.tier_changes import Because
from loyalty.tiers import Bought
from members import events
from members.refusals import Refused
from rewards import coupons


def confirm(receipt_id: UUID, now: datetime) -> Answer:
    """Complete a held purchase: its points are spent, and it earns. Safe to repeat.

    Raises ``Missing``, and ``Refused`` with ``wrong_state`` when it is not held any more.
    """
    return retried(lambda attempt: _confirm(receipt_id, now))


def release_stale(now: datetime, limit: int = 500) -> int:
    """Let go of held purchases whose time is over. Returns how many; safe to run twice or at once."""
    stale = Receipt.objects.filter(status=Receipt.Status.HELD, hold_until__lt=now).order_by("hold_until")
    released = 0
    for receipt_id in stale.values_list("id", flat=True)[:limit]:
        try:
            released += not lapse(receipt_id, now).replay
        except Refused:
            continue  # confirmed or cancelled meanwhile
    return released


def lapse(receipt_id: UUID, now: datetime) -> Answer:
    """Cancel a purchase only if it is still held and its time is over."""

    def work(attempt: int) -> Answer:
        with transaction.atomic():
            sold = lock(receipt_id)
            if sold.receipt.status != Receipt.Status.HELD:
                raise wrong_state(sold.receipt)
            return release(sold, now)

    return retried(work)


def _confirm(receipt_id: UUID, now: datetime) -> Answer:
    with transaction.atomic():
        sold = lock(receipt_id)
        receipt = sold.receipt
        if receipt.status != Receipt.Status.HELD:
            if receipt.hold_until is not None and receipt.status == Receipt.Status.COMPLETED:
                return Answer(told_now(receipt), replay=True)
            raise wrong_state(receipt)
        if sold.book is not None:
            _complete(sold, now)
        coupons.confirm(receipt.id, now)
        if sold.standing.shares:
            events.record(shares.DUE, None, now, receipt=str(receipt.id))
        receipt.status = Receipt.Status.COMPLETED
        Receipt.objects.filter(id=receipt.id).update(status=receipt.status)
        events.record("purchase.completed", receipt.member_id, receipt.purchased_at, receipt=str(receipt.id))
    return Answer(told_now(receipt), replay=False)


def _complete(sold: Sold, now: datetime) -> None:
    receipt, book = sold.receipt, sold.book
    assert book is not None
    assert receipt.member_id is not None
    cause = Cause(now, receipt.id)
    book.touched = True
    spending = taking_back.spending_of(receipt.id)
    if spending is not None:
        target = ledger.partner_account(receipt.programme, receipt.store.partner_id)
        book.capture(
            spending.outstanding, target, f"{receipt.id}:capture", cause, reverses_id=spending.transfer_id
        )
    standing = sold.standing
    decision.earn(book, standing.grants, sold.rules, receipt.id, receipt.purchased_at, cause)
    known = known_facts(sold)
    bought = Bought(receipt.id, receipt.purchased_at, receipt.to_pay, standing.earned)
    moved = facts.after_purchase(known, sold.scheme.ladder, bought)
    save_facts(sold, known, moved, Because("purchase", receipt.id), now)
    ledger.post(book)
    extras.give(standing, receipt.id, receipt.programme_id, receipt.member_id, now)
