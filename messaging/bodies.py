"""What a webhook's body tells of an event: enough to act on, as it was when it happened.

It is written when it is sent, from rows that are never changed, so that every attempt says the same. What
the fields mean stands in ``docs/integrating/webhooks.md``; fields are added, never renamed or retyped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from loyalty.models import Account, Receipt, Return
from members.models import Event

Data = dict[str, Any]


def write(event: Event) -> bytes:
    """The body of a delivery, as JSON."""
    data = {"member": event.member_id, **event.data}
    tell = _TELLERS.get(event.kind)
    return msgspec.json.encode(
        {
            "id": event.id,
            "type": event.kind,
            "timestamp": event.at,
            "data": data | (tell(event) if tell else {}),
        }
    )


def _tell_purchase(event: Event) -> Data:
    receipt = _find_receipt(event)
    if receipt is None:
        return {}
    places = receipt.programme.point_decimals
    return _head(receipt) | {
        "till": receipt.till.code if receipt.till else None,
        "cashier": receipt.cashier or None,
        "channel": receipt.channel,
        "currency": receipt.programme.currency,
        "purchased_at": _moment(receipt.purchased_at),
        "hold_until": _moment(receipt.hold_until) if event.kind == "purchase.held" else None,
        "total": _money(receipt.total),
        "discount": _money(receipt.discount),
        "redeemed": {
            "points": _points(receipt.redeemed_points, places),
            "amount": _money(receipt.redeemed_amount),
        },
        "to_pay": _money(receipt.to_pay),
        "earned": _points(receipt.earned, places),
        "lines": [
            {
                "position": line.position,
                "sku": line.product.sku,
                "quantity": _quantity(line.quantity),
                "price": _money(line.price),
                "amount": _money(line.amount),
                "discount": _money(line.discount),
                "redeemed": {
                    "points": _points(line.redeemed_points, places),
                    "amount": _money(line.redeemed_amount),
                },
                "to_pay": _money(line.to_pay),
                "earned": _points(line.earned, places),
            }
            for line in receipt.lines.select_related("product").order_by("position")
        ],
    }


def _tell_return(event: Event) -> Data:
    receipt = _find_receipt(event)
    back = Return.objects.filter(id=event.data.get("back")).first()
    if receipt is None or back is None:
        return {}
    places = receipt.programme.point_decimals
    return _head(receipt) | {
        "return_number": back.answer.get("return_number"),
        "returned_at": _moment(back.returned_at),
        "currency": receipt.programme.currency,
        "status": back.answer.get("status"),
        "refund": _money(back.refund),
        "restored": _points(back.restored, places),
        "revoked": _points(back.revoked, places),
        "owed": _points(back.owed, places),
        "lines": [
            {
                "position": part.line.position,
                "sku": part.line.product.sku,
                "quantity": _quantity(part.quantity),
            }
            for part in back.lines.select_related("line__product").order_by("line__position")
        ],
    }


def _tell_member(event: Event) -> Data:
    accounts = Account.objects.filter(holders__member=event.member_id)
    return {"programmes": sorted(set(accounts.values_list("programme__code", flat=True)))}


_TELLERS: Mapping[str, Callable[[Event], Data]] = {
    "purchase.completed": _tell_purchase,
    "purchase.held": _tell_purchase,
    "purchase.returned": _tell_return,
    "purchase.cancelled": _tell_return,
    "member.registered": _tell_member,
}


def _find_receipt(event: Event) -> Receipt | None:
    return (
        Receipt.objects.select_related("store", "till", "programme")
        .filter(id=event.data.get("receipt"))
        .first()
    )


def _head(receipt: Receipt) -> Data:
    return {
        "receipt_number": receipt.number,
        "store": receipt.store.code,
        "programme": receipt.programme.code,
    }


def _money(amount: Decimal) -> str:
    return format(amount, ".2f")


def _points(points: Decimal, places: int) -> str:
    return format(points, f".{places}f")


def _quantity(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
