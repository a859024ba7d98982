"""The sample basket reckons as the till does."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.checkout import checkout
from campaigns.checkout.sale import Sale, SaleLine
from campaigns.desk import sample
from campaigns.desk.sample import Item, Sample
from campaigns.engine.definition import parse
from tests import factories

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("0.5", "0.01", "0.01"), ("0.5", "0.03", "0.02"), ("0.5", "0.05", "0.03"), ("0.345", "3.00", "1.04"),
     ("1.333", "19.90", "26.53"), ("0.125", "0.20", "0.03"), ("2", "0.33", "0.66")],
)  # fmt: skip
def test_half_a_cent_of_a_line_goes_up_in_a_sample_as_at_the_till(
    quantity: str, price: str, amount: str
) -> None:
    shop = factories.open_shop(store="s")
    number, cost = Decimal(quantity), Decimal(price)
    told = sample.judge(
        Sample(NOW, (Item("P", number, cost),)),
        shop.programme,
        parse(factories.percent_of_receipt("5")),
        "Try",
    )
    sold = checkout.quote(Sale("s", NOW, (SaleLine(1, "P", number, cost),)), NOW)
    assert (str(told.total), sold["total"]) == (amount, amount)
