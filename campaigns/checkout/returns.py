"""Returns and cancellations: exactly what the purchase did is undone, nothing else.

A return judges what remains of the basket again, with the rules and facts of the purchase, and posts
the difference to what stood before. The prose is in ``docs/algorithms/returns.md``. Everything runs
under the lock of the receipt, then of the account, always in that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.checkout import decision, extras, grants, record, settlements, story, tallies, usage
from campaigns.checkout.clashes import retried
from campaigns.checkout.events import consequences
from campaigns.checkout.purchase import Purchase, judge_again, lock, write_facts, wrong_state
from campaigns.checkout.record import NOTHING, Record
from campaigns.checkout.return_request import ReturnRequest, check
from campaigns.checkout.story import Story
from campaigns.checkout.told import RETURNABLE, Answer, may_know_balance
from campaigns.rulebooks import Rules
from foundation.refusals import Conflict, Fault, Invalid, Refused
from loyalty.ledger import balances, ledger, provenance, restoration, revocation
from loyalty.ledger.passbook import ZERO, Cause, new_id
from loyalty.models import Receipt, Return, ReturnLine
from loyalty.rules.days import last_moment
from loyalty.rules.tiers import Bought
from loyalty.shops import places
from loyalty.shops.places import Scheme
from members.timeline import events
from rewards.coupons import coupons

#: The return number under which a cancellation is kept; a client's own never begins so.
CANCELLATION = "~cancel"


def give_back(receipt_id: UUID, wanted: ReturnRequest, now: datetime) -> Answer:
    """Take goods back. The same return again is answered as the first time.

    Raises ``Missing``, ``Invalid``, ``Conflict`` when the return number was used with other content,
    ``Refused`` with ``return_exceeds_purchase`` or ``wrong_state``.
    """
    check(wanted, now)
    return retried(lambda attempt: _give_back(receipt_id, wanted, now))


def cancel(receipt_id: UUID, now: datetime) -> Answer:
    """Undo a purchase as a whole, at any time; let a held one go. Safe to repeat.

    Raises ``Missing``, and ``Refused`` with ``wrong_state`` when all of it came back already.
    """
    return retried(lambda attempt: _cancel(receipt_id, now))


def _give_back(receipt_id: UUID, wanted: ReturnRequest, now: datetime) -> Answer:
    with transaction.atomic():
        sold = lock(receipt_id)
        for back in sold.earlier:
            if back.number == wanted.return_number:
                if back.content_hash != wanted.content_hash:
                    detail = _("Return %(number)s exists with other content.") % {"number": back.number}
                    raise Conflict("idempotency_conflict", detail)
                return Answer(back.answer, replay=True)
        _require_later(sold.receipt, wanted)
        if sold.receipt.status not in RETURNABLE:
            raise wrong_state(sold.receipt)
        return _post(sold, wanted, _quantities(sold, wanted), now)


def _require_later(receipt: Receipt, wanted: ReturnRequest) -> None:
    """Raise ``Invalid`` when goods come back before they were bought.

    A purchase from a till whose clock runs ahead counts from when it was recorded.
    """
    if wanted.returned_at < min(receipt.purchased_at, receipt.recorded_at):
        detail = _("The purchase was made at %(at)s: give a time after it.") % {
            "at": story.moment(receipt.purchased_at)
        }
        raise Invalid(Fault("returned_at", "before_the_purchase", detail))


def _cancel(receipt_id: UUID, now: datetime) -> Answer:
    with transaction.atomic():
        sold = lock(receipt_id)
        if sold.receipt.status == Receipt.Status.CANCELLED:
            return Answer(sold.earlier[-1].answer, replay=True)
        if sold.receipt.status == Receipt.Status.HELD:
            return release(sold, now)
        if sold.receipt.status not in RETURNABLE:
            raise wrong_state(sold.receipt)
        wanted = ReturnRequest(CANCELLATION, now, "all")
        return _post(sold, wanted, _quantities(sold, wanted), now)


def _quantities(sold: Purchase, wanted: ReturnRequest) -> dict[int, Decimal]:
    """How many come back of each position. Raises ``Refused`` when they are more than are left."""
    left = {line.position: line.quantity - sold.returned.get(line.position, ZERO) for line in sold.lines}
    if isinstance(wanted.lines, str):
        return {position: quantity for position, quantity in left.items() if quantity}
    for line in wanted.lines:
        if line.quantity > left.get(line.position, ZERO):
            detail = _("Position %(position)s: %(wanted)s come back, %(left)s are left.") % {
                "position": line.position,
                "wanted": line.quantity.normalize(),
                "left": left.get(line.position, ZERO).normalize(),
            }
            raise Refused("return_exceeds_purchase", detail)
    return {line.position: line.quantity for line in wanted.lines}


def _post(sold: Purchase, wanted: ReturnRequest, coming: Mapping[int, Decimal], now: datetime) -> Answer:
    """Judge what remains, post the difference, and write the return."""
    receipt, before = sold.receipt, sold.standing
    gone = {
        p: sold.returned.get(p, ZERO) + coming.get(p, ZERO) for p in (line.position for line in sold.lines)
    }
    after = judge_again(sold, gone)
    whole = not after.lines
    refunded = sum((back.refund for back in sold.earlier), ZERO)
    refund = max(receipt.to_pay - after.to_pay - refunded, ZERO)
    return_id = new_id()
    cause = Cause(now, receipt.id)
    restored = revoked = owed = ZERO
    if sold.book is not None:
        sold.book.touched = True
        spent = sum((line.redeemed_points for line in after.lines), ZERO)
        restored = _restore(sold, spent, return_id, cause)
        changes = grants.difference(before.grants, after.grants)
        after = msgspec.structs.replace(after, taken=dict(before.taken))
        revoked, owed = _take_back(sold, changes, after, return_id, cause)
        _give_more(sold, changes, after, return_id, cause)
        left = None if whole else _left(sold, refund, after)
        consequences.settle(sold, left, return_id, now)
        write_facts(sold, refund, left, now, after)
        assert receipt.member_id is not None
        usage.move(receipt.member_id, usage.difference(after.increments, before.increments))
        after = extras.take_back(before, after, receipt.id, receipt.member_id, now)
    _undo(sold, before, after, now)
    status = Receipt.Status.PARTIALLY_RETURNED
    if whole:
        cancelled = wanted.return_number == CANCELLATION
        status = Receipt.Status.CANCELLED if cancelled else Receipt.Status.RETURNED
    figures = {"refund": refund, "restored": restored, "revoked": revoked, "owed": owed}
    return _write(sold, wanted, coming, return_id, after, figures, status, now)


def _left(sold: Purchase, refund: Decimal, after: Record) -> Bought:
    """What is left of the purchase, as it counts for the member."""
    receipt = sold.receipt
    refunded = sum((back.refund for back in sold.earlier), refund)
    return Bought(receipt.id, receipt.purchased_at, receipt.to_pay - refunded, after.earned)


def _undo(sold: Purchase, before: Record, after: Record, now: datetime) -> None:
    """Undo what is kept beside the account: common counters, coupons, and the shares of others."""
    receipt = sold.receipt
    tallies.move(tallies.difference(after.counted, before.counted, receipt.store_id))
    if gone := set(before.coupons) - set(after.coupons):
        coupons.give_back(receipt.id, now, gone)
    if after.shares != before.shares or sold.rewards_a_friend:
        settlements.ask(receipt.id, now)


def _restore(sold: Purchase, still_spent: Decimal, return_id: UUID, cause: Cause) -> Decimal:
    """Give back the points that were spent on what came back, to their own lots."""
    assert sold.book is not None
    spending = restoration.spending_of(sold.receipt.id)
    if spending is None:
        return ZERO
    points = spending.outstanding - still_spent
    if points > 0:
        restoration.restore(
            sold.book,
            spending,
            points,
            f"{return_id}:restore",
            cause,
            grace=grace_until(sold.scheme, sold.rules, cause.at),
        )
    return max(points, ZERO)


def grace_until(scheme: Scheme, rules: Rules, now: datetime) -> datetime:
    """Until when points live that come back to an expired lot."""
    return last_moment(now, rules.grace_days, scheme.zone)


def _take_back(
    sold: Purchase, changes: Mapping[int, Decimal], after: Record, return_id: UUID, cause: Cause
) -> tuple[Decimal, Decimal]:
    """Take back what campaigns give no more. Returns the points taken and the points owed."""
    assert sold.book is not None
    revoked = owed = ZERO
    receipt_id, account_id = sold.receipt.id, sold.book.account_id
    for campaign, points in grants.going(changes).items():
        got, missing = revocation.revoke_each(
            sold.book,
            provenance.granted_by(campaign, account_id, after.taken, receipt_id=receipt_id),
            points,
            after.taken,
            lambda granted, _part: f"{return_id}:revoke:{granted.lot.id}",
            cause,
            forgiving=sold.rules.debt_policy == "forgive",
        )
        revoked, owed = revoked + got, owed + missing
    return revoked, owed


def _give_more(
    sold: Purchase, changes: Mapping[int, Decimal], after: Record, return_id: UUID, cause: Cause
) -> None:
    """Book what a campaign gives only now, because another one that shut it out no longer applies."""
    assert sold.book is not None
    more = grants.coming(after.grants, changes)
    decision.earn(
        sold.book, more, sold.rules, sold.receipt.id, sold.receipt.purchased_at, cause, key=str(return_id)
    )


def _write(
    sold: Purchase,
    wanted: ReturnRequest,
    coming: Mapping[int, Decimal],
    return_id: UUID,
    after: Record,
    figures: Mapping[str, Decimal],
    status: str,
    now: datetime,
) -> Answer:
    receipt = sold.receipt
    if sold.book is not None:
        ledger.post(*sold.books.values())
    Receipt.objects.filter(id=receipt.id).update(status=status)
    balance = _balance(sold, now)
    after = msgspec.structs.replace(after, balance=balance)
    answer = _answer(sold, wanted, return_id, figures, status, balance)
    back = Return.objects.create(
        id=return_id, receipt=receipt, number=wanted.return_number, returned_at=wanted.returned_at,
        recorded_at=now, content_hash=wanted.content_hash, outcome=record.dump(after), answer=answer, **figures,
    )  # fmt: skip
    ids = {line.position: line.id for line in sold.lines}
    ReturnLine.objects.bulk_create(
        ReturnLine(back=back, line_id=ids[position], quantity=quantity)
        for position, quantity in coming.items()
    )
    kind = "purchase.cancelled" if status == Receipt.Status.CANCELLED else "purchase.returned"
    at = max(now, receipt.purchased_at)  # never before it was sold, whatever the till's clock says
    happened = events.new(kind, receipt.member_id, at, now, receipt=str(receipt.id), back=str(return_id))
    events.record_all([happened])
    return Answer(answer, replay=False)


def _balance(sold: Purchase, now: datetime) -> tuple[Decimal, Decimal] | None:
    """The member's spendable and pending points after the return, whose receipt has its new state already."""
    if sold.book is None:
        return None
    scheme = sold.scheme
    return balances.of_book(sold.book, scheme.inactivity_days, places.scheme(scheme.id).zone, now)


