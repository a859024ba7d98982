"""Returns, cancellations, and the end of held purchases: exactly what the purchase did is undone, nothing else.

A return judges what remains of the basket again, with the rules and facts of the purchase, and posts
the difference to what stood before. The prose is in ``docs/algorithms/returns.md``. Everything runs
under the lock of the receipt, then of the account, always in that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max, Min, Sum
from django.utils.translation import gettext as _

from analytics import facts
from analytics.models import MemberFacts
from campaigns import decision, record, rulebooks, story, taking_back, usage
from campaigns.checkout import Answer, _told_now, retried
from campaigns.engine.evaluation import evaluate
from campaigns.models import Usage
from campaigns.record import NOTHING, Given, Record
from campaigns.rulebooks import Rules
from campaigns.story import Story
from loyalty import ledger, places
from loyalty.basket import Basket, Line, Moment, Place
from loyalty.days import end_of_day
from loyalty.models import Receipt, ReceiptLine, Return, ReturnLine
from loyalty.passbook import ZERO, Cause, Passbook, new_id
from loyalty.places import Scheme
from loyalty.rounding import Rounding, round_money, round_points
from members import events, prepared
from members.refusals import Conflict, Fault, Invalid, Missing, Refused

#: The return number under which a cancellation is kept; a client's own never begins so.
CANCELLATION = "~cancel"
_RETURNABLE = (Receipt.Status.COMPLETED, Receipt.Status.PARTIALLY_RETURNED)


class LineBack(msgspec.Struct, frozen=True):
    """How many of a line come back."""

    position: int
    quantity: Decimal


class ReturnRequest(msgspec.Struct, frozen=True):
    """A return as the till reports it."""

    return_number: str
    returned_at: datetime
    lines: tuple[LineBack, ...] | Literal["all"]

    @property
    def content_hash(self) -> str:
        """The same for the same content."""
        lines: Any = self.lines
        if not isinstance(lines, str):
            lines = sorted((line.position, format(line.quantity.normalize(), "f")) for line in lines)
        content = msgspec.json.encode([self.returned_at.timestamp(), lines])
        return hashlib.sha256(content).hexdigest()


@dataclass(slots=True)
class Sold:
    """A receipt under its lock, with all that a return needs."""

    receipt: Receipt
    lines: list[ReceiptLine]
    returned: dict[int, Decimal]
    earlier: list[Return]
    rules: Rules
    scheme: Scheme
    book: Passbook | None

    @property
    def standing(self) -> Record:
        """The decision that stands: that of the last return, or of the purchase."""
        return record.load(self.earlier[-1].outcome if self.earlier else self.receipt.outcome)


def give_back(receipt_id: UUID, wanted: ReturnRequest, now: datetime) -> Answer:
    """Take goods back. The same return again is answered as the first time.

    Raises ``Missing``, ``Invalid``, ``Conflict`` when the return number was used with other content,
    ``Refused`` with ``return_exceeds_purchase`` or ``wrong_state``.
    """
    _check(wanted, now)
    return retried(lambda attempt: _give_back(receipt_id, wanted, now))


def cancel(receipt_id: UUID, now: datetime) -> Answer:
    """Undo a purchase as a whole, at any time; let a held one go. Safe to repeat.

    Raises ``Missing``, and ``Refused`` with ``wrong_state`` when all of it came back already.
    """
    return retried(lambda attempt: _cancel(receipt_id, now))


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
            released += not cancel_held(receipt_id, now).replay
        except Refused:
            continue  # confirmed or cancelled meanwhile
    return released


def cancel_held(receipt_id: UUID, now: datetime) -> Answer:
    """Cancel a purchase only if it is still held and its time is over."""

    def work(attempt: int) -> Answer:
        with transaction.atomic():
            sold = _lock(receipt_id)
            if sold.receipt.status != Receipt.Status.HELD:
                raise _wrong_state(sold.receipt)
            return _release(sold, now)

    return retried(work)


def _check(wanted: ReturnRequest, now: datetime) -> None:
    faults = []
    if not 1 <= len(wanted.return_number) <= 64 or wanted.return_number.startswith("~"):
        faults.append(
            Fault("return_number", "required", _("Give the return's number, at most 64 characters."))
        )
    if wanted.returned_at.tzinfo is None:
        faults.append(Fault("returned_at", "offset_required", _("Give the time with its offset.")))
    elif wanted.returned_at > now + timedelta(minutes=5):
        faults.append(
            Fault("returned_at", "in_the_future", _("The time lies in the future: set the till's clock."))
        )
    if not isinstance(wanted.lines, str):
        if not wanted.lines:
            faults.append(Fault("lines", "required", _("Give the lines that come back, or “all”.")))
        seen: set[int] = set()
        for index, line in enumerate(wanted.lines):
            if line.position in seen:
                faults.append(Fault(f"lines[{index}].position", "repeated", _("Name each position once.")))
            seen.add(line.position)
            quantity = line.quantity
            if not quantity.is_finite() or quantity <= 0 or quantity != round(quantity, 3):
                detail = _("Give a number above zero with at most 3 decimal places.")
                faults.append(Fault(f"lines[{index}].quantity", "not_a_quantity", detail))
    if faults:
        raise Invalid(*faults)


def _lock(receipt_id: UUID) -> Sold:
    """Lock a receipt and its account, and read what a return needs. Must run in a transaction."""
    receipt = (
        Receipt.objects.select_for_update(of=("self",))
        .select_related("store__partner", "till", "programme", "store")
        .filter(id=receipt_id)
        .first()
    )
    if receipt is None:
        raise Missing("purchase_not_found", _("There is no such purchase."))
    lines = list(receipt.lines.select_related("product").order_by("position"))
    returned = dict(
        ReturnLine.objects.filter(back__receipt=receipt)
        .values_list("line__position")
        .annotate(quantity=Sum("quantity"))
    )
    book = ledger.lock([receipt.account_id])[receipt.account_id] if receipt.account_id else None
    return Sold(
        receipt,
        lines,
        returned,
        list(receipt.returns.order_by("recorded_at", "id")),
        rulebooks.get(receipt.rulebook_id),
        places.scheme(receipt.programme_id),
        book,
    )


def _give_back(receipt_id: UUID, wanted: ReturnRequest, now: datetime) -> Answer:
    with transaction.atomic():
        sold = _lock(receipt_id)
        for back in sold.earlier:
            if back.number == wanted.return_number:
                if back.content_hash != wanted.content_hash:
                    detail = _("Return %(number)s exists with other content.") % {"number": back.number}
                    raise Conflict("idempotency_conflict", detail)
                return Answer(back.answer, replay=True)
        if sold.receipt.status not in _RETURNABLE:
            raise _wrong_state(sold.receipt)
        return _post(sold, wanted, _quantities(sold, wanted), now)


def _cancel(receipt_id: UUID, now: datetime) -> Answer:
    with transaction.atomic():
        sold = _lock(receipt_id)
        if sold.receipt.status == Receipt.Status.CANCELLED:
            return Answer(sold.earlier[-1].answer, replay=True)
        if sold.receipt.status == Receipt.Status.HELD:
            return _release(sold, now)
        if sold.receipt.status not in _RETURNABLE:
            raise _wrong_state(sold.receipt)
        wanted = ReturnRequest(CANCELLATION, now, "all")
        return _post(sold, wanted, _quantities(sold, wanted), now)


def _wrong_state(receipt: Receipt) -> Refused:
    return Refused("wrong_state", _("The purchase is %(status)s.") % {"status": receipt.get_status_display()})


def _quantities(sold: Sold, wanted: ReturnRequest) -> dict[int, Decimal]:
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


def _post(sold: Sold, wanted: ReturnRequest, coming: Mapping[int, Decimal], now: datetime) -> Answer:
    """Judge what remains, post the difference, and write the return."""
    receipt, before = sold.receipt, sold.standing
    gone = {
        p: sold.returned.get(p, ZERO) + coming.get(p, ZERO) for p in (line.position for line in sold.lines)
    }
    after = _judge_again(sold, gone)
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
        changes = _changes(before, after)
        after = msgspec.structs.replace(after, taken=dict(before.taken))
        revoked, owed = _take_back(sold, changes, after, return_id, cause)
        _give_more(sold, changes, after, return_id, cause)
        _write_facts(sold, refund, whole)
        _write_usage(sold, usage.difference(after.increments, before.increments))
    status = Receipt.Status.PARTIALLY_RETURNED
    if whole:
        cancelled = wanted.return_number == CANCELLATION
        status = Receipt.Status.CANCELLED if cancelled else Receipt.Status.RETURNED
    figures = {"refund": refund, "restored": restored, "revoked": revoked, "owed": owed}
    return _write(sold, wanted, coming, return_id, after, figures, status, now)


def _changes(before: Record, after: Record) -> dict[int, Decimal]:
    """Points by campaign that come (above zero) or go."""
    was, now = before.granted, after.granted
    changes = {campaign: now.get(campaign, ZERO) - was.get(campaign, ZERO) for campaign in {*was, *now}}
    return {campaign: points for campaign, points in sorted(changes.items()) if points}


def _judge_again(sold: Sold, gone: Mapping[int, Decimal]) -> Record:
    """What the rules and facts of the purchase give for what remains of it."""
    remaining = [line for line in sold.lines if line.quantity > gone[line.position]]
    if not remaining:
        return NOTHING
    places_, rule = sold.rules.engine.terms.point_decimals, Rounding(sold.rules.engine.terms.rounding)
    lines, spent = [], {}
    for line in remaining:
        share = (line.quantity - gone[line.position]) / line.quantity
        lines.append(
            _engine_line(line, line.quantity - gone[line.position], round_money(line.amount * share))
        )
        spent[line.position] = (
            round_points(line.redeemed_points * share, places_, rule),
            round_money(line.redeemed_amount * share),
        )
    receipt = sold.receipt
    shop = places.find(receipt.store.code)
    basket = Basket(
        place=Place(
            receipt.store.partner.code,
            receipt.store.code,
            shop.groups if shop else frozenset(),
            receipt.till.code if receipt.till else "",
            receipt.channel,
        ),
        lines=tuple(lines),
        redeem=record.settled(spent),
        cashier=receipt.cashier,
    )
    zone = shop.zone if shop else sold.scheme.zone
    moment = Moment(receipt.purchased_at.astimezone(zone), receipt.purchased_at.astimezone(sold.scheme.zone))
    return record.pack(evaluate(basket, record.load_shopper(receipt.shopper), moment, sold.rules.engine))


def _engine_line(line: ReceiptLine, quantity: Decimal, amount: Decimal) -> Line:
    traits = line.traits
    return Line(
        position=line.position,
        sku=traits.get("sku", ""),
        quantity=quantity,
        amount=amount,
        price=line.price,
        name=traits.get("name", ""),
        brand=traits.get("brand", ""),
        categories=tuple(traits.get("categories", ())),
        sets=frozenset(traits.get("sets", ())),
    )


def _restore(sold: Sold, still_spent: Decimal, return_id: UUID, cause: Cause) -> Decimal:
    """Give back the points that were spent on what came back, to their own lots."""
    assert sold.book is not None
    spending = taking_back.spending_of(sold.receipt.id)
    if spending is None:
        return ZERO
    points = spending.outstanding - still_spent
    if points > 0:
        taking_back.restore(
            sold.book, spending, points, f"{return_id}:restore", cause, grace=_grace(sold, cause.at)
        )
    return max(points, ZERO)


def _grace(sold: Sold, now: datetime) -> datetime:
    """Until when points live that come back to an expired lot."""
    local = now.astimezone(sold.scheme.zone).date() + timedelta(days=sold.rules.grace_days)
    return end_of_day(local, sold.scheme.zone)


def _take_back(
    sold: Sold, changes: Mapping[int, Decimal], after: Record, return_id: UUID, cause: Cause
) -> tuple[Decimal, Decimal]:
    """Take back what campaigns give no more. Returns the points taken and the points owed."""
    assert sold.book is not None
    revoked = owed = ZERO
    going = {campaign: -points for campaign, points in changes.items() if points < 0}
    for campaign, points in going.items():
        lots = taking_back.granted_by(sold.receipt.id, campaign, after.taken)
        for granted in lots:
            part = min(points, granted.lot.points - granted.taken)
            if part <= 0:
                continue
            key = f"{return_id}:revoke:{granted.lot.id}"
            got, missing = taking_back.revoke(sold.book, granted, part, key, cause)
            if missing:
                note = sold.book.owe if sold.rules.debt_policy == "debt" else sold.book.forgive
                note(granted.lot.id, missing, cause.at)
            after.taken[str(granted.lot.id)] = granted.taken + part
            revoked, owed, points = revoked + got, owed + missing, points - part
    return revoked, owed


def _give_more(
    sold: Sold, changes: Mapping[int, Decimal], after: Record, return_id: UUID, cause: Cause
) -> None:
    """Book what a campaign gives only now, because another one that shut it out no longer applies."""
    assert sold.book is not None
    more = tuple(
        Given(*(*grant_head(grant), changes[grant.campaign_id], *grant_terms(grant)))
        for grant in after.grants
        if changes.get(grant.campaign_id, ZERO) > 0
    )
    decision.earn(
        sold.book, more, sold.rules, sold.receipt.id, sold.receipt.purchased_at, cause, key=str(return_id)
    )


def grant_head(grant: Given) -> tuple[int, int]:
    """Which campaign gave it."""
    return grant.campaign_id, grant.revision


def grant_terms(grant: Given) -> tuple[Any, ...]:
    """On which terms it was given."""
    return grant.active_from, grant.expires_at, grant.terms, grant.funder


def _write_facts(sold: Sold, refund: Decimal, whole: bool) -> None:
    """Move the member's facts back. Runs under the account's lock."""
    receipt = sold.receipt
    assert receipt.member_id is not None
    row = MemberFacts.objects.get(member_id=receipt.member_id, programme_id=receipt.programme_id)
    known = facts.Facts(row.purchases, row.spent, row.first_purchase_at, row.last_purchase_at)
    others = (
        Receipt.objects.filter(
            member_id=receipt.member_id, programme_id=receipt.programme_id, status__in=_RETURNABLE
        )
        .exclude(id=receipt.id)
        .aggregate(first=Min("purchased_at"), last=Max("purchased_at"))
    )
    moved = facts.after_return(known, refund, whole, others["first"], others["last"])
    _save_facts(sold, moved)


def _save_facts(sold: Sold, moved: facts.Facts) -> None:
    row = facts.row(sold.receipt.member_id, sold.scheme, moved)  # type: ignore[arg-type]
    prepared.run(f"WITH {facts.WRITE} SELECT 1 AS done", {"facts": ledger.encode([row._asdict()])})


def _write_usage(sold: Sold, changes: Mapping[usage.Key, usage.Used]) -> None:
    """Move the member's use of limits and counters. Runs under the account's lock."""
    if not changes:
        return
    member_id = sold.receipt.member_id
    assert member_id is not None
    stored = Usage.objects.filter(
        member_id=member_id, campaign_id__in={campaign for campaign, _period in changes}
    )
    used = {(row.campaign_id, row.period): (row.times, row.points) for row in stored}
    rows = usage.rows(member_id, used, changes)
    usage.write(rows)


def _write(
    sold: Sold,
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
        ledger.post(sold.book)
        after = msgspec.structs.replace(after, balance=(sold.book.spendable(now), sold.book.pending(now)))
    answer = _answer(sold, wanted, return_id, figures, status, now)
    back = Return.objects.create(
        id=return_id, receipt=receipt, number=wanted.return_number, returned_at=wanted.returned_at,
        recorded_at=now, content_hash=wanted.content_hash, outcome=record.dump(after), answer=answer, **figures,
    )  # fmt: skip
    ids = {line.position: line.id for line in sold.lines}
    ReturnLine.objects.bulk_create(
        ReturnLine(back=back, line_id=ids[position], quantity=quantity)
        for position, quantity in coming.items()
    )
    Receipt.objects.filter(id=receipt.id).update(status=status)
    kind = "purchase.cancelled" if status == Receipt.Status.CANCELLED else "purchase.returned"
    events.record(kind, receipt.member_id, now, receipt=str(receipt.id), back=str(return_id))
    return Answer(answer, replay=False)


def _answer(
    sold: Sold,
    wanted: ReturnRequest,
    return_id: UUID,
    figures: Mapping[str, Decimal],
    status: str,
    now: datetime,
) -> Story:
    places_ = sold.rules.engine.terms.point_decimals
    book = sold.book
    return {
        "id": str(return_id),
        "purchase": str(sold.receipt.id),
        "return_number": None if wanted.return_number == CANCELLATION else wanted.return_number,
        "refund": story.money(figures["refund"]),
        "restored": story.number(figures["restored"], places_),
        "revoked": story.number(figures["revoked"], places_),
        "owed": story.number(figures["owed"], places_),
        "balance": story.balance(
            sold.scheme.code, (book.spendable(now), book.pending(now)) if book else None, places_
        ),
        "status": str(status),
    }


def _release(sold: Sold, now: datetime) -> Answer:
    """Let a held purchase go: its points return to their lots, its limits are free again."""
    wanted = ReturnRequest(CANCELLATION, now, "all")
    restored = ZERO
    return_id = new_id()
    if sold.book is not None:
        sold.book.touched = True
        spending = taking_back.spending_of(sold.receipt.id)
        if spending is not None:
            restored = spending.outstanding
            taking_back.restore(
                sold.book, spending, restored, f"{return_id}:release", Cause(now, sold.receipt.id),
                grace=_grace(sold, now), kind="release",
            )  # fmt: skip
        _write_usage(sold, usage.difference({}, sold.standing.increments))
    figures = {"refund": ZERO, "restored": restored, "revoked": ZERO, "owed": ZERO}
    return _write(sold, wanted, {}, return_id, NOTHING, figures, Receipt.Status.CANCELLED, now)


def _confirm(receipt_id: UUID, now: datetime) -> Answer:
    with transaction.atomic():
        sold = _lock(receipt_id)
        receipt = sold.receipt
        if receipt.status != Receipt.Status.HELD:
            if receipt.hold_until is not None and receipt.status == Receipt.Status.COMPLETED:
                return Answer(_told_now(receipt), replay=True)
            raise _wrong_state(receipt)
        if sold.book is not None:
            _complete(sold, now)
        receipt.status = Receipt.Status.COMPLETED
        Receipt.objects.filter(id=receipt.id).update(status=receipt.status)
        events.record("purchase.completed", receipt.member_id, receipt.purchased_at, receipt=str(receipt.id))
    return Answer(_told_now(receipt), replay=False)


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
    decision.earn(book, sold.standing.grants, sold.rules, receipt.id, receipt.purchased_at, cause)
    row = MemberFacts.objects.filter(member_id=receipt.member_id, programme_id=receipt.programme_id).first()
    known = (
        facts.Facts(row.purchases, row.spent, row.first_purchase_at, row.last_purchase_at)
        if row
        else facts.Facts()
    )
    _save_facts(sold, facts.after_purchase(known, receipt.to_pay, receipt.purchased_at))
    ledger.post(book)
