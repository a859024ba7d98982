"""Held purchases: confirmed, or let go when their time is over. Cancelling one stands with the other returns.

Whether a hold's time is over is decided at the moment of asking, whether the job that lets go has been there or
not: whoever asks for what a hold reserves (a quote, a sale, a confirmation) lets those go first whose time is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from analytics import facts
from campaigns.checkout import decision, extras, settlements, told
from campaigns.checkout.clashes import retried
from campaigns.checkout.purchase import Purchase, known_facts, lock, save_facts, wrong_state
from campaigns.checkout.returns import release
from campaigns.checkout.told import Answer
from foundation.refusals import Refused
from loyalty.ledger import ledger, restoration
from loyalty.ledger.passbook import Cause
from loyalty.models import Receipt
from loyalty.rules.tiers import Bought
from loyalty.tiers.tier_changes import Because
from members.timeline import events
from rewards.coupons import coupons

log = structlog.get_logger(__name__)


def confirm(receipt_id: UUID, now: datetime) -> Answer:
    """Complete a held purchase: its points are spent, and it earns. Safe to repeat.

    Raises ``Missing``, and ``Refused`` with ``wrong_state`` when it is not held any more, or its time is over.
    """
    done = retried(lambda attempt: _confirm(receipt_id, now))
    if done is None:
        raise Refused("wrong_state", _("The time of the held purchase is over: it was let go."))
    return done


def release_stale(now: datetime, limit: int = 500) -> int:
    """Let go of held purchases whose time is over. Returns how many; safe to run twice or at once.

    One that fails is told in the log and keeps no other waiting.
    """
    over = Receipt.objects.filter(status=Receipt.Status.HELD, hold_until__lt=now).order_by("hold_until")
    return let_go(list(over.values_list("id", flat=True)[:limit]), now)


def release_over(programmes: Iterable[int], now: datetime) -> None:
    """Let go of held purchases of some programmes whose time is over. One statement where there are none."""
    held = Receipt.objects.filter(
        status=Receipt.Status.HELD, hold_until__lt=now, programme_id__in=set(programmes)
    )
    let_go(list(held.order_by("hold_until").values_list("id", flat=True)), now)


def let_go(receipts: Sequence[UUID], now: datetime) -> int:
    """Let go of these held purchases, whose time is over. Returns how many are held no more.

    Each is a transaction of its own. One that fails is told in the log: it must not keep others from buying.
    """
    gone = 0
    for receipt_id in receipts:
        try:
            lapse(receipt_id, now)
        except Refused:
            pass  # confirmed or cancelled meanwhile
        except Exception:
            log.exception("hold_not_released", receipt=str(receipt_id))
            continue
        gone += 1
    return gone


def lapse(receipt_id: UUID, now: datetime) -> Answer:
    """Cancel a purchase only if it is still held and its time is over. Raises ``Refused`` when it is not."""

    def work(attempt: int) -> Answer:
        with transaction.atomic():
            sold = lock(receipt_id)
            if not told.is_over(sold.receipt, now):
                raise wrong_state(sold.receipt)
            return release(sold, now)

    return retried(work)


def _confirm(receipt_id: UUID, now: datetime) -> Answer | None:
    """Complete it; None when its time was over, so that it is let go instead."""
    with transaction.atomic():
        sold = lock(receipt_id)
        receipt = sold.receipt
        if receipt.status != Receipt.Status.HELD:
            if receipt.hold_until is not None and receipt.status == Receipt.Status.COMPLETED:
                return Answer(told.tell(receipt, now), replay=True)
            raise wrong_state(receipt)
        if told.is_over(receipt, now):
            release(sold, now)
            return None
        # told when it happens, which is never before it was held, whatever the till's clock says
        at = max(now, receipt.purchased_at)
        done = events.new("purchase.completed", receipt.member_id, at, now, receipt=str(receipt.id))
        events.record_all([done])
        if sold.book is not None:
            _complete(sold, now)
        coupons.confirm(receipt.id, now)
        if sold.standing.shares or sold.rewards_a_friend:
            settlements.ask(receipt.id, now)
        receipt.status = Receipt.Status.COMPLETED
        Receipt.objects.filter(id=receipt.id).update(status=receipt.status)
    return Answer(told.tell(receipt, now), replay=False)


def _complete(sold: Purchase, now: datetime) -> None:
    receipt, book = sold.receipt, sold.book
    assert book is not None
    assert receipt.member_id is not None
    cause = Cause(now, receipt.id)
    book.touched = True
    spending = restoration.spending_of(receipt.id)
    if spending is not None:
        target = ledger.partner_account(receipt.programme, sold.past.was.partner_id)
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