def _answer(
    sold: Purchase,
    wanted: ReturnRequest,
    return_id: UUID,
    figures: Mapping[str, Decimal],
    status: str,
    balance: tuple[Decimal, Decimal] | None,
) -> Story:
    places_ = sold.rules.engine.terms.point_decimals
    told = balance if may_know_balance(sold.receipt) else None
    return {
        "id": str(return_id),
        "purchase": str(sold.receipt.id),
        "return_number": None if wanted.return_number == CANCELLATION else wanted.return_number,
        "refund": story.money(figures["refund"]),
        "restored": story.number(figures["restored"], places_),
        "revoked": story.number(figures["revoked"], places_),
        "owed": story.number(figures["owed"], places_),
        "balance": story.balance(sold.scheme.code, told, places_),
        "status": str(status),
    }


def release(sold: Purchase, now: datetime) -> Answer:
    """Let a held purchase go: its points return to their lots, its limits are free again."""
    wanted = ReturnRequest(CANCELLATION, now, "all")
    restored = ZERO
    return_id = new_id()
    if sold.book is not None:
        sold.book.touched = True
        spending = restoration.spending_of(sold.receipt.id)
        if spending is not None:
            restored = spending.outstanding
            restoration.restore(
                sold.book, spending, restored, f"{return_id}:release", Cause(now, sold.receipt.id),
                grace=grace_until(sold.scheme, sold.rules, now), kind="release",
            )  # fmt: skip
        assert sold.receipt.member_id is not None
        usage.move(sold.receipt.member_id, usage.difference({}, sold.standing.increments))
    tallies.move(tallies.difference({}, sold.standing.counted, sold.receipt.store_id))
    coupons.give_back(sold.receipt.id, now)
    figures = {"refund": ZERO, "restored": restored, "revoked": ZERO, "owed": ZERO}
    return _write(sold, wanted, {}, return_id, NOTHING, figures, Receipt.Status.CANCELLED, now)
