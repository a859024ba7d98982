"""Quotes and purchases through the API: numbers, formats, repeats, refusals."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from loyalty.models import Receipt, Transfer
from members.models import Member
from pos import answers
from tests import factories
from tests.pos.conftest import Api, coffee

pytestmark = pytest.mark.django_db


def hold_to_contract(body: Any, shape: type) -> None:
    """The answer has every field of the contract, of its type."""
    msgspec.convert(body, shape, strict=True)


def test_the_contracts_purchase_gives_the_contracts_numbers(api: Api, member: Member) -> None:
    body = api.post("purchases", coffee())

    assert api.status == 201
    hold_to_contract(body, answers.PurchaseAnswer)
    assert (body["total"], body["discount"], body["to_pay"]) == ("399.80", "0.00", "299.80")
    assert body["redeemed"] == {"points": "100.00", "amount": "100.00"}
    assert body["redeemable"]["max"] == "120.00"
    assert body["earned"]["points"] == "14.99"
    assert body["earned"]["lots"][0]["campaign"] == "Base 5%"
    assert body["lines"][0]["because"][0]["points"] == "14.99"
    assert body["balance"] == {"programme": "main", "spendable": "34.99", "pending": "0.00"}
    assert body["status"] == "completed"
    assert body["receipt_number"] == "000123"
    assert body["store"] == "main-01"


def test_the_lines_of_a_purchase_add_up(api: Api, member: Member) -> None:
    lines = [
        {"position": n, "sku": f"SKU-{n}", "quantity": "1", "price": price}
        for n, price in enumerate(("33.33", "33.33", "0.01", "199.99"), start=1)
    ]
    body = api.post("purchases", coffee(lines=lines, redeem="77.77"))

    cents = [round(float(line["to_pay"]) * 100) for line in body["lines"]]
    assert sum(cents) == round(float(body["to_pay"]) * 100)
    assert body["redeemed"]["points"] == "77.77"
    assert body["to_pay"] == "188.89"


def test_a_quote_equals_its_purchase_and_changes_nothing(api: Api, member: Member) -> None:
    quoted = api.post("quotes", coffee(number=None))
    assert api.status == 200
    hold_to_contract(quoted, answers.PurchaseAnswer)
    assert (quoted["id"], quoted["status"]) == (None, "quote")
    assert not Receipt.objects.exists()

    bought = api.post("purchases", coffee())
    for name in ("total", "to_pay", "redeemed", "redeemable", "earned", "lines", "balance"):
        assert quoted[name] == bought[name], name


def test_a_quote_caps_what_a_purchase_refuses(api: Api, member: Member) -> None:
    quoted = api.post("quotes", coffee(redeem="500"))
    assert quoted["redeemed"]["points"] == "120.00"

    refused = api.post("purchases", coffee(redeem="500"))
    assert (api.status, refused["code"]) == (422, "redeem_exceeds_limit")
    assert "120" in refused["detail"]
    assert not Receipt.objects.exists()


def test_max_spends_all_that_is_allowed(api: Api, member: Member) -> None:
    assert api.post("purchases", coffee(redeem="max"))["redeemed"]["points"] == "120.00"


def test_numbers_may_come_as_plain_json_numbers_and_go_as_strings(api: Api, member: Member) -> None:
    lines = [{"position": 1, "sku": "COFFEE-250", "quantity": 2, "price": 199.9}]
    body = api.post("purchases", coffee(lines=lines, redeem=100))
    assert body["total"] == "399.80"
    assert body["redeemed"]["points"] == "100.00"


def test_an_anonymous_receipt_is_sold(api: Api) -> None:
    body = api.post("purchases", coffee(member=None, redeem="0"))
    assert api.status == 201
    assert body["balance"] is None
    assert body["earned"]["points"] == "0.00"


def test_optional_fields_may_be_left_out_or_null(api: Api, member: Member) -> None:
    lines = [{"position": 1, "sku": "TEA", "quantity": "1", "price": "5", "brand": None, "name": None}]
    sale = {"store": "main-01", "purchased_at": "2026-11-21T09:31:00Z", "receipt_number": "9", "lines": lines}
    first = api.post("purchases", sale)
    assert api.status == 201, first
    nulls = {"till": None, "cashier": None, "member": None, "redeem": None, "coupons": None}
    again = api.post("purchases", sale | nulls)
    assert (api.status, api.replayed) == (200, True)
    assert again["id"] == first["id"]


def test_the_same_purchase_again_gets_the_first_answer(api: Api, member: Member) -> None:
    first = api.post("purchases", coffee())
    assert not api.replayed

    again = api.post("purchases", coffee())
    assert (api.status, api.replayed) == (200, True)
    assert again == first
    assert Receipt.objects.count() == 1
    assert Transfer.objects.filter(kind="redeem").count() == 1


def test_the_same_number_written_otherwise_is_the_same_content(api: Api, member: Member) -> None:
    first = api.post("purchases", coffee())
    written = coffee(
        purchased_at="2026-11-21T09:31:00Z", redeem=100.00, member={"phone": "+7 (916) 123-45-45"}
    )
    assert api.post("purchases", written)["id"] == first["id"]
    assert api.replayed


def test_the_same_number_with_other_content_is_a_conflict(api: Api, member: Member) -> None:
    api.post("purchases", coffee())
    refused = api.post("purchases", coffee(redeem="99"))
    assert (api.status, refused["code"]) == (409, "idempotency_conflict")
    assert Receipt.objects.count() == 1


def test_a_purchase_is_read_by_id_and_by_number(api: Api, member: Member) -> None:
    made = api.post("purchases", coffee())

    by_id = api.get(f"purchases/{made['id']}")
    by_number = api.get("purchases", store="main-01", receipt_number="000123")

    hold_to_contract(by_id, answers.PurchaseAnswer)
    assert by_id == by_number
    assert by_id["id"] == made["id"]
    assert by_id["earned"] == made["earned"]


def test_an_unknown_purchase_is_not_found(api: Api) -> None:
    for path in ("purchases/0199aaaa-0000-7000-8000-000000000000", "purchases/nonsense"):
        assert api.get(path)["code"] == "purchase_not_found"
        assert api.status == 404
    assert api.get("purchases", store="main-01", receipt_number="x")["code"] == "purchase_not_found"


def test_finding_a_purchase_needs_store_and_number(api: Api) -> None:
    body = api.get("purchases", store="main-01")
    assert api.status == 400
    assert [fault["field"] for fault in body["errors"]] == ["receipt_number"]


def test_a_held_purchase_earns_when_it_is_confirmed(api: Api, member: Member) -> None:
    held = api.post("purchases", coffee(state="held"))
    assert held["status"] == "held"
    assert held["balance"]["spendable"] == "20.00"

    done = api.post(f"purchases/{held['id']}/confirm")
    assert (api.status, done["status"]) == (200, "completed")
    hold_to_contract(done, answers.PurchaseAnswer)
    assert done["balance"]["spendable"] == "34.99"

    api.post(f"purchases/{held['id']}/confirm")
    assert api.replayed


def test_a_held_purchase_that_is_cancelled_gives_its_points_back(api: Api, member: Member) -> None:
    held = api.post("purchases", coffee(state="held"))
    gone = api.post(f"purchases/{held['id']}/cancel")

    hold_to_contract(gone, answers.ReturnAnswer)
    assert (api.status, gone["status"], gone["restored"]) == (201, "cancelled", "100.00")
    assert gone["balance"]["spendable"] == "120.00"
    assert api.post(f"purchases/{held['id']}/confirm")["code"] == "wrong_state"
    assert api.status == 422


def test_half_of_a_purchase_comes_back(api: Api, member: Member) -> None:
    made = api.post("purchases", coffee())
    wanted = {
        "return_number": "R-9",
        "returned_at": "2026-11-21T12:41:00+03:00",
        "lines": [{"position": 1, "quantity": "1"}],
    }
    back = api.post(f"purchases/{made['id']}/returns", wanted)

    assert api.status == 201
    hold_to_contract(back, answers.ReturnAnswer)
    assert (back["refund"], back["restored"], back["status"]) == ("149.90", "50.00", "partially_returned")
    assert float(back["revoked"]) == pytest.approx(7.50, abs=0.011)

    again = api.post(f"purchases/{made['id']}/returns", wanted)
    assert (api.status, api.replayed, again) == (200, True, back)

    conflict = api.post(f"purchases/{made['id']}/returns", wanted | {"lines": "all"})
    assert (api.status, conflict["code"]) == (409, "idempotency_conflict")

    too_much = {**wanted, "return_number": "R-10", "lines": [{"position": 1, "quantity": "2"}]}
    refused = api.post(f"purchases/{made['id']}/returns", too_much)
    assert (api.status, refused["code"]) == (422, "return_exceeds_purchase")
    assert len(api.get(f"purchases/{made['id']}")["returns"]) == 1


def test_a_cancelled_purchase_leaves_no_trace_on_the_balance(api: Api, member: Member) -> None:
    made = api.post("purchases", coffee())
    gone = api.post(f"purchases/{made['id']}/cancel", Idempotency_Key="c-1")
    assert (gone["status"], gone["refund"], gone["balance"]["spendable"]) == ("cancelled", "299.80", "120.00")

    again = api.post(f"purchases/{made['id']}/cancel", Idempotency_Key="c-1")
    assert (api.status, api.replayed, again) == (200, True, gone)


def test_a_batch_judges_each_purchase_on_its_own(
    api: Api, member: Member, other_shop: factories.Shop
) -> None:
    good = coffee("1", redeem="0", purchased_at="2026-11-21T12:00:00+03:00")
    body = api.post(
        "purchases/batch",
        {
            "purchases": [
                coffee("2", redeem="500"),
                good,
                coffee("3", lines=[]),
                coffee("4", store="other-01"),
                {"receipt_number": "5"},
                17,
                good,
            ]
        },
    )
    assert api.status == 200
    told = [(result["receipt_number"], result["status"]) for result in body["results"]]
    assert told == [("2", 422), ("1", 201), ("3", 400), ("4", 403), ("5", 400), (None, 400), ("1", 200)]
    codes = [result["body"].get("code") for result in body["results"]]
    assert codes[0] == "redeem_exceeds_limit"
    assert codes[3] == "store_not_allowed"
    hold_to_contract(body["results"][1]["body"], answers.PurchaseAnswer)
    assert body["results"][4]["body"]["errors"][0]["field"] == "store"
    assert Receipt.objects.count() == 1


def test_a_batch_is_limited(api: Api) -> None:
    for purchases in ([], [coffee()] * 501):
        assert api.post("purchases/batch", {"purchases": purchases})["errors"][0]["field"] == "purchases"
        assert api.status == 400


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"purchased_at": "2026-11-21T12:31:00"}, "purchased_at", "offset_required"),
        ({"purchased_at": "9999-01-01T00:00:00Z"}, "purchased_at", "out_of_range"),
        ({"purchased_at": "0001-01-01T00:00:00+14:00"}, "purchased_at", "out_of_range"),
        ({"purchased_at": "2226-11-21T12:31:00Z"}, "purchased_at", "in_the_future"),
        ({"purchased_at": "yesterday"}, "purchased_at", "invalid"),
        ({"receipt_number": None}, "receipt_number", "required"),
        ({"receipt_number": "x" * 65}, "receipt_number", "too_long"),
        ({"channel": "pigeon"}, "channel", "invalid"),
        ({"redeem": "all"}, "redeem", "invalid"),
        ({"redeem": "-1"}, "redeem", "too_small"),
        ({"redeem": "NaN"}, "redeem", "not_a_number"),
        ({"member": {}}, "member", "one_of"),
        ({"member": {"phone": "+79161234545", "card": "1"}}, "member", "one_of"),
        ({"member": {"phone": "abc"}}, "member.phone", "not_a_phone"),
        ({"member": {"phone": 7}}, "member.phone", "invalid_type"),
        ({"till": "99"}, "till", "unknown"),
        ({"lines": []}, "lines", "count"),
        (
            {"lines": [{"position": 1, "sku": "a", "quantity": "x", "price": "1"}]},
            "lines[0].quantity",
            "invalid",
        ),
        ({"lines": [{"position": 1, "sku": "a", "price": "1"}]}, "lines[0].quantity", "required"),
        ({"lines": [{"position": 1, "sku": "a", "quantity": "1"}]}, "lines[0].amount", "required"),
        (
            {"lines": [{"position": 1, "sku": "a\0", "quantity": "1", "price": "1"}]},
            "lines[0].sku",
            "invalid",
        ),
        (
            {"lines": [{"position": 1, "sku": "a", "quantity": "1.2345", "price": "1"}]},
            "lines[0].quantity",
            "too_many_places",
        ),
        (
            {"lines": [{"position": 1, "sku": "a", "quantity": "1", "price": "1"}] * 2},
            "lines[1].position",
            "repeated",
        ),
    ],
)
def test_a_malformed_purchase_names_the_field(
    api: Api, member: Member, changes: dict[str, Any], field: str, code: str
) -> None:
    body = api.post("purchases", coffee(**changes))
    assert (api.status, body["code"]) == (400, "invalid"), body
    assert (field, code) in [(fault["field"], fault["code"]) for fault in body["errors"]], body
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("path", ["quotes", "purchases"])
def test_a_member_who_is_not_known_or_blocked_is_refused(api: Api, shop: factories.Shop, path: str) -> None:
    factories.enrol(shop.programme, phone="+79160000001", status="blocked")
    unknown = api.post(path, coffee(member={"card": "404"}))
    assert (api.status, unknown["code"]) == (422, "member_not_found")
    blocked = api.post(path, coffee(member={"phone": "+79160000001"}))
    assert (api.status, blocked["code"]) == (422, "member_blocked")
    assert not Receipt.objects.exists()


def test_a_coupon_that_is_not_known_is_refused_and_in_a_quote_declined(api: Api, member: Member) -> None:
    refused = api.post("purchases", coffee(coupons=["WELCOME10"]))
    assert (api.status, refused["code"]) == (422, "coupon_not_usable")
    quoted = api.post("quotes", coffee(coupons=["WELCOME10"]))
    assert quoted["declined"][-1]["campaign"] == "WELCOME10"
