"""Purchases as they stand now: what was decided, less what came back since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from campaigns import rulebooks
from campaigns.checkout import extras, record, story
from campaigns.checkout.record import Record
from campaigns.checkout.story import Story
from foundation.refusals import Missing
from loyalty.ledger import balances
from loyalty.models import Debt, Receipt, Return, ReturnLine
from loyalty.shops import places

ZERO = Decimal(0)
#: From these a purchase can still be returned.
RETURNABLE = (Receipt.Status.COMPLETED, Receipt.Status.PARTIALLY_RETURNED)


class Answer(NamedTuple):
    """What was decided, as told to the client; ``replay`` when it had been decided before."""

    body: Story
    replay: bool


def find(receipt_id: UUID, now: datetime) -> Story:
    """The purchase as it stands at ``now``. Raises ``Missing``."""
    return tell(receipt(id=receipt_id), now)


def find_by_number(store: str, number: str, now: datetime) -> Story:
    """The purchase of that number in that store, as it stands at ``now``. Raises ``Missing``."""
    return tell(receipt(store__code=store, number=number), now)


def receipt(**by: Any) -> Receipt:
    """The one receipt found so. Raises ``Missing``."""
    found = Receipt.objects.select_related("store", "programme").filter(**by).first()
    if found is None:
        raise Missing("purchase_not_found", _("There is no such purchase."))
    return found


def is_over(receipt: Receipt, now: datetime) -> bool:
    """Whether a purchase is held and its time has passed: it is let go, whether anybody has noted it yet or not."""
    held = receipt.status == Receipt.Status.HELD
    return held and receipt.hold_until is not None and receipt.hold_until < now


def tell(receipt: Receipt, now: datetime) -> Story:
    """What was sold and decided, with what stands of it at ``now``: status, coupons, returns, what can still come
    back of each line, points that are owed because of it, and the balance."""
    backs = list(receipt.returns.order_by("recorded_at", "id"))
    rules = rulebooks.get(receipt.rulebook_id)
    decimals = rules.engine.terms.point_decimals
    told = story.of_receipt(receipt)
    if is_over(receipt, now):
        told["status"] = str(Receipt.Status.CANCELLED)
    told |= story.gains(_standing(receipt, backs, now), rules)
    left = _returnable(receipt)
    for line in told["lines"]:
        if line["position"] is not None:
            line["returnable"] = story.quantity(left.get(line["position"], ZERO))
    told["owed"] = story.number(_owed(receipt), decimals)
    if not may_know_balance(receipt):
        told["balance"] = None
    elif receipt.account_id is not None:
        known = balances.of_account(receipt.account_id, now)
        told["balance"] = story.balance(receipt.programme.code, known, decimals)
    told["returns"] = [_tell_return(back, decimals) for back in backs]
    return told


def may_know_balance(receipt: Receipt) -> bool:
    """Whether the store's partner takes part in the receipt's programme: what members have is told to no other, not
    even to one that took part when the receipt was made."""
    shop = places.find(receipt.store.code)
    return shop is not None and receipt.programme_id in {one.programme_id for one in shop.past.was.programmes}


def _standing(receipt: Receipt, backs: Sequence[Return], now: datetime) -> Record:
    if backs:
        return record.load(backs[-1].outcome)
    return record.NOTHING if is_over(receipt, now) else extras.of_receipt(receipt)


def _returnable(receipt: Receipt) -> dict[int, Decimal]:
    """How many of each position can still come back."""
    if receipt.status not in RETURNABLE:
        return {}
    left = dict(receipt.lines.values_list("position", "quantity"))
    back = ReturnLine.objects.filter(back__receipt=receipt).values_list("line__position")
    for position, quantity in back.annotate(quantity=Sum("quantity")):
        left[position] -= quantity
    return left


def _owed(receipt: Receipt) -> Decimal:
    """Points of the purchase that went back, were spent before, and are not repaid."""
    if receipt.account_id is None:
        return ZERO
    debts = Debt.objects.filter(account_id=receipt.account_id, lot__transfer__receipt_id=receipt.id)
    return debts.aggregate(points=Sum("points"))["points"] or ZERO


def _tell_return(back: Return, places: int) -> Story:
    return {
        "id": str(back.id),
        "return_number": back.number,
        "returned_at": story.moment(back.returned_at),
        "refund": story.money(back.refund),
        "restored": story.number(back.restored, places),
        "revoked": story.number(back.revoked, places),
        "owed": story.number(back.owed, places),
    }
