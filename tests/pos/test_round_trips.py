"""How much the database is asked on the way of a sale through the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from tests.pos.conftest import Api, coffee

pytestmark = pytest.mark.django_db


def statements(api: Api, path: str, number: str | None) -> list[str]:
    """The statements of one call, without the savepoints that the test's own transaction brings."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        api.post(path, coffee(number, redeem="1"))
    assert api.status in (200, 201)
    return [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]


def test_a_quote_asks_once_and_a_purchase_asks_once_and_writes_once(api: Api, member: Member) -> None:
    api.post("purchases", coffee("1", redeem="1"))  # knows the key, the store, the rules, the product

    assert len(statements(api, "quotes", None)) == 1
    assert len(statements(api, "purchases", "2")) == 2


def test_a_key_that_was_not_seen_for_a_second_costs_two_reads(api: Api, member: Member) -> None:
    from pos import keys

    api.post("purchases", coffee("1", redeem="1"))
    keys.forget()
    assert len(statements(api, "quotes", None)) == 3
