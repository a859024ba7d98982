"""Repeating a POST: the first answer again, for ever."""

from __future__ import annotations

import pytest

from members.models import Event, Member
from pos.models import Answer
from tests import factories
from tests.pos.conftest import Api

pytestmark = pytest.mark.django_db

ANNA = {"phone": "+79031112233", "first_name": "Anna"}


def test_the_same_key_and_content_get_the_first_answer(api: Api, shop: factories.Shop) -> None:
    first = api.post("members", ANNA, Idempotency_Key="k-1")
    assert (api.status, api.replayed) == (201, False)

    Member.objects.filter(id=first["id"]).update(first_name="Changed")
    again = api.post("members", dict(reversed(ANNA.items())), Idempotency_Key="k-1")
    assert (api.status, api.replayed, again) == (200, True, first)
    assert Member.objects.count() == 1


def test_the_same_key_with_other_content_is_a_conflict(api: Api, member: Member) -> None:
    api.post("members", ANNA, Idempotency_Key="k-1")
    refused = api.post("members", ANNA | {"first_name": "Olga"}, Idempotency_Key="k-1")
    assert (api.status, refused["code"]) == (409, "idempotency_conflict")
    refused = api.post(f"members/{member.id}/confirmation-codes", Idempotency_Key="k-1")
    assert (api.status, refused["code"]) == (409, "idempotency_conflict")


def test_without_a_key_the_second_registration_is_a_member_who_exists(api: Api) -> None:
    api.post("members", ANNA)
    assert api.post("members", ANNA)["code"] == "member_exists"


def test_keys_of_different_clients_never_meet(api: Api, partner_api: Api) -> None:
    first = api.post("members", ANNA, Idempotency_Key="k-1")
    second = partner_api.post("members", {"phone": "+79031112244"}, Idempotency_Key="k-1")
    assert (partner_api.status, partner_api.replayed) == (201, False)
    assert first["id"] != second["id"]


def test_a_refused_request_keeps_nothing_and_may_be_sent_again(api: Api, shop: factories.Shop) -> None:
    wanted = ANNA | {"referral": "FRIEND"}
    assert api.post("members", wanted, Idempotency_Key="k-1")["code"] == "referral_not_found"
    assert not Answer.objects.exists()
    factories.enrol(shop.programme, referral_code="FRIEND")
    api.post("members", wanted, Idempotency_Key="k-1")
    assert api.status == 201


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    body = api.post("members", ANNA, Idempotency_Key=key)
    assert (api.status, body["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Member.objects.exists()


def report(**changes: object) -> dict[str, object]:
    event: dict[str, object] = {
        "type": "review.left",
        "key": "shop-42/review/77",
        "member": {"phone": "+79161234545"},
        "occurred_at": "2026-11-21T12:31:00+03:00",
        "data": {"stars": 5},
    }
    return event | changes


def test_an_event_is_kept_once_under_its_type_and_key(api: Api, member: Member) -> None:
    first = api.post("events", report())
    assert (api.status, first["earned"]) == (201, [])
    row = Event.objects.get(id=first["id"])
    assert (row.kind, row.member_id, row.data["stars"]) == ("review.left", member.id, 5)

    again = api.post("events", report())
    assert (api.status, api.replayed, again) == (200, True, first)
    assert api.post("events", report(data={"stars": 4}))["code"] == "idempotency_conflict"
    api.post("events", report(type="survey.answered"))
    assert api.status == 201
    assert Event.objects.filter(member=member, kind__in=["review.left", "survey.answered"]).count() == 2


@pytest.mark.parametrize("kind", ["nonsense.done", "member.registered", "purchase.completed"])
def test_an_event_that_nobody_knows_is_refused(api: Api, member: Member, kind: str) -> None:
    refused = api.post("events", report(type=kind))
    assert (api.status, refused["code"]) == (422, "unknown_event")
    assert not Event.objects.filter(kind=kind).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": ""}, "type"),
        ({"key": "x" * 501}, "key"),
        ({"member": {}}, "member"),
        ({"member": None}, "member"),
        ({"occurred_at": "2026-11-21T12:31:00"}, "occurred_at"),
        ({"occurred_at": "2226-11-21T12:31:00Z"}, "occurred_at"),
        ({"data": []}, "data"),
    ],
)
def test_a_malformed_event_names_the_field(
    api: Api, member: Member, changes: dict[str, object], field: str
) -> None:
    body = api.post("events", report(**changes))
    assert (api.status, body["errors"][0]["field"]) == (400, field)


def test_events_of_blocked_and_unknown_members_are_refused(api: Api, shop: factories.Shop) -> None:
    factories.enrol(shop.programme, phone="+79160000001", status="blocked")
    assert api.post("events", report(member={"phone": "+79160000001"}))["code"] == "member_blocked"
    assert api.status == 422
    assert api.post("events", report(member={"card": "1"}))["code"] == "member_not_found"
    assert api.status == 422
