"""Who may call, how often, and what a key does not reach."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from campaigns.checkout import checkout
from config.logs import build_formatter
from loyalty.ledger import ledger
from loyalty.models import Receipt
from members.codes import identification
from members.models import Member
from pos import keys
from pos.models import TillKey
from tests import factories
from tests.pos.conftest import Api, coffee

pytestmark = pytest.mark.django_db

EVERYTHING: list[tuple[str, str]] = [
    ("post", "members/lookup"),
    ("post", "members"),
    ("get", "members/0199aaaa-0000-7000-8000-000000000000"),
    ("get", "members/0199aaaa-0000-7000-8000-000000000000/transfers"),
    ("post", "members/0199aaaa-0000-7000-8000-000000000000/programmes"),
    ("post", "members/0199aaaa-0000-7000-8000-000000000000/confirmation-codes"),
    ("post", "quotes"),
    ("post", "purchases"),
    ("get", "purchases"),
    ("post", "purchases/batch"),
    ("get", "purchases/0199aaaa-0000-7000-8000-000000000000"),
    ("post", "purchases/0199aaaa-0000-7000-8000-000000000000/confirm"),
    ("post", "purchases/0199aaaa-0000-7000-8000-000000000000/cancel"),
    ("post", "purchases/0199aaaa-0000-7000-8000-000000000000/returns"),
    ("post", "events"),
]


def secret_of(key: TillKey) -> str:
    secret: str = key.secret  # type: ignore[attr-defined]
    return secret


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
@pytest.mark.parametrize(
    ("secret", "code"),
    [
        (None, "not_authenticated"),
        ("abcdefgh.nonsense", "authentication_failed"),
        ("\x7f", "authentication_failed"),
    ],
)
def test_nobody_comes_in_without_a_key(
    db: None, method: str, path: str, secret: str | None, code: str
) -> None:
    api = Api(secret)
    body = getattr(api, method)(path)
    assert (api.status, body["code"]) == (401, code)
    assert api.last.headers["WWW-Authenticate"].startswith("Api-Key")


def test_a_revoked_key_stops_within_a_second(api: Api, shop: factories.Shop) -> None:
    api.get("members/x")
    assert api.status == 404
    TillKey.objects.filter(id=shop.key.id).update(revoked=True)
    keys._kept.update({digest: (0.0, client) for digest, (_until, client) in keys._kept.items()})
    api.get("members/x")
    assert api.status == 401


def test_an_old_key_and_the_key_of_a_closed_till_stop(shop: factories.Shop) -> None:
    old = factories.TillKeyFactory(partner=shop.partner, expiry_date=datetime.now(UTC) - timedelta(seconds=1))
    assert keys.find(secret_of(old), datetime.now(UTC)) is None
    shop.till.active = False
    shop.till.save()
    assert keys.find(shop.secret, datetime.now(UTC)) is None


def test_keys_are_kept_hashed(shop: factories.Shop) -> None:
    row = TillKey.objects.filter(id=shop.key.id).values().get()
    assert not any(shop.secret in str(value) or shop.secret[9:] in str(value) for value in row.values())


def test_the_last_use_is_noted_once_a_minute(shop: factories.Shop) -> None:
    at = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)

    def last_use(now: datetime) -> datetime | None:
        keys.forget()
        keys.find(shop.secret, now)
        return TillKey.objects.get(id=shop.key.id).last_used_at

    assert last_use(at) == at
    assert last_use(at + timedelta(seconds=59)) == at
    assert last_use(at + timedelta(seconds=61)) == at + timedelta(seconds=61)


def test_a_store_of_another_partner_is_out_of_reach(
    api: Api, partner_api: Api, member: Member, other_shop: factories.Shop
) -> None:
    for client in (api, partner_api):
        for store in ("other-01", "there-is-none"):
            for path in ("quotes", "purchases"):
                body = client.post(path, coffee(store=store))
                assert (client.status, body["code"]) == (403, "store_not_allowed")
            assert client.get("purchases", store=store, receipt_number="1")["code"] == "store_not_allowed"
    assert not Receipt.objects.exists()


def test_a_tills_key_reaches_its_store_and_a_partners_key_every_store(
    api: Api, partner_api: Api, shop: factories.Shop, member: Member
) -> None:
    factories.StoreFactory(partner=shop.partner, code="main-02")
    sale = coffee(store="main-02", till=None)
    assert api.post("purchases", sale)["code"] == "store_not_allowed"
    partner_api.post("purchases", sale)
    assert partner_api.status == 201


def test_purchases_of_another_partner_are_out_of_reach(
    api: Api, member: Member, other_shop: factories.Shop
) -> None:
    theirs = api.post("purchases", coffee())["id"]
    stranger = Api(other_shop.secret)
    back = {"return_number": "R", "returned_at": "2026-11-21T12:41:00+03:00", "lines": "all"}
    calls: list[Any] = [
        lambda: stranger.get(f"purchases/{theirs}"),
        lambda: stranger.post(f"purchases/{theirs}/confirm"),
        lambda: stranger.post(f"purchases/{theirs}/cancel"),
        lambda: stranger.post(f"purchases/{theirs}/returns", back),
    ]
    for call in calls:
        assert call()["code"] == "purchase_not_found"  # as if there were none
        assert stranger.status == 404
    assert Receipt.objects.get().status == "completed"


def test_members_of_another_programme_are_not_seen(member: Member, other_shop: factories.Shop) -> None:
    stranger = Api(other_shop.secret)
    code = identification.issue(member, datetime.now(UTC))
    for wanted in (
        {"phone": "+79161234545"},
        {"email": "anna@example.org"},
        {"id": str(member.id)},
        {"code": code},
    ):
        assert stranger.post("members/lookup", wanted)["code"] == "member_not_found"
    for path in ("", "/transfers"):
        assert stranger.get(f"members/{member.id}{path}")["code"] == "member_not_found"
    stranger.post(f"members/{member.id}/confirmation-codes")
    assert stranger.status == 404
    event = {"type": "review.left", "key": "1", "occurred_at": "2026-11-21T12:00:00Z"}
    assert stranger.post("events", event | {"member": {"id": str(member.id)}})["code"] == "member_not_found"


def test_a_member_of_two_programmes_shows_each_partner_its_own(
    api: Api, member: Member, other_shop: factories.Shop
) -> None:
    factories.give_points(ledger.open_account(member, other_shop.programme), "7")
    ours = api.get(f"members/{member.id}")
    theirs = Api(other_shop.secret).get(f"members/{member.id}")
    assert [account["spendable"] for account in ours["accounts"]] == ["120.00"]
    assert [account["spendable"] for account in theirs["accounts"]] == ["7.00"]
    assert len(Api(other_shop.secret).get(f"members/{member.id}/transfers")["results"]) == 1


def test_the_statement_of_a_shared_programme_tells_another_partners_receipts_as_points_alone(
    api: Api, member: Member, shop: factories.Shop
) -> None:
    neighbour = factories.open_shop(programme=shop.programme, store="next-door")
    theirs = Api(neighbour.secret).post("purchases", coffee(store="next-door", till="", redeem="0"))
    ours = api.post("purchases", coffee(redeem="0"))
    told = {row["purchase"]: row for row in api.get(f"members/{member.id}/transfers")["results"]}
    assert theirs["id"] not in str(told)
    assert told[ours["id"]]["because"]
    hidden = [row for row in api.get(f"members/{member.id}/transfers")["results"] if row["kind"] == "accrue"][
        -1
    ]
    assert (hidden["purchase"], hidden["because"]) == (None, [])
    assert hidden["points"] == theirs["earned"]["points"]


def test_a_key_that_calls_too_often_waits(api: Api, settings: Settings) -> None:
    settings.POS_CALLS_PER_MINUTE = 2
    statuses = []
    for _ in range(6):  # a minute may turn in between, once
        api.get("members/x")
        statuses.append(api.status)
    assert 429 in statuses
    if api.status == 429:
        assert 0 < int(api.last.headers["Retry-After"]) <= 60
        assert api.last.headers["Content-Type"] == "application/problem+json"


def test_one_keys_calls_do_not_count_against_another(api: Api, partner_api: Api, settings: Settings) -> None:
    settings.POS_CALLS_PER_MINUTE = 1
    for _ in range(4):
        api.get("members/x")
    partner_api.get("members/x")
    assert partner_api.status == 404


def test_no_secret_and_no_full_phone_reaches_the_log(
    api: Api,
    member: Member,
    shop: factories.Shop,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(sale: object, now: object) -> None:
        raise RuntimeError(f"{sale} with key {shop.secret}")

    monkeypatch.setattr(checkout, "quote", fail)
    api.browser.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        body = api.post("quotes", coffee(member={"phone": "+79161234545"}))
        api.post("members/lookup", {"phone": "+79161234545"})
    logged = "\n".join(build_formatter().format(record) for record in caplog.records)

    assert body["code"] == "internal_error"
    assert "RuntimeError" in logged
    assert "RuntimeError" not in str(body)
    assert "9161234545" not in logged
    assert shop.secret not in logged
