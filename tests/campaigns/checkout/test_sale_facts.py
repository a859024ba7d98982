"""What else a till tells of a sale: a fact is declared once, and the sale, its receipt and its returns know it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from campaigns.checkout import record, sale
from campaigns.checkout.sale import Sale, SaleLine
from campaigns.engine.shopper import ANONYMOUS
from loyalty.rules import basket
from loyalty.rules.basket import NO_FACTS, Basket, Place, SaleFacts, read_facts


class Weather(SaleFacts, frozen=True, kw_only=True):
    """Facts among which there is the weather."""

    weather: str = ""


class WeatherSale(Sale, frozen=True):
    """A sale that is told the weather."""

    weather: str = ""


AT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
LINES = (SaleLine(1, "tea", Decimal(1), Decimal(5)),)
RAIN = Weather(weather="rain")


@pytest.fixture(autouse=True)
def weather(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weather is a fact, as if it were declared."""
    for module in (sale, basket):
        monkeypatch.setattr(module, "SaleFacts", Weather)


def sold(weather: str = "") -> WeatherSale:
    return WeatherSale("shop", AT, LINES, receipt_number="1", weather=weather)


def test_a_fact_that_a_till_tells_is_a_fact_of_the_basket_and_part_of_the_content() -> None:
    assert sold("rain").facts == RAIN
    assert sold().facts == Weather()
    assert sold("rain").content_hash != sold("snow").content_hash


def test_a_sale_of_which_nothing_more_is_told_has_the_content_that_it_had_before_there_were_facts() -> None:
    assert sold().content_hash == Sale("shop", AT, LINES, receipt_number="1").content_hash


@pytest.mark.parametrize(
    ("facts", "kept"), [(RAIN, {"weather": "rain"}), (Weather(), None), (NO_FACTS, None)]
)
def test_a_fact_is_kept_with_the_receipt_and_judged_by_again(facts: SaleFacts, kept: Any) -> None:
    packed = record.pack_shopper(ANONYMOUS, Basket(Place("p", "s"), (), facts=facts))
    document = msgspec.to_builtins(packed) if packed else None
    assert (document or {}).get("facts") == kept
    assert read_facts(record.load_facts(document)).told == facts.told


def test_of_old_receipts_and_of_facts_that_nobody_knows_any_more_nothing_is_told() -> None:
    for document in (None, {"tier": "gold"}, {"facts": {"tide": "high"}}):
        assert read_facts(record.load_facts(document)).told == {}
