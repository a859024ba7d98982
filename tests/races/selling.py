"""What the races sell: tea."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.models import Account, Transfer
from members.models import Member

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def basket(buyer: Member | None, number: object, amount: str = "100", **changes: Any) -> Sale:
    """Ten packets of tea for ``amount`` in the store ``s``."""
    fields: dict[str, Any] = {
        "store": "s",
        "till": "1",
        "receipt_number": str(number),
        "purchased_at": NOW,
        "member": Who(phone=buyer.phone) if buyer else None,
        "lines": (SaleLine(1, "TEA", Decimal(10), amount=Decimal(amount), name="Tea"),),
    }
    return Sale(**{**fields, **changes})


def sell(buyer: Member | None, number: object, amount: str = "100", **changes: Any) -> checkout.Answer:
    """Sell the basket."""
    return checkout.purchase(basket(buyer, number, amount, **changes), NOW)


def give_back(receipt: str, number: object, packets: int | str) -> checkout.Answer:
    """Return some packets of tea, or "all"."""
    lines: Any = packets if isinstance(packets, str) else (LineBack(1, Decimal(packets)),)
    return returns.give_back(UUID(receipt), ReturnRequest(str(number), NOW, lines), NOW)


def moved(kind: str, **where: Account) -> Decimal:
    """Points of all transfers of a kind."""
    return Transfer.objects.filter(kind=kind, **where).aggregate(p=Sum("points"))["p"] or Decimal(0)
