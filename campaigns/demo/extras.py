"""What the receipts do not tell: a few returns, and a few purchases that are held right now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale
from loyalty.models import Receipt, ReceiptLine

RETURNS = 12
#: Returns of receipts on which points were spent.
SPENT = 4
HELD = 4


def take_back(now: datetime) -> int:
    """Return something of the last receipts that earned or spent points: a line of most, all of some."""
    completed = Receipt.objects.filter(status=Receipt.Status.COMPLETED).order_by("-purchased_at", "id")
    earned, spent = completed.filter(earned__gt=1, redeemed_points=0), completed.filter(redeemed_points__gt=0)
    chosen = [*earned[: RETURNS - SPENT], *spent[:SPENT]]
    for index, receipt in enumerate(chosen):
        dearest = ReceiptLine.objects.filter(receipt=receipt).order_by("-amount", "position").first()
        lines = (LineBack(dearest.position, dearest.quantity),) if dearest and index % 4 else "all"
        returned_at = min(receipt.purchased_at + timedelta(hours=2), now)
        wanted = ReturnRequest(f"R-{receipt.number}", returned_at, lines)  # type: ignore[arg-type]
        returns.give_back(receipt.id, wanted, now)
    return len(chosen)


def hold(sales: Iterable[Sale], now: datetime) -> int:
    """Hold web orders like some sales of today, half of them with points: those of members who can spend some.

    Returns how many are held; fewer where there are too few sales.
    """
    with_points, without = list[Sale](), list[Sale]()
    for sale in sales:
        if len(with_points) < HELD // 2 and _can_spend(_order(sale, now, "max"), now):
            with_points.append(sale)
        else:
            without.append(sale)
    orders = [(sale, "max") for sale in with_points] + [(sale, Decimal(0)) for sale in without]
    for index, (sale, redeem) in enumerate(orders[:HELD], 1):
        checkout.purchase(_order(sale, now - timedelta(minutes=5 * index), redeem), now)
    return min(len(orders), HELD)


def _order(sale: Sale, at: datetime, redeem: Any) -> Sale:
    return msgspec.structs.replace(
        sale, receipt_number=f"WEB-{sale.receipt_number}", purchased_at=at, till="", cashier="", channel="web",
        redeem=redeem, state="held",
    )  # fmt: skip


def _can_spend(order: Sale, now: datetime) -> bool:
    return Decimal(checkout.quote(order, now)["redeemed"]["points"]) > 0
