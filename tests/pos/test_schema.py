"""The OpenAPI document and its page: they agree with the contract and with what the API does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pytest_django import Settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from members.models import Member
from pos import bodies, schema
from pos.urls import urlpatterns
from tests import factories
from tests.pos.conftest import SOLD_AT, Api, coffee

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Client().get("/api/v1/schema/?format=json").content)
    return found


@contextmanager
def same_connection() -> Iterator[None]:
    """The server under test keeps the test's own connection, as Django's test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.django_db
def test_whatever_is_sent_the_answer_is_a_documented_one(
    api: Api, shop: factories.Shop, member: Member, document: dict[str, Any]
) -> None:
    held = api.post("purchases", coffee(state="held"))["id"]
    known = {"member_id": str(member.id), "purchase_id": held}
    loaded = schemathesis.openapi.from_dict(document)
    loaded.app = get_wsgi_application()
    seen: set[tuple[str, int]] = set()
    with same_connection():
        for found in loaded.get_all_operations():
            operation: Any = found
            call = _calls(operation.ok(), known, shop.secret, seen)
            call()
    assert {status for _operation, status in seen} >= {200, 201, 400, 404, 422}
    assert len({operation for operation, _status in seen}) == 15


def _calls(operation: Any, known: dict[str, str], secret: str, seen: set[tuple[str, int]]) -> Any:
    """A test that calls one address with whatever its schema allows, half the time about things that are there."""

    @examples(
        max_examples=15, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), about_known=st.booleans())
    def run(case: Any, about_known: bool) -> None:
        if about_known:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
            if isinstance(case.body, dict) and "store" in case.body:
                case.body |= {"store": "main-01", "purchased_at": SOLD_AT, "till": ""}
        response = case.call(headers={"Authorization": f"Api-Key {secret}"})
        case.validate_response(response, checks=CHECKS)
        seen.add((operation.label, response.status_code))

    return run


def test_the_document_is_openapi_3_1_and_names_every_address(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    told = {path.removeprefix("/api/v1/") for path in document["paths"]}
    served = {
        re.sub(r"<str:(\w+)>", r"{\1}", str(entry.pattern))
        for entry in urlpatterns
        if "schema" not in str(entry.pattern) and str(entry.pattern) not in ("docs/", "^.*$")
    }
    assert told == served


def test_every_address_tells_its_errors(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"400", "401", "405", "429", "503"} <= statuses, path
            if method == "post":
                assert {"413", "415"} <= statuses, path
            for status, response in operation["responses"].items():
                kinds = list(response["content"])
                assert kinds == ["application/json" if status < "300" else "application/problem+json"]


def test_the_examples_fit_their_schemas_and_are_understood(document: dict[str, Any]) -> None:
    seen = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                for example in media["examples"].values():
                    whole = {**media["schema"], "components": document["components"]}
                    Draft202012Validator(whole).validate(example["value"])
                    seen += 1
    assert seen == 11
    example = schema.examples.PURCHASE
    assert bodies.sale.decode(msgspec.json.encode(example)).lines[0].sku == "COFFEE-250"


@pytest.mark.django_db
def test_the_documented_example_purchase_works(api: Api, shop: factories.Shop) -> None:
    factories.CardFactory(member=factories.enrol(shop.programme, "120"), number="2000000000015")
    quoted = api.post("quotes", schema.examples.QUOTE)
    assert (api.status, quoted["redeemed"]["points"]) == (200, "120.00")
    api.post("purchases", schema.examples.PURCHASE)
    assert api.status == 201
    made = api.post("events", schema.examples.EVENT)
    assert (api.status, made["earned"]) == (201, [])


def test_the_examples_name_the_demo_shop_where_it_is_loaded(
    document: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    demo = {
        "api_keys": [{"store": "shop-7", "till": "1"}],
        "members": [{"phone": "+70000000001", "card": "77"}],
        "products": [{"sku": "MILK", "name": "Milk", "price": "1.10"}],
    }
    (tmp_path / "demo.json").write_text(json.dumps(demo))
    settings.VAR = tmp_path
    schema.examples.localise(document)
    content = document["paths"]["/api/v1/quotes"]["post"]["requestBody"]["content"]["application/json"]
    value = next(iter(content["examples"].values()))["value"]
    assert (value["store"], value["member"], value["lines"][0]["sku"]) == ("shop-7", {"card": "77"}, "MILK")


def test_the_page_takes_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/v1/docs/").content.decode()
    assert "swagger-ui" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def test_the_contracts_purchase_fits_the_document(document: dict[str, Any]) -> None:
    whole = {"$ref": "#/components/schemas/SaleBody", "components": document["components"]}
    Draft202012Validator(whole).validate(coffee())
