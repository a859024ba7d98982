"""Points exchanged for money off: bought, and returned in part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Usage
from loyalty.models import Account
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
SWAP = {
    "what": [{"effect": "exchange", "points": "100", "amount": "50"}],
    "judge": {"limits": [{"period": "day", "times": 1}]},
}


def test_what_remains_of_a_purchase_keeps_its_exchange_and_the_last_return_gives_it_back() -> None:
    shop = factories.open_shop(store="main-01")
    factories.publish_campaign(shop.programme, code="swap", name="100 for 50", draft=SWAP)
    member = factories.enrol(shop.programme, "120")
    lines = (
        SaleLine(1, "COFFEE", Decimal(1), Decimal(100), amount=Decimal(100)),
        SaleLine(2, "TEA", Decimal(1), Decimal(100), amount=Decimal(100)),
    )
    sale = Sale(
        store="main-01", receipt_number="1", purchased_at=NOW, lines=lines, member=Who(phone=member.phone),
        exchanges=("swap",),
    )  # fmt: skip

    def used() -> list[int]:
        return [row.times for row in Usage.objects.filter(member=member) if row.period == "2026-11-21"]

    def take_back(number: str, back: Any) -> dict[str, Any]:
        later = NOW + timedelta(days=1)
        return returns.give_back(sold["id"], ReturnRequest(number, later, back), later).body  # type: ignore[arg-type]

    sold = checkout.purchase(sale, NOW).body
    assert (sold["to_pay"], used()) == ("150.00", [1])
    first = take_back("R-1", (LineBack(1, Decimal(1)),))
    assert (first["refund"], first["restored"], used()) == ("75.00", "50.00", [1])
    last = take_back("R-2", "all")
    assert (last["refund"], last["restored"], sum(used())) == ("75.00", "50.00", 0)
    assert Account.objects.get(holders__member=member).balance == Decimal(120)
