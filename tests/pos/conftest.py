"""A shop with a till's key, and a client that speaks the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from members.models import Member
from pos import guard, keys
from tests import factories

SOLD_AT = "2026-11-21T12:31:00+03:00"


@dataclass
class Api:
    """The API as a till with this key calls it. ``last`` is the last response."""

    secret: str | None

    def __post_init__(self) -> None:
        self.browser = Browser(raise_request_exception=True)
        self.last: Any = None

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST and return the decoded body."""
        data = body if isinstance(body, bytes | str) else json.dumps(body if body is not None else {})
        return self._call("post", path, data=data, content_type="application/json", headers=headers)

    def get(self, path: str, **query: str) -> Any:
        """GET and return the decoded body."""
        return self._call("get", path, data=query, headers={})

    def _call(self, method: str, path: str, *, headers: dict[str, str], **options: Any) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            headers["Authorization"] = f"Api-Key {self.secret}"
        self.last = getattr(self.browser, method)(f"/api/v1/{path}", headers=headers, **options)
        return json.loads(self.last.content)

    @property
    def status(self) -> int:
        """The last response's status."""
        status: int = self.last.status_code
        return status

    @property
    def replayed(self) -> bool:
        """Whether the last response was told as a replay."""
        return self.last.headers.get("Idempotent-Replay") == "true"


@pytest.fixture(autouse=True)
def forget_keys() -> Iterator[None]:
    """No test meets the keys and counters of another."""
    keys.forget()
    guard.forget()
    cache.clear()
    yield
    keys.forget()
    guard.forget()


@pytest.fixture(scope="session")
def make_world() -> Callable[[], factories.Shop]:
    """Every till calls from the same shop."""
    return make_shop


@pytest.fixture
def shop(kept_world: factories.Shop) -> factories.Shop:
    """The contract's shop."""
    return kept_world


def make_shop() -> factories.Shop:
    """The contract's shop: Base 5%, at most half of a receipt is paid with points."""
    opened = factories.open_shop(store="main-01", code="main", currency="RUB", spending={"max_share": "50"})
    factories.publish_campaign(opened.programme, code="base", name="Base 5%")
    return opened


@pytest.fixture
def other_shop(db: None) -> factories.Shop:
    """Another partner's shop, in another programme."""
    return factories.open_shop(store="other-01")


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    """A member with 120 points."""
    return factories.enrol(shop.programme, "120", phone="+79161234545", email="anna@example.org")


@pytest.fixture
def api(shop: factories.Shop) -> Api:
    """The API as the shop's till calls it."""
    return Api(shop.secret)


@pytest.fixture
def partner_api(shop: factories.Shop) -> Api:
    """The API as the partner's own system calls it."""
    return Api(shop.partner_key.secret)  # type: ignore[attr-defined]


def coffee(number: str | None = "000123", **changes: Any) -> dict[str, Any]:
    """The contract's purchase, without its coupon."""
    sale: dict[str, Any] = {
        "store": "main-01",
        "till": "1",
        "cashier": "C-17",
        "channel": "pos",
        "receipt_number": number,
        "purchased_at": SOLD_AT,
        "member": {"phone": "+79161234545"},
        "lines": [
            {
                "position": 1,
                "sku": "COFFEE-250",
                "name": "Coffee 250 g",
                "category": "Coffee",
                "brand": "Lavazza",
                "quantity": "2",
                "price": "199.90",
                "amount": "399.80",
            }
        ],
        "redeem": "100",
        "coupons": [],
        "confirmation_code": None,
        "state": "completed",
    }
    return sale | changes
