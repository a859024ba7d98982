"""The checkout: the one way of a sale, for tills, web shops, the till page and the bulk path's judge.

A purchase takes two round trips: everything is read in one statement without a lock, judged, and written
in one statement that counts only if the account is still as it was read. When it is not (somebody sold
to the same account meanwhile), the account is locked first and the walk is made again in a transaction:
five round trips. So it is for a sale that must do more than that: make a product or an account, use up a
confirmation code, issue a coupon, tell a webhook. Coupons that are shown take no trip of their own. A quote
is the same walk, stopped after the engine: one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from campaigns.checkout import (
    capacity,
    clashes,
    decision,
    holds,
    not_given,
    presence,
    record,
    situation,
    story,
    tallies,
    told,
    venue,
    writing,
)
from campaigns.checkout.clashes import retried
from campaigns.checkout.sale import Sale, check
from campaigns.checkout.situation import Situation
from campaigns.checkout.story import Story
from campaigns.checkout.told import Answer as Answer
from campaigns.checkout.told import find as find
from campaigns.checkout.told import find_by_number as find_by_number
from campaigns.engine.outcome import Outcome
from foundation import prepared
from foundation.refusals import Conflict, Gone, Invalid, Refused
from foundation.violations import constraint_of
from loyalty.ledger import ledger
from loyalty.models import Receipt
from loyalty.models.receipt import HOLDER_LIMIT
from loyalty.shops import membership, products
from members.codes import confirmation
from members.lookup import lookup
from members.timeline import events

log = structlog.get_logger(__name__)


class _Over(Exception):
    """Held purchases whose time is over are still booked as held: they are to be let go before this sale is judged."""

    def __init__(self, receipts: Sequence[UUID]) -> None:
        super().__init__()
        self.receipts = receipts


def quote(sale: Sale, now: datetime) -> Story:
    """What a purchase of this basket would do. Changes nothing; more points than allowed are capped.

    Held purchases whose time is over are let go first, as everywhere.
    """
    check(sale, now, quote=True)
    found = situation.read(sale, now)
    while found.over and holds.let_go(found.over, now):
        found = situation.read(sale, now)
    require_member(found, now)
    outcome = _evaluate(found)
    kept = record.pack(outcome)
    if found.book is not None:
        kept = msgspec.structs.replace(kept, balance=_balance_to_be(found, outcome, now))
    answer = story.tell(_head(None, "quote", sale, outcome), kept, found.rules, found.scheme.code)
    answer["declined"] += [
        {"campaign": refusal.of, "code": refusal.code, "text": refusal.text}
        for refusal in (
            *not_given.coupons_refused(found, outcome),
            *not_given.exchanges_refused(found, outcome, told=False),
        )
    ]
    answer["confirmation_needed"] = presence.is_asked(found, outcome.redemption.points, now)
    return answer


def purchase(sale: Sale, now: datetime) -> Answer:
    """Make a purchase, or hold it. The same sale again is answered as the first time.

    Raises ``Invalid`` for a malformed sale, ``Conflict`` when the receipt number was used with other
    content, ``Refused`` when the rules forbid it. What is known already is answered whatever has become of the
    store, the programme or the member since.
    """
    check(sale, now)
    venue.open_books(sale.store)
    return sell(sale, now)


def sell(sale: Sale, now: datetime) -> Answer:
    """Make a purchase that was checked, in a store whose books are open."""
    accounts = clashes.busy_account(sale.member)
    patient = True
    try:
        while True:
            try:
                return retried(partial(_purchase, sale, now, accounts, patient))
            except _Over as over:
                patient = holds.let_go(over.receipts, now) > 0
    except confirmation.WrongCode as wrong:
        confirmation.note_wrong(wrong.member_id)
        raise
    except (Refused, Invalid):
        earlier = _sold_before(sale)
        if earlier is None:
            raise
        return earlier


def _sold_before(sale: Sale) -> Answer | None:
    """The same sale, when it was made before: sent twice at once, and the other one had the coupon; or long ago,
    and what it would meet today is no matter."""
    receipts = Receipt.objects.filter(store__code=sale.store, number=sale.receipt_number)
    found = receipts.values_list("id", "content_hash").first()
    return _replay(found, sale) if found is not None else None


def _purchase(sale: Sale, now: datetime, accounts: list[UUID], patient: bool, attempt: int) -> Answer:
    """Make a purchase; notes in ``accounts`` the one to lock when it must be made again.

    Raises ``_Over`` when there are holds to be let go first, and one is ``patient``.
    """
    if attempt > 0:
        clashes.note_busy(sale.member, accounts)
    if not accounts and not connection.in_atomic_block:
        found = situation.read(sale, now)
        _require_none_over(found, patient)
        if _is_simple(found):
            if found.book is not None:
                accounts[:] = [found.book.account_id]
            outcome = _judge(found, now)
            if not outcome.extras:
                return _tell(found, outcome, _book(found, outcome, now))
    with transaction.atomic():
        clashes.lock_accounts(accounts)
        found = situation.read(sale, now)
        if found.earlier is not None:
            return _replay(found.earlier, sale)
        _require_none_over(found, patient)
        require_member(found, now)
        if found.book is not None:
            accounts[:] = [found.book.account_id]
        found = _complete(found, sale, now, accounts)
        outcome = _judge(found, now)
        decided = _book(found, outcome, now)
    return _tell(found, outcome, decided)  # the account is free again


def _require_none_over(found: Situation, patient: bool) -> None:
    if found.over and patient and found.earlier is None:
        raise _Over(found.over)


def _is_simple(found: Situation) -> bool:
    """Whether the sale is written by one statement alone: nothing else to make, to use up or to tell."""
    held = found.sale.state == "held"
    kinds = [
        "purchase.held" if held else "purchase.completed",
        *(["coupon.used"] if found.sale.coupons else []),
    ]
    return (
        found.earlier is None
        and (found.sale.member is None or (found.member_status == "active" and found.book is not None))
        and all(line.sku in found.product_ids for line in found.sale.lines)
        and not presence.needs_transaction(found)
        and not any(map(events.needs_transaction, kinds))
    )


def _evaluate(found: Situation) -> Outcome:
    return capacity.judge(found.basket, found.shopper, found.moment, found.rules.engine)


def _judge(found: Situation, now: datetime) -> Outcome:
    """Judge a sale. Raises ``Refused`` when it asks for what it may not."""
    outcome = _evaluate(found)
    require_allowed(found, outcome, now)
    return outcome


def _book(found: Situation, outcome: Outcome, now: datetime) -> decision.Decision:
    """Write a judged sale; one that issues coupons only in a transaction.

    Raises ``Stale`` when the account was written meanwhile, or a common limit is reached or a coupon used by now.
    """
    decided = writing.prepare(found, outcome, now)
    _write(decided)
    return decided


def _tell(found: Situation, outcome: Outcome, decided: decision.Decision) -> Answer:
    sale = found.sale
    head = _head(decided.receipt["id"], sale.state, sale, outcome)
    return Answer(story.tell(head, decided.record, found.rules, found.scheme.code), replay=False)


def _write(decided: decision.Decision) -> None:
    try:
        prepared.run(decision.statement(decided), decision.params(decided))
    except DataError as error:
        if getattr(error.__cause__, "sqlstate", None) != decision.STALE:
            raise
        raise ledger.Stale from error
    except IntegrityError as error:
        if constraint_of(error) not in (tallies.LIMIT, HOLDER_LIMIT):
            raise
        raise ledger.Stale from error  # somebody took the rest of it: judge again with what is left
    events.announce(decided.events)


def _complete(found: Situation, sale: Sale, now: datetime, accounts: Sequence[UUID]) -> Situation:
    """Make the new products that the sale names. Rare; reads again.

    Accounts are locked before products are made, as everywhere: nobody who holds a new product waits for an account.
    """
    unknown = [line for line in sale.lines if line.sku not in found.product_ids]
    if not unknown:
        return found
    clashes.lock_accounts(accounts)
    products.ensure(
        found.shop.partner_id,
        [products.NewProduct(line.sku, line.name, line.brand, line.category) for line in unknown],
    )
    found = situation.read(sale, now)
    require_member(found, now)  # who was there before the lock may have left while it was waited for
    return found


def require_member(found: Situation, now: datetime) -> None:
    """Raise ``Refused`` when the sale names a member who is not there or may not buy.

    Raises ``Invalid`` for a phone that is none. Who belongs to other programmes is not there.
    """
    if found.sale.member is None:
        return
    if found.member_status is None:
        form, value = found.sale.member.given[0]
        scope = membership.among(found.shop.programmes)
        why = lookup.explain(form, value, found.shop.manner, now, scope, "member.")
        raise Refused("member_not_found", why.detail, [why] if why.code != "unknown" else ())
    if found.member_status != "active":
        raise Refused("member_blocked", _("The member is blocked."))


def require_allowed(found: Situation, outcome: Outcome, now: datetime) -> None:
    """Raise ``Refused`` when the sale asks for more than it may: points, coupons, without a code."""
    sale, plan = found.sale, outcome.redemption
    for refusal in not_given.coupons_refused(found, outcome):
        raise Refused("coupon_not_usable", f"{refusal.of}: {refusal.text}")
    for refusal in not_given.exchanges_refused(found, outcome):
        raise Refused("exchange_not_possible", f"{refusal.of}: {refusal.text}")
    exchanged = sum((one.points for one in outcome.exchanged), Decimal(0))
    if isinstance(sale.redeem, Decimal) and plan.points - exchanged < sale.redeem:
        reasons = "; ".join(
            story.wording.limit(limit.code, limit.max, limit.args)
            for limit in plan.limits
            if limit.max <= plan.max
        )
        said = _("At most %(most)s points can be spent: %(reasons)s.")
        if not plan.max:
            said = _("No points can be spent: %(reasons)s.")
        detail = said % {"most": plan.max, "reasons": reasons}
        raise Refused("redeem_exceeds_limit", detail)
    presence.require(found, plan.points, now)


def _balance_to_be(found: Situation, outcome: Outcome, now: datetime) -> tuple[Decimal, Decimal]:
    """The balance that the purchase would leave: the same entries, on a passbook that is not written."""
    dry = replace(found, product_ids={line.sku: 0 for line in found.sale.lines})
    return decision.decide(dry, outcome, now).record.balance or (Decimal(0), Decimal(0))


def require_same(sale: Sale, content_hash: str) -> None:
    """Raise ``Conflict`` when the receipt of this number was made with other content, and ``Gone`` when whoever bought
    was erased: then nobody can say whether it is the same."""
    if not content_hash:
        raise Gone
    if content_hash != sale.content_hash:
        detail = _("Receipt %(number)s of this store exists with other content.") % {
            "number": sale.receipt_number
        }
        raise Conflict("idempotency_conflict", detail)


def _replay(earlier: tuple[UUID, str], sale: Sale) -> Answer:
    receipt_id, content_hash = earlier
    require_same(sale, content_hash)
    return Answer(story.of_receipt(told.receipt(id=receipt_id), first=True), replay=True)


def _head(receipt_id: UUID | None, status: str, sale: Sale, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": str(receipt_id) if receipt_id else None,
        "status": status,
        "receipt_number": sale.receipt_number or None,
        "store": sale.store,
        "purchased_at": story.moment(sale.purchased_at),
        "redeemed": (outcome.redemption.points, outcome.redemption.amount),
    }
