"""The integrators' guide: its commands are run as they stand, against a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.flows import guide

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_commands_of_the_guide_work(live_server: Any, tmp_path: Path) -> None:
    shop = factories.open_shop()
    member = factories.enrol(shop.programme, "120")
    product = factories.ProductFactory(partner=shop.partner)
    demo = {
        "base_url": live_server.url,
        "api_keys": [{"key": shop.secret, "store": shop.store.code, "till": "1"}],
        "members": [{"id": str(member.id), "phone": member.phone, "card": member.cards.get().number}],
        "products": [{"sku": product.sku, "name": product.name, "price": "10.00"}],
    }

    found, joined, quoted, bought, again, conflict, back, read = guide.follow(demo, tmp_path)

    assert found["id"] == str(member.id)
    assert joined["first_name"] == "Anna"
    assert quoted["redeemed"]["points"] == "120.00"
    assert again == bought
    assert conflict["code"] == "idempotency_conflict"
    assert back["status"] == read["status"] == "partially_returned"
