"""Errors: one shape for all of them, whatever went wrong."""

from __future__ import annotations

import msgspec
import pytest
from django.db import OperationalError

from members.models import Member
from pos import answers, bodies
from tests.pos.conftest import Api, coffee

pytestmark = pytest.mark.django_db


def require_problem(api: Api, status: int, code: str) -> answers.Problem:
    """The last response is a problem of that status and code, and complete."""
    assert api.last.headers["Content-Type"] == "application/problem+json"
    problem = msgspec.json.decode(api.last.content, type=answers.Problem)
    assert (api.status, problem.status, problem.code) == (status, status, code)
    assert problem.type == f"urn:regulars:problem:{code}"
    assert problem.title
    assert problem.detail
    return problem


@pytest.mark.parametrize("path", ["nowhere", "", "members/lookup/", "quotes/1/2"])
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    api.get(path)
    require_problem(api, 404, "not_found")


def test_a_wrong_method_says_which_are_right(api: Api) -> None:
    api.get("quotes")
    require_problem(api, 405, "method_not_allowed")
    assert api.last.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "nonsense",
        b'{"store": "\xff"}',
        '{"store": "\\ud800"}',
        "[" * 100_000,
        '{"store": "main-01", "x": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_what_is_not_json_is_refused(api: Api, body: str | bytes) -> None:
    api.post("quotes", body or b" ")
    assert require_problem(api, 400, "invalid").errors


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"', "{}"])
def test_what_is_no_sale_is_refused(api: Api, body: str) -> None:
    api.post("quotes", body)
    assert require_problem(api, 400, "invalid").errors


def test_another_content_type_is_refused(api: Api) -> None:
    api.last = api.browser.post(
        "/api/v1/quotes", data="a=1", content_type="text/plain",
        headers={"Authorization": f"Api-Key {api.secret}"},
    )  # fmt: skip
    require_problem(api, 415, "unsupported_media_type")


def test_a_charset_does_no_harm(api: Api, member: Member) -> None:
    api.last = api.browser.post(
        "/api/v1/members/lookup", data='{"phone": "+79161234545"}',
        content_type="application/json; charset=utf-8",
        headers={"Authorization": f"Api-Key {api.secret}"},
    )  # fmt: skip
    assert api.status == 200


def test_a_body_that_is_too_large_is_not_read(api: Api) -> None:
    api.post("quotes", b" " * (bodies.MOST_BYTES + 1))
    require_problem(api, 413, "too_large")


def test_a_batch_may_be_larger_than_a_single_purchase(api: Api) -> None:
    sale = coffee(member=None, redeem="0")
    sale["lines"] = [
        {"position": n, "sku": f"S{n % 7}", "name": "x" * 100, "quantity": "1", "price": "1"}
        for n in range(1000)
    ]
    body = api.post("purchases/batch", {"purchases": [sale | {"receipt_number": "1"}] * 25})
    assert (api.status, body["results"][0]["status"]) == (200, 201)


def test_a_database_that_does_not_answer_asks_for_another_try(
    api: Api, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns.checkout import checkout

    def fail(sale: object, now: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(checkout, "purchase", fail)
    api.post("purchases", coffee())
    problem = require_problem(api, 503, "unavailable")
    assert api.last.headers["Retry-After"] == "1"
    assert "closed" not in problem.detail


def test_details_speak_the_language_that_is_asked_for(api: Api) -> None:
    api.post("quotes", coffee(purchased_at="2026-11-21T12:31:00"), Accept_Language="en")
    assert require_problem(api, 400, "invalid").errors[0].detail.startswith("Give the time")


def test_answers_are_not_kept_on_the_way(api: Api, member: Member) -> None:
    api.post("members/lookup", {"phone": "+79161234545"})
    assert api.last.headers["Cache-Control"] == "no-store"
