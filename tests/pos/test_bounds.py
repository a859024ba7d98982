"""What the books cannot hold is refused first, in words, and alike at every door."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from loyalty.models import Receipt
from members import bounds
from members.models import Event, Member
from tests import factories
from tests.pos.conftest import SOLD_AT, Api, coffee

pytestmark = pytest.mark.django_db

ISBN = "3551551677"


def line(**changes: Any) -> dict[str, Any]:
    return {"position": 1, "sku": "BOOK", "name": "A book", "quantity": "1", "price": "9.90"} | changes


def with_line(number: str = "000123", **changes: Any) -> dict[str, Any]:
    return coffee(number, redeem="0", lines=[line(**changes)])


def fields(body: dict[str, Any]) -> list[str]:
    return [fault["field"] for fault in body["errors"]]


#: A line that no column holds, and the field that is told.
BEYOND = [
    ({"quantity": ISBN}, "lines[0].quantity"),
    ({"quantity": 1_000_000_000}, "lines[0].quantity"),
    ({"quantity": "999999999", "price": "9999999999"}, "lines[0].quantity"),
    ({"quantity": "0.001", "price": None, "amount": "9999999999.99"}, "lines[0].quantity"),
    ({"quantity": "1", "price": "10000000000"}, "lines[0].price"),
    ({"amount": "1" + "0" * 39}, "lines[0].amount"),
    ({"amount": "1" + "0" * 200}, "lines[0].amount"),
    ({"quantity": "0.0004"}, "lines[0].quantity"),
    ({"quantity": "0." + "0" * 39 + "1"}, "lines[0].quantity"),
    ({"position": 2**31}, "lines[0].position"),
    ({"sku": "9" * 65}, "lines[0].sku"),
]
#: Numbers that Python understands and the contract does not: as strings, and as they stand in JSON.
MISSPELT = [
    '"1_0"',
    '"１０"',
    '" 5 "',
    '"1e2"',
    "1e2",
    "1E+2",
    '"0E-20000"',
    '"+5"',
    '".5"',
    '"5."',
    '"Infinity"',
    '"0x1F"',
]


@pytest.mark.parametrize(("changes", "field"), BEYOND)
def test_quote_purchase_and_batch_name_the_field_that_the_books_cannot_hold(
    api: Api, member: Member, changes: dict[str, Any], field: str
) -> None:
    for path in ("quotes", "purchases"):
        body = api.post(path, with_line(**changes))
        assert (api.status, body["code"], fields(body)) == (400, "invalid", [field])

    sent = [coffee("1", redeem="0"), with_line("2", **changes), coffee("3", redeem="0")]
    results = api.post("purchases/batch", {"purchases": sent})["results"]
    assert [row["status"] for row in results] == [201, 400, 201]
    assert fields(results[1]["body"]) == [field]


@pytest.mark.parametrize("written", MISSPELT)
@pytest.mark.parametrize("field", ["quantity", "price", "amount"])
def test_a_number_in_another_spelling_than_a_plain_decimal_is_refused_with_an_example(
    api: Api, member: Member, field: str, written: str
) -> None:
    raw = json.dumps(with_line(**{field: "HERE"}), ensure_ascii=False).replace('"HERE"', written)
    for path in ("quotes", "purchases"):
        body = api.post(path, raw.encode())
        assert (api.status, fields(body)) == (400, [f"lines[0].{field}"])
        assert '"2"' in body["detail"] if field == "quantity" else '"199.90"' in body["detail"]
    results = api.post("purchases/batch", f'{{"purchases": [{raw}]}}'.encode())["results"]
    assert [row["status"] for row in results] == [400]


@pytest.mark.parametrize("written", MISSPELT)
def test_returns_points_to_spend_and_amounts_of_events_are_plain_decimals_too(
    api: Api, member: Member, written: str
) -> None:
    sold = api.post("purchases", coffee("1", redeem="0"))["id"]
    back = f'{{"return_number": "R", "returned_at": "{SOLD_AT}", "lines": [{{"position": 1, "quantity": {written}}}]}}'
    assert fields(api.post(f"purchases/{sold}/returns", back.encode())) == ["lines[0].quantity"]
    spend = json.dumps(coffee("2", redeem="HERE")).replace('"HERE"', written)
    assert fields(api.post("purchases", spend.encode())) == ["redeem"]
    event = json.dumps(happened(data={"amount": "HERE"})).replace('"HERE"', written)
    assert fields(api.post("events", event.encode())) == ["data.amount"]
    assert Receipt.objects.count() == 1


def test_an_escaped_name_of_a_field_hides_no_misspelt_number(api: Api, member: Member) -> None:
    raw = json.dumps(with_line(quantity="1_0")).replace('"quantity"', '"\\u0071uantity"')
    body = api.post("quotes", raw)
    assert (api.status, fields(body)) == (400, ["lines[0].quantity"])


def test_numbers_of_any_plain_spelling_are_taken(api: Api, member: Member) -> None:
    for quantity in ("2", "2.000", "002", 2, 2.0, "1.250"):
        api.post("quotes", with_line(quantity=quantity, price=9.9))
        assert api.status == 200, quantity
    named = with_line(name='"quantity": 1_0', sku='x","price":"1e2')
    assert api.post("quotes", named)["total"] == "9.90"


def test_what_the_books_just_hold_is_sold_and_comes_back(api: Api, member: Member) -> None:
    most: dict[str, Any] = {"quantity": "999999999", "price": None, "amount": "9999999999.99"}
    quoted = api.post("quotes", with_line(**most))
    made = api.post("purchases", with_line(**most))
    assert (api.status, made["total"]) == (201, "9999999999.99")
    assert made["earned"] == quoted["earned"] | {"lots": made["earned"]["lots"]}
    everything = {"return_number": "R", "returned_at": SOLD_AT, "lines": "all"}
    assert api.post(f"purchases/{made['id']}/returns", everything)["refund"] == "9999999999.99"


def test_the_lines_of_a_receipt_together_must_stay_within_the_books(api: Api, member: Member) -> None:
    lines = [line(position=n, amount="9999999999.99") for n in range(101)]
    for path in ("quotes", "purchases"):
        body = api.post(path, coffee("1", redeem="0", lines=lines))
        assert (api.status, fields(body)) == (400, ["lines"])
    api.post("purchases", coffee("1", redeem="0", lines=lines[:100]))
    assert api.status == 201


@pytest.mark.parametrize(
    "effect",
    [
        {"effect": "points_fixed", "points": "999999999999"},
        {"effect": "points_per", "points": "999999999999", "per": "0.01"},
    ],
)
def test_points_that_a_campaign_multiplies_beyond_the_books_are_refused_in_words_before_anything_is_written(
    api: Api, member: Member, shop: factories.Shop, effect: dict[str, Any]
) -> None:
    factories.publish_campaign(shop.programme, {"what": [effect]}, code="gold-rush", name="Gold rush")
    for path in ("quotes", "purchases"):
        body = api.post(path, coffee(redeem="0"))
        assert (api.status, body["code"]) == (422, "beyond_the_books")
        assert "1 000 000 000 000" in body["detail"]
    anonymous = coffee("2", redeem="0", member=None)
    results = api.post("purchases/batch", {"purchases": [coffee("1", redeem="0"), anonymous]})["results"]
    assert [row["status"] for row in results] == [422, 201]
    assert Receipt.objects.get().number == "2"


def test_a_balance_that_grows_beyond_the_books_is_refused_by_quote_and_purchase_alike(
    api: Api, member: Member, shop: factories.Shop
) -> None:
    effect = {"effect": "points_fixed", "points": "600000000000"}
    factories.publish_campaign(shop.programme, {"what": [effect]}, code="rich", name="Rich")
    api.post("purchases", coffee("1", redeem="0"))
    assert api.status == 201
    for path in ("quotes", "purchases"):
        assert api.post(path, coffee("2", redeem="0"))["code"] == "beyond_the_books"


def test_points_of_an_event_beyond_the_books_are_refused_in_words(
    api: Api, member: Member, shop: factories.Shop
) -> None:
    effect = {"effect": "points_per", "points": "999999999999", "per": "0.01"}
    definition = {"what_for": {"of": "event", "event": "review.left"}, "what": [effect]}
    factories.publish_campaign(shop.programme, definition, code="reviews", name="Reviews")
    body = api.post("events", happened(data={"amount": "9999999999.99"}))
    assert (api.status, body["code"]) == (422, "beyond_the_books")
    assert not Event.objects.filter(kind="review.left").exists()


def test_a_sale_of_a_batch_with_which_something_unforeseen_is_wrong_does_not_keep_its_neighbours(
    api: Api, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns.checkout import checkout

    really = checkout.sell

    def fail(sale: Any, now: Any) -> Any:
        if sale.receipt_number == "2":
            raise RuntimeError("nobody foresaw this")
        return really(sale, now)

    monkeypatch.setattr(checkout, "sell", fail)
    sent = [coffee(number, redeem="0") for number in ("1", "2", "3")]
    results = api.post("purchases/batch", {"purchases": sent})["results"]
    assert [row["status"] for row in results] == [201, 500, 201]
    assert results[1]["body"]["code"] == "internal_error"
    assert sorted(Receipt.objects.values_list("number", flat=True)) == ["1", "3"]


@pytest.mark.parametrize("written", ["2026-11-21T12:31+03:00", "2026-11-21", "21.11.2026 12:31"])
def test_a_time_without_seconds_is_refused_with_an_example_of_the_fix(
    api: Api, member: Member, written: str
) -> None:
    sold = api.post("purchases", coffee("1"))["id"]
    refused = [
        api.post("purchases", coffee("2", purchased_at=written)),
        api.post(f"purchases/{sold}/returns", {"return_number": "R", "returned_at": written, "lines": "all"}),
        api.post("events", happened(occurred_at=written)),
    ]
    for body, field in zip(refused, ("purchased_at", "returned_at", "occurred_at"), strict=True):
        assert (body["status"], fields(body)) == (400, [field])
        assert "2026-11-21T12:31:00+03:00" in body["detail"]
    wrong = api.post("members", {"phone": "+79030000001", "birthday": "17.05.1990"})
    assert (fields(wrong), "1990-05-17" in wrong["detail"]) == (["birthday"], True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"till": "t" * 33}, "till"),
        ({"cashier": "c" * 65}, "cashier"),
        ({"confirmation_code": "1" * 33}, "confirmation_code"),
        ({"member": {"card": "1" * 33}}, "member.card"),
        ({"member": {"email": "e" * 255}}, "member.email"),
        ({"member": {"code": "1" * 65}}, "member.code"),
        ({"member": {"id": "1" * 37}}, "member.id"),
        ({"coupons": ["C" * 65]}, "coupons[0]"),
        ({"coupons": [f"C{n}" for n in range(21)]}, "coupons"),
    ],
)
def test_a_text_that_is_too_long_is_named(
    partner_api: Api, member: Member, changes: dict[str, Any], field: str
) -> None:
    for path in ("quotes", "purchases"):
        body = partner_api.post(path, coffee(**changes))
        assert (partner_api.status, fields(body)) == (400, [field])


# Events and the pages that show them


def happened(**changes: Any) -> dict[str, Any]:
    event = {"type": "review.left", "key": "1", "member": {"phone": "+79161234545"}, "occurred_at": SOLD_AT}
    return event | changes


def nested(levels: int) -> Any:
    return json.loads('{"a":' * levels + "1" + "}" * levels)


@pytest.mark.parametrize(
    "data", [nested(bounds.DATA_DEPTH + 1), nested(400), {"list": [[[[[[[[1]]]]]]]]}, {"text": "x" * 20_000}]
)
def test_event_data_that_is_too_deep_or_too_long_is_refused(api: Api, member: Member, data: Any) -> None:
    body = api.post("events", happened(data=data))
    assert (api.status, fields(body)) == (400, ["data"])


def test_event_data_deeper_than_anybody_reads_is_refused_and_stored_nowhere(api: Api, member: Member) -> None:
    for levels in (900, 5000):
        api.post("events", deep(levels))
        assert api.status == 400
    assert not Event.objects.filter(kind="review.left").exists()


def deep(levels: int) -> str:
    """An event whose data has so many levels."""
    return json.dumps(happened(data="HERE")).replace('"HERE"', '{"a":' * levels + "1" + "}" * levels)


def test_event_data_within_its_bounds_is_kept_as_it_is(api: Api, member: Member) -> None:
    data = nested(bounds.DATA_DEPTH) | {
        "quantity": "about 5",
        "price": "1e2",
        "amount": "19.90",
        "n": 1.5,
    }
    api.post("events", happened(data=data))
    assert api.status == 201
    assert Event.objects.get(kind="review.left").data == data


@pytest.mark.parametrize("levels", [100, 900, 5000])
def test_the_event_list_and_the_members_page_show_whatever_data_is_stored(
    member: Member, levels: int, client: Browser
) -> None:
    store_event(member, "[" * levels + "]" * levels)
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    pages = [
        reverse("admin:members_event_changelist"),
        reverse("admin:members_event_change", args=[Event.objects.get(kind="review.left").pk]),
        reverse("admin:members_member_change", args=[member.pk]),
    ]
    for page in pages:
        assert client.get(page).status_code == 200, page


@pytest.mark.parametrize("text", [json.dumps(nested(9)), "[" * 5000 + "]" * 5000, json.dumps(["y" * 20_000])])
def test_an_operator_stores_no_attributes_that_no_page_could_show(
    member: Member, client: Browser, text: str
) -> None:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    page = reverse("admin:members_member_change", args=[member.pk])
    answer = client.post(
        page, {"status": "active", "language": "en", "attributes-name": "x", "attributes-value": text}
    )
    assert answer.context["adminform"].form.errors["attributes"]
    member.refresh_from_db()
    assert member.attributes == {}


def store_event(member: Member, inner: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)"
            " VALUES (gen_random_uuid(), 'review.left', %s, now(), now(), %s::jsonb)",
            [member.pk, f'{{"a": {inner}}}'],
        )


# Files and the till page take what the API takes, and no more


def test_a_file_of_receipts_refuses_what_the_api_refuses(shop: factories.Shop, tmp_path: Path) -> None:
    rows = [
        "store,receipt_number,purchased_at,sku,quantity,price",
        f"main-01,1,{SOLD_AT},BOOK,1,9.90",
        f"main-01,2,{SOLD_AT},BOOK,{ISBN},9.90",
        f"main-01,3,{SOLD_AT},BOOK,1_0,9.90",
        f"main-01,4,{SOLD_AT},BOOK,1e2,9.90",
        f"main-01,5,{SOLD_AT},BO\0OK,1,9.90",
        f"main-01,6,{SOLD_AT},BOOK,1,9.90",
    ]
    file = tmp_path / "past.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_receipts", file, verbosity=0)
    assert sorted(Receipt.objects.values_list("number", flat=True)) == ["1", "6"]
    report = (tmp_path / "past.csv.report.csv").read_text()
    for row, field in ((3, "quantity"), (4, "quantity"), (5, "quantity"), (6, "sku")):
        assert f"\n{row},main-01,{row - 1},{field}," in report


def test_a_file_skips_a_receipt_whose_points_the_books_cannot_hold(
    shop: factories.Shop, member: Member, tmp_path: Path
) -> None:
    effect = {"effect": "points_per", "points": "999999999999", "per": "100"}
    factories.publish_campaign(shop.programme, {"what": [effect]}, code="gold-rush", name="Gold rush")
    rows = [
        "store,receipt_number,purchased_at,member_phone,sku,quantity,price",
        f"main-01,1,{SOLD_AT},{member.phone},BOOK,1,9.90",
        f"main-01,2,{SOLD_AT},{member.phone},BOOK,100,9.90",
        f"main-01,3,{SOLD_AT},{member.phone},BOOK,1,9.90",
    ]
    file = tmp_path / "past.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_receipts", file, verbosity=0)
    assert sorted(Receipt.objects.values_list("number", flat=True)) == ["1", "3"]
    assert "beyond_the_books" in (tmp_path / "past.csv.report.csv").read_text()


def test_the_openapi_document_tells_the_bounds_that_are_held(db: None) -> None:
    document = json.loads(Browser().get("/api/v1/schema/?format=json").content)
    shapes = document["components"]["schemas"]
    told = shapes["LineBody"]["properties"]
    assert told["quantity"]["$ref"].endswith("/Quantity")
    assert shapes["Quantity"]["anyOf"][0]["pattern"] == r"^\d{1,9}(\.\d{1,3})?$"
    assert shapes["Decimal"]["anyOf"][1]["exclusiveMaximum"] == 10**10
    assert {name: told[name]["maxLength"] for name in bounds.LINE} == bounds.LINE
    sale = shapes["SaleBody"]["properties"]
    assert {name: sale[name]["maxLength"] for name in bounds.SALE} == bounds.SALE
    assert (sale["lines"]["minItems"], sale["lines"]["maxItems"]) == (1, bounds.LINES)


def test_the_spans_agree_with_their_patterns() -> None:
    import re

    for span in (bounds.MONEY, bounds.QUANTITY):
        most = Decimal(span.below) - Decimal(1).scaleb(-span.places)
        for number, fits in ((most, True), (Decimal(span.below), False), (most + Decimal("0.0001"), False)):
            assert bool(re.match(span.pattern, format(number, "f"))) is fits
            assert span.holds(number) is fits
