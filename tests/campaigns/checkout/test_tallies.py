"""Common counters: what is added by sales and moved by returns adds up, whichever of the two writes it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.checkout import tallies
from campaigns.engine import outcome
from campaigns.models import Tally
from tests import factories

pytestmark = pytest.mark.django_db

MONEY = st.sampled_from(("0", "0.01", "7.77", "100")).map(Decimal)
#: What one outcome adds to counters of everybody and of the store, by their keys.
ADDED = st.dictionaries(
    st.sampled_from(("c:ever", "c:2026-01-01", "s:ever", "s:2026-01-01")),
    st.tuples(st.integers(0, 3), MONEY, MONEY),
)


def rows_of(campaign: int, added: dict[str, tallies.Sums], store: int) -> list[tallies.TallyRow]:
    """The rows of an outcome without limits."""
    return tallies.rows(
        [outcome.CommonUse(campaign, key, *sums, None, None, None) for key, sums in added.items()], store
    )


def counted(campaigns: Iterable[int]) -> dict[Any, Any]:
    """The sums that are there, of all but the counters that nothing was counted in."""
    found = Tally.objects.filter(campaign_id__in=list(campaigns)).exclude(times=0, points=0, money=0)
    return {(one.store_id, one.period): (one.times, one.points, one.money) for one in found}


@settings(max_examples=50)
@given(st.lists(st.tuples(ADDED, ADDED), min_size=1, max_size=3))
def test_what_a_return_moves_is_what_a_smaller_sale_would_have_added(
    receipts: list[tuple[dict[str, tallies.Sums], dict[str, tallies.Sums]]],
) -> None:
    """Of each receipt the first outcome is sold, and then judged to be the second; or the second is sold at once."""
    moved, written = (factories.CampaignFactory().pk for _ in range(2))
    store = factories.StoreFactory().pk
    with transaction.atomic():
        for sold, _left in receipts:
            tallies.write(rows_of(moved, sold, store))
        for sold, left in receipts:
            now, before = ({(moved, key): sums for key, sums in one.items()} for one in (left, sold))
            tallies.move(tallies.difference(now, before, store))
        for _sold, left in receipts:
            tallies.write(rows_of(written, left, store))

    assert counted([moved]) == counted([written])


@settings(max_examples=30)
@given(st.lists(ADDED, min_size=1, max_size=4))
def test_rows_added_up_before_they_are_written_come_to_what_each_comes_to(
    added: list[dict[str, tallies.Sums]],
) -> None:
    together, singly = (factories.CampaignFactory().pk for _ in range(2))
    store = factories.StoreFactory().pk
    for one in added:
        tallies.write(rows_of(singly, one, store))
    tallies.write(tallies.added_up(row for one in added for row in rows_of(together, one, store)))

    assert counted([together]) == counted([singly])
