"""Many hands on one store: what is kept of it last is what it is, and no sale is judged by half a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine
from loyalty.models import Partner, Store
from loyalty.shops import pasts, places
from tests import factories
from tests.races.parallel import THREADS, together

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def sell(number: str, at: datetime = NOW) -> dict[str, Any]:
    line = SaleLine(1, "bun", Decimal(5), Decimal(100))
    return checkout.purchase(Sale("s", at, (line,), number), datetime.now(UTC)).body


def test_of_changes_at_once_none_is_lost_from_what_is_kept() -> None:
    shop = factories.open_shop(store="s")
    sell("1")
    groups = [factories.StoreGroupFactory(code=f"g{n:02}") for n in range(THREADS)]

    def join(group: Any) -> None:
        with transaction.atomic():
            Store.objects.get(code="s").groups.add(group)
            Store.objects.filter(code="s").update(address=group.code)

    works: list[Callable[[], Any]] = [partial(join, group) for group in groups]
    works[3] = lambda: Partner.objects.filter(id=shop.partner.pk).update(code="renamed")
    together(works)
    last = pasts.known(shop.store.pk)[0]
    assert last.was.groups == {group.code for group in groups} - {"g03"}
    assert last.was.partner == "renamed"


def test_sales_while_a_store_changes_come_back_as_they_were_sold() -> None:
    shop = factories.open_shop(store="s")
    group = factories.StoreGroupFactory(code="north")
    off = {"where": {"groups": ["north"]}, "what": [{"effect": "discount_percent", "percent": "20"}]}
    factories.publish_campaign(shop.programme, off, code="off")
    sell("first")
    places.forget()

    def move(joins: bool) -> None:
        getattr(Store.objects.get(code="s").groups, "add" if joins else "remove")(group)
        places.forget()

    works: list[Callable[[], Any]] = []
    for turn in range(THREADS):
        works.append(
            partial(sell, str(turn), datetime.now(UTC)) if turn % 4 else partial(move, turn % 8 == 0)
        )
    sold = [told for told in together(works) if told]
    for number, told in enumerate(sold):
        wanted = ReturnRequest(f"R{number}", datetime.now(UTC), (LineBack(1, Decimal(1)),))
        back = returns.give_back(told["id"], wanted, datetime.now(UTC)).body
        assert Decimal(back["refund"]) == Decimal(told["to_pay"]) / 5
