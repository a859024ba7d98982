"""Guessing coupons through the API is slowed down; honest tills hardly notice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from campaigns.checkout.sale import Sale
from foundation.refusals import Invalid, TooMany
from loyalty.models import Programme
from members import bounds
from pos import coupon_guard, keys
from pos.keys import Client
from pos.models import Guesses
from tests import factories
from tests.pos.conftest import SOLD_AT, Api
from tests.rewards.coupons.build import make_coupon, make_series

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.POS_COUPON_MISSES_PER_MINUTE = 3
    found = keys.find(factories.open_shop().secret, NOW)
    assert found is not None
    return found


def show(client: Client, *coupons: str, at: datetime = NOW) -> None:
    coupon_guard.watch(client, Sale("s", at, (), coupons=coupons), at)


def waiting(client: Client, *coupons: str, at: datetime = NOW) -> float:
    """For how many seconds the key is told to wait; 0 when it may go on."""
    try:
        show(client, *coupons, at=at)
    except TooMany as refusal:
        return refusal.wait.total_seconds()
    return 0


def test_after_too_many_unknown_codes_within_a_minute_no_coupon_is_looked_at(client: Client) -> None:
    known = make_coupon(make_series(client_programme(client)))
    for number in range(3):
        assert waiting(client, f"GUESS{number}") == 0
    assert waiting(client, "GUESS9") == 60
    assert waiting(client, known.code, at=NOW + timedelta(seconds=20)) == 40
    assert waiting(client, known.code, at=NOW + MINUTE) == 0


def client_programme(client: Client) -> Programme:
    return Programme.objects.get(id=client.programmes[0])


def test_unknown_codes_spread_over_time_do_not_block(client: Client) -> None:
    assert [waiting(client, f"GUESS{n}", at=NOW + n * MINUTE / 2) for n in range(12)] == [0] * 12


def test_the_same_unknown_code_again_is_no_new_guess(client: Client) -> None:
    assert [waiting(client, "MISTYPED", "mis-typed") for _ in range(20)] == [0] * 20
    assert Guesses.objects.get().misses == [1, 1, 1]


def test_known_codes_and_what_cannot_be_a_code_are_no_guesses(client: Client) -> None:
    series = make_series(client_programme(client))
    shown = [make_coupon(series, state=state).code for state in ("issued", "revoked", "expired")]
    assert [waiting(client, *shown, "50%", "x") for _ in range(5)] == [0] * 5
    assert not Guesses.objects.exists()


def test_codes_of_other_programmes_and_of_the_pool_are_unknown(client: Client) -> None:
    make_coupon(make_series(), "OTHER1")
    make_coupon(make_series(client_programme(client)), "POOL1", state="waiting", issued_at=None)
    show(client, "OTHER1", "POOL1")
    assert Guesses.objects.get().misses == [2, 2, 2]


def test_each_block_within_a_day_lasts_twice_as_long_up_to_an_hour(client: Client) -> None:
    at, waits = NOW, []
    for number in range(9):
        show(client, *[f"GUESS{number}X{n}" for n in range(3)], at=at)
        waits.append(waiting(client, "ANY", at=at) / 60)
        at += timedelta(minutes=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    show(client, "LATER1", "LATER2", "LATER3", at=at + timedelta(days=1))
    assert waiting(client, "ANY", at=at + timedelta(days=1)) == 60


def test_one_key_does_not_block_another(client: Client) -> None:
    other = keys.find(factories.open_shop().secret, NOW)
    assert other is not None
    show(client, "GUESS1", "GUESS2", "GUESS3")
    assert waiting(client, "ANY") == 60
    assert waiting(other, "ANY") == 0


def test_a_sale_shows_a_few_coupons_at_most(client: Client) -> None:
    with pytest.raises(Invalid):
        show(client, *[f"CODE{n}" for n in range(bounds.COUPONS + 1)])


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_get_no_more_guesses_than_one_after_the_other(client: Client) -> None:
    def guess(number: int) -> bool:
        try:
            return waiting(client, f"GUESS{number}") == 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(guess, range(32))) == 3


def basket(number: str, *coupons: str) -> dict[str, Any]:
    return {
        "store": "main-01", "receipt_number": number, "purchased_at": SOLD_AT, "coupons": list(coupons),
        "lines": [{"position": 1, "sku": "COFFEE", "name": "Coffee", "quantity": "1", "price": "10.00"}],
    }  # fmt: skip


def test_the_api_answers_a_blocked_key_with_429_and_goes_on_selling(settings: Settings) -> None:
    settings.POS_COUPON_MISSES_PER_MINUTE = 2
    api = Api(factories.open_shop(store="main-01").secret)
    for number in ("1", "2"):
        api.post("quotes", basket(number, f"GUESS{number}"))
        assert api.status != 429
    for path in ("quotes", "purchases"):
        refused = api.post(path, basket("3", "GUESS3"))
        assert (api.status, refused["code"]) == (429, "throttled")
        assert 0 < int(api.last.headers["Retry-After"]) <= 60
    api.post("purchases", basket("4"))
    assert api.status == 201


def test_in_a_batch_a_blocked_purchase_is_refused_by_itself(settings: Settings) -> None:
    settings.POS_COUPON_MISSES_PER_MINUTE = 2
    api = Api(factories.open_shop(store="main-01").secret)
    sent = [basket("1", "GUESS1"), basket("2", "GUESS2"), basket("3", "GUESS3"), basket("4")]
    results = api.post("purchases/batch", {"purchases": sent})["results"]
    statuses = {row["receipt_number"]: row["status"] for row in results}
    assert (statuses["3"], statuses["4"]) == (429, 201)
    assert results[2]["body"]["code"] == "throttled"
