"""Every address of the cabinet × who asks: nobody, others, an ended login, an erased or blocked member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from cabinet import urls
from cabinet.access import COOKIE
from loyalty.models import Receipt
from members import devices
from members.models import Device, Member
from tests import factories
from tests.factories import Shop
from tests.races.selling import sell
from tests.rewards.coupons.build import make_coupon, make_series

#: Addresses that anybody may open.
OPEN = {
    "programmes", "enter", "code", "join", "invited", "manifest", "worker", "offline", "form", "form_photo",
    "recommendations",
}  # fmt: skip
POSTS = {
    "leave", "rename", "end_device", "help_rate", "help_close", "invite", "withdraw", "rights", "bring",
    "company_invite", "hand", "handout_file", "hand_many", "handout_undo", "dismiss", "call_employee",
    "birthday", "stay",
}  # fmt: skip
#: What the addresses of one thing name; there is none of it.
ARGS: dict[str, dict[str, Any]] = {
    "contact": {"kind": "sms"},
    "contact_code": {"kind": "email"},
    "questionnaire": {"code": "pets"},
    "send_away": {"member_id": "0197a000-0000-7000-8000-000000000000"},
    "hand_over": {"member_id": "0197a000-0000-7000-8000-000000000000"},
    "answer_photo": {"code": "pets", "photo_id": "0197a000-0000-7000-8000-000000000000"},
    **{name: {"request_id": uuid4()} for name in ("help_request", "help_rate", "help_close")},
    "why_coupon": {"code": "NOSUCH"},
    "sending": {"remittance_id": uuid4()},
    "coupon_picture": {"code": "NOSUCH"},
    "help_photo": {"request_id": uuid4(), "message_id": 1},
}
OWN = sorted({str(pattern.name) for pattern in urls.urlpatterns} - OPEN)


def log_in(member: Member, programme: str = "club") -> Client:
    """A browser on which the member is logged in."""
    client = Client()
    client.cookies[COOKIE] = devices.open_on(member, programme, "Chrome, Android", datetime.now(UTC))
    return client


def ask(client: Client, name: str, receipt: str) -> object:
    args = {"programme": "club"} | ARGS.get(name, {})
    args |= (
        {"receipt": {"receipt_id": receipt}, "coupon_picture": {"code": receipt}}.get(name, {})
        if receipt
        else {}
    )
    address = reverse(f"cabinet:{name}", kwargs=args)
    return client.post(address, {}) if name in POSTS else client.get(address)


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


def nobody(anna: Member) -> Client:
    return Client()


def ended(anna: Member) -> Client:
    client = log_in(anna)
    devices.end(anna, datetime.now(UTC))
    return client


def erased(anna: Member) -> Client:
    client = log_in(anna)
    factories.erase(anna)
    return client


def blocked(anna: Member) -> Client:
    client = log_in(anna)
    Member.objects.filter(id=anna.id).update(status=Member.Status.BLOCKED)
    return client


def elsewhere(anna: Member) -> Client:
    """Logged in, in the cabinet of another programme."""
    other = factories.ProgrammeFactory(code="elsewhere")
    return log_in(factories.enrol(other, 0, phone="+4915100000009"), "elsewhere")


@pytest.mark.parametrize("who", [nobody, ended, erased, blocked, elsewhere])
@pytest.mark.parametrize("name", OWN)
def test_others_are_shown_the_way_in(anna: Member, who: Callable[[Member], Client], name: str) -> None:
    answer = ask(who(anna), name, str(uuid4()))

    assert answer.status_code == 302  # type: ignore[attr-defined]
    assert answer["Location"] == "/cabinet/club/enter/"  # type: ignore[index]


@pytest.mark.parametrize("name", [name for name in OWN if name not in {*POSTS, *ARGS, "receipt"}])
def test_members_see_their_own_pages(anna: Member, name: str) -> None:
    assert ask(log_in(anna), name, "").status_code == 200  # type: ignore[attr-defined]


def test_another_members_receipt_does_not_exist(shop: Shop, anna: Member) -> None:
    sell(anna, 1)
    receipt = Receipt.objects.get()
    other = factories.enrol(shop.programme, 0, phone="+4915100000002")

    assert ask(log_in(other), "receipt", str(receipt.id)).status_code == 404  # type: ignore[attr-defined]
    assert ask(log_in(anna), "receipt", str(receipt.id)).status_code == 200  # type: ignore[attr-defined]


def test_another_members_coupon_has_no_picture(shop: Shop, anna: Member) -> None:
    make_coupon(make_series(shop.programme), "MINE", member=anna)
    other = factories.enrol(shop.programme, 0, phone="+4915100000002")

    assert ask(log_in(other), "coupon_picture", "MINE").status_code == 404  # type: ignore[attr-defined]
    mine = ask(log_in(anna), "coupon_picture", "MINE")
    assert (mine.status_code, mine["Content-Type"]) == (200, "image/svg+xml")  # type: ignore[attr-defined,index]


def test_another_members_device_cannot_be_ended(shop: Shop, anna: Member) -> None:
    other = factories.enrol(shop.programme, 0, phone="+4915100000002")
    log_in(other)
    theirs = Device.objects.get(member=other)

    log_in(anna).post("/cabinet/club/me/devices/end/", {"device": str(theirs.id)})

    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_every_page_that_changes_something_asks_for_the_token_of_its_form(anna: Member) -> None:
    token = log_in(anna).cookies[COOKIE].value
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[COOKIE] = token

    for name in sorted(POSTS):
        address = reverse(f"cabinet:{name}", kwargs={"programme": "club", **ARGS.get(name, {})})
        assert strict.post(address, {}).status_code == 403, name


def test_pages_are_kept_by_nobody_on_the_way_and_bring_no_foreign_scripts(anna: Member) -> None:
    answer = log_in(anna).get("/cabinet/club/")

    assert "no-store" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert " style=" not in page
    assert "onclick" not in page


def test_the_cookie_is_for_the_server_alone_and_for_one_programme(shop: Shop, anna: Member) -> None:
    client = log_in(anna)
    client.post("/cabinet/club/leave/")

    assert Device.objects.get().ended_at is not None
    answer = client.get("/cabinet/club/")
    assert answer.status_code == 302
