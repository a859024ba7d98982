"""Stores that closed and programmes that stopped: what they did while they were open still comes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty.models import Participation, Receipt
from loyalty.shops import places
from members.models import Member
from pos import keys
from tests import factories
from tests.pos import conftest
from tests.pos.conftest import Api

pytestmark = pytest.mark.django_db


def coffee(number: str, **changes: Any) -> dict[str, Any]:
    """The contract's purchase, without points spent."""
    return conftest.coffee(number, redeem="0", **changes)


@pytest.fixture
def known(api: Api, member: Member) -> dict[str, Any]:
    """A receipt that was sent in time."""
    return api.post("purchases", coffee("known"))


def close_store(shop: factories.Shop) -> None:
    shop.store.active = False
    shop.store.save()


def stop_programme(shop: factories.Shop) -> None:
    shop.programme.active = False
    shop.programme.save()


def leave_programme(shop: factories.Shop) -> None:
    Participation.objects.all().delete()


Change = Callable[[factories.Shop], None]
CLOSED: list[tuple[Change, str]] = [
    (close_store, "store_closed"), (stop_programme, "no_programme"), (leave_programme, "no_programme"),
]  # fmt: skip


def change(shop: factories.Shop, make: Change) -> None:
    make(shop)
    places.forget()
    keys.forget()


def today(number: str) -> dict[str, Any]:
    return coffee(number, purchased_at=datetime.now(UTC).isoformat())


@pytest.mark.parametrize("client", ["api", "partner_api"])
@pytest.mark.parametrize(("make", "code"), CLOSED, ids=lambda one: getattr(one, "__name__", ""))
def test_late_receipts_of_a_closed_store_or_stopped_programme_are_judged_by_their_day(
    make: Change, code: str, client: str, shop: factories.Shop, known: dict[str, Any], request: Any
) -> None:
    till: Api = request.getfixturevalue(client)
    change(shop, make)

    late = till.post("purchases", coffee("late"))
    assert (till.status, late["earned"]) == (201, known["earned"])
    assert till.post("purchases", coffee("late")) == late
    assert (till.status, till.replayed) == (200, True)

    told = till.post("purchases/batch", {"purchases": [coffee("known"), coffee("off-1"), today("off-2")]})
    assert [one["status"] for one in told["results"]] == [200, 201, 422]
    assert told["results"][0]["body"] == known
    assert told["results"][2]["body"]["code"] == code

    back = {"return_number": "R", "returned_at": datetime.now(UTC).isoformat(), "lines": "all"}
    assert till.post(f"purchases/{late['id']}/returns", back)["refund"] == late["to_pay"]


@pytest.mark.parametrize(("make", "code"), CLOSED, ids=lambda one: getattr(one, "__name__", ""))
def test_the_repeat_of_a_known_receipt_is_answered_as_at_first_whatever_has_become_of_the_store(
    make: Change, code: str, api: Api, shop: factories.Shop, known: dict[str, Any]
) -> None:
    change(shop, make)
    assert api.post("purchases", coffee("known")) == known
    assert (api.status, api.replayed) == (200, True)
    other = coffee("known", cashier="C-18")
    assert (api.post("purchases", other)["code"], api.status) == ("idempotency_conflict", 409)


@pytest.mark.parametrize("path", ["quotes", "purchases"])
@pytest.mark.parametrize(("make", "code"), CLOSED, ids=lambda one: getattr(one, "__name__", ""))
def test_what_is_sold_today_is_refused_with_the_reason_that_is_true(
    make: Change, code: str, path: str, partner_api: Api, shop: factories.Shop, known: dict[str, Any]
) -> None:
    change(shop, make)
    body = partner_api.post(path, today("new"))
    assert (partner_api.status, body["code"]) == (422, code)
    assert Receipt.objects.count() == 1


def test_a_repeat_is_known_even_where_the_store_had_closed_a_moment_before_the_sale(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    """A process that had not heard of the closing yet sold once more: its repeat meets one that has."""
    api.post("purchases", coffee("known"))
    places.find("main-01")
    close_store(shop)
    sale = today("more")
    first = api.post("purchases", sale)
    assert api.status == 201
    places.forget()
    assert api.post("purchases", sale) == first
    assert api.replayed


@pytest.mark.parametrize("make", [stop_programme, leave_programme], ids=lambda one: one.__name__)
def test_a_till_without_a_programme_is_told_so_and_not_that_its_member_does_not_exist(
    make: Change, api: Api, shop: factories.Shop, member: Member
) -> None:
    change(shop, make)
    event = {
        "type": "review.left", "key": "1", "member": {"id": str(member.id)},
        "occurred_at": datetime.now(UTC).isoformat(), "data": {},
    }  # fmt: skip
    for told in (
        api.post("members/lookup", {"phone": member.phone}),
        api.get(f"members/{member.id}"),
        api.get(f"members/{member.id}/transfers"),
        api.post(f"members/{member.id}/confirmation-codes", {}, Idempotency_Key="c"),
        api.post("members", {"card": "20009999"}, Idempotency_Key="m"),
        api.post("events", event),
    ):
        assert (api.status, told["code"]) == (422, "no_programme")


def test_the_key_of_a_closed_store_opens_its_receipts_and_nothing_else(
    api: Api, shop: factories.Shop, member: Member, known: dict[str, Any]
) -> None:
    change(shop, close_store)
    assert api.get(f"purchases/{known['id']}")["id"] == known["id"]
    assert api.get("purchases", store="main-01", receipt_number="known")["id"] == known["id"]
    for told in (
        api.post("members/lookup", {"phone": member.phone}),
        api.post("members", {"card": "20009999"}, Idempotency_Key="m"),
        api.get(f"members/{member.id}"),
        api.post("quotes", coffee("late")),
    ):
        assert (api.status, told["code"]) == (403, "store_closed")


def test_a_receipt_of_a_till_that_is_closed_since_comes_in_late(
    partner_api: Api, shop: factories.Shop, known: dict[str, Any]
) -> None:
    shop.till.active = False
    shop.till.save()
    places.forget()
    partner_api.post("purchases", coffee("late"))
    assert partner_api.status == 201
    body = partner_api.post("purchases", today("new"))
    assert (partner_api.status, body["errors"][0]["field"]) == (400, "till")


def test_a_return_before_the_purchase_is_refused_by_the_field(api: Api, known: dict[str, Any]) -> None:
    back = {"return_number": "R", "returned_at": "2026-11-21T12:30:59+03:00", "lines": "all"}
    body = api.post(f"purchases/{known['id']}/returns", back)
    assert (api.status, body["code"]) == (400, "invalid")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("returned_at", "before_the_purchase")]
    assert not Receipt.objects.get().returns.exists()
    api.post(f"purchases/{known['id']}/returns", {**back, "returned_at": "2026-11-21T12:31:00+03:00"})
    assert api.status == 201
