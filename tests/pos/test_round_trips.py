"""How much the database is asked on the way of a sale through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Programme
from members.models import Member
from tests.factories import publish_campaign
from tests.pos.conftest import Api, coffee
from tests.rewards.coupons.build import make_series

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lasting_memory")]


def statements(api: Api, path: str, number: str | None, **fields: Any) -> list[str]:
    """The statements of one call, without the savepoints that the test's own transaction brings."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        api.post(path, coffee(number, redeem="1", **fields))
    assert api.status in (200, 201)
    return [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]


def test_a_quote_asks_once_and_a_purchase_asks_once_and_writes_once(api: Api, member: Member) -> None:
    api.post("purchases", coffee("1", redeem="1"))  # knows the key, the store, the rules, the product

    assert len(statements(api, "quotes", None)) == 1
    assert len(statements(api, "purchases", "2")) == 2


def test_a_coupon_costs_the_look_whether_the_key_is_guessing(api: Api, member: Member) -> None:
    programme = Programme.objects.get()
    make_series(programme, code="ten", mass_code="TENOFF10", most_in_all=9)
    condition = {"condition": "coupon", "series": ["ten"]}
    publish_campaign(programme, {"what": [{"effect": "discount_amount", "amount": "10"}], "if": condition})
    api.post("purchases", coffee("1", redeem="1"))

    assert len(statements(api, "quotes", None, coupons=["TENOFF10"])) == 2
    assert len(statements(api, "purchases", "2", coupons=["TENOFF10"])) == 3


def test_a_key_that_was_not_seen_for_a_second_costs_two_reads(api: Api, member: Member) -> None:
    from pos import keys

    api.post("purchases", coffee("1", redeem="1"))
    keys.forget()
    assert len(statements(api, "quotes", None)) == 3
