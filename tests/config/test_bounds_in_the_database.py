"""What forms, files and the API refuse, the database refuses too, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from analytics.models import MemberFacts
from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Backtest
from foundation.violations import constraint_of
from loyalty.models import Ladder
from rewards.coupons import batches
from rewards.models import SeriesMember
from tests import factories
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

#: By constraint: the table, and what is set past the bound.
BOUNDS = {
    "programme_confirm_above_not_negative": ("loyalty_programme", ["confirm_above = -0.01"]),
    "programme_confirm_whom_known": ("loyalty_programme", ["confirm_whom = ''"]),
    "programme_point_value_positive": ("loyalty_programme", ["point_value = 0"]),
    "programme_point_decimals_0_to_2": ("loyalty_programme", ["point_decimals = 3"]),
    "product_price_not_negative": ("loyalty_product", ["price = -0.01"]),
    "product_cost_not_negative": ("loyalty_product", ["cost = -0.01"]),
    "tier_threshold_not_negative": ("loyalty_tier", ["threshold = -0.01"]),
    "ladder_below_positive": ("loyalty_ladder", ["below = 0", "below = -1"]),
    "receipt_sums_not_negative": ("loyalty_receipt", [
        "total = -1, discount = 0, redeemed_amount = -1, to_pay = 0", "discount = -1, total = total - 1",
        "redeemed_points = -1", "redeemed_amount = -1, total = total - 1", "earned = -1",
    ]),
    "line_sums_not_negative": ("loyalty_receiptline", [
        "price = -1", "amount = -1, to_pay = -1", "discount = -1, to_pay = to_pay + 1", "redeemed_points = -1",
        "redeemed_amount = -1, to_pay = to_pay + 1", "earned = -1",
    ]),
    "line_quantity_positive": ("loyalty_receiptline", ["quantity = 0"]),
    "return_sums_not_negative": ("loyalty_return", ["refund = -1", "restored = -1", "revoked = -1", "owed = -1"]),
    "return_line_quantity_positive": ("loyalty_returnline", ["quantity = 0"]),
    "facts_sums_not_negative": ("analytics_memberfacts", ["spent = -1", "points = -1"]),
    "series_uses_each_positive": ("rewards_series", ["uses_each = 0"]),
    "series_per_member_positive": ("rewards_series", ["most_per_member = 0"]),
    "series_opens_before_it_ends": ("rewards_series", ["valid_from = '2026-02-02', valid_until = '2026-02-01'"]),
    "series_length_of_codes": ("rewards_series", ["length = 7", "length = 25"]),
    "series_total_positive": ("rewards_seriestotal", ["most = 0, uses = 0"]),
    "series_member_positive": ("rewards_seriesmember", ["most = 0, uses = 0"]),
    "batch_of_some_codes": ("rewards_codebatch", ["wanted = 0, position = 0", "wanted = 10000001"]),
    "card_type_lengths_of_numbers": ("members_cardkind", ["lengths = '{0}'", "lengths = '{13,33}'"]),
    "backtest_period_has_days": ("campaigns_backtest", ["ends = begins - 1"]),
}  # fmt: skip


@pytest.fixture
def rows() -> None:
    """A row of everything: a shop in which somebody bought and brought something back."""
    shop = factories.open_shop(store="s")
    programme = shop.programme
    factories.publish_campaign(programme)
    factories.TierFactory(programme=programme, code="gold", threshold=600)
    factories.CardKindFactory()
    Ladder.objects.create(programme=programme)
    member = factories.enrol(programme)
    line = SaleLine(1, "TEA", Decimal(3), Decimal("33.30"))
    sale = Sale(
        store="s", receipt_number="1", purchased_at=NOW, lines=(line,), member=Who(phone=member.phone)
    )
    receipt = checkout.purchase(sale, NOW).body["id"]
    returns.give_back(receipt, ReturnRequest("R", NOW, (LineBack(1, Decimal(1)),)), NOW)
    series = make_series(programme, 5)
    SeriesMember.objects.create(series=series, member=member, most=1)
    batches.generate(series, 5, NOW)
    Backtest.objects.create(programme=programme, name="B", tried=[], begins=NOW, ends=NOW)
    assert MemberFacts.objects.exists()


def test_no_number_goes_past_its_bounds_whoever_writes_it(rows: None) -> None:
    """Written by hand with rights on the database: no trigger is asked, the bounds hold."""
    held = []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        for table, changes in BOUNDS.values():
            for change in changes:
                with pytest.raises(IntegrityError) as refused, transaction.atomic():
                    cursor.execute(f"UPDATE {table} SET {change}")
                held.append(constraint_of(refused.value))
        cursor.execute("RESET session_replication_role")

    assert held == [name for name, (_table, changes) in BOUNDS.items() for _change in changes]
