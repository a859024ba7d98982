"""What every page has: an end for who has gone, nothing kept on the way, a policy, and no U+0000."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.flows.corner import PASSWORD, open_corner

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    client.raise_request_exception = False
    return client


@pytest.fixture
def till(client: Client) -> Client:
    open_corner()
    client.login(username="mila", password=PASSWORD)
    client.get(reverse("till:place"))
    client.raise_request_exception = False
    return client


def ends_in(client: Client) -> timedelta:
    return Session.objects.get(session_key=client.session.session_key).expire_date - timezone.now()


def test_a_session_ends_after_two_hours_of_silence_and_with_the_browser(till: Client) -> None:
    assert timedelta(minutes=119) < ends_in(till) <= timedelta(hours=2)
    assert till.cookies["sessionid"]["max-age"] == ""

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert till.get(reverse("till:sale"))["Location"].startswith(reverse("till:login"))


def test_a_session_in_use_is_put_off_without_writing_what_is_in_it(till: Client) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    before = Session.objects.get(session_key=till.session.session_key).session_data
    till.get(reverse("till:sale"))
    assert ends_in(till) > timedelta(minutes=119)
    assert Session.objects.get(session_key=till.session.session_key).session_data == before


def test_how_long_silence_may_be_is_a_setting(till: Client, settings: Settings) -> None:
    settings.SESSION_COOKIE_AGE = 600
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    till.get(reverse("till:sale"))
    assert timedelta(minutes=9) < ends_in(till) <= timedelta(minutes=10)


def test_pages_of_the_till_and_of_the_back_office_are_kept_by_nobody(till: Client, client: Client) -> None:
    for name in ("login", "sale", "receipts"):
        assert "no-store" in till.get(reverse(f"till:{name}"))["Cache-Control"]
    answer = till.post(reverse("till:add"), {"code": "RYE"}, headers={"HX-Request": "true"})
    assert answer["Cache-Control"] == "no-store"
    assert "no-store" in client.get(reverse("admin:login"))["Cache-Control"]


def test_the_back_office_has_a_policy_that_lets_in_only_what_its_library_needs(boss: Client) -> None:
    for name in ("admin:index", "admin:members_member_changelist", "admin:login"):
        told = dict(
            part.strip().split(" ", 1)
            for part in boss.get(reverse(name))["Content-Security-Policy"].split(";")
        )
        assert told["default-src"] == "'self'"
        assert told["script-src"] == "'self' 'unsafe-eval'"
        assert told["style-src"] == "'self' 'unsafe-inline'"
        assert (told["object-src"], told["frame-ancestors"]) == ("'none'", "'none'")
        assert told["form-action"] == told["base-uri"] == "'self'"


@pytest.mark.parametrize(
    "address",
    [
        "/admin/members/member/?q=a%00b",
        "/admin/members/member/?status__exact=%00",
        "/admin/members/member/%00/change/",
        "/admin/autocomplete/?term=%00&app_label=loyalty&model_name=till&field_name=store",
        "/till/receipts/?q=%00",
        "/till/goods/?code=%00",
        "/?x=%00",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(boss: Client, address: str) -> None:
    assert boss.get(address).status_code == 400


@pytest.mark.parametrize("name", ["add", "identify", "coupon", "register", "pay", "spend", "trade"])
def test_a_nul_in_a_form_of_the_till_is_a_bad_request(till: Client, name: str) -> None:
    form = {
        "code": "a\0b",
        "who": "a\0b",
        "phone": "a\0b",
        "first_name": "a\0b",
        "number": "a\0b",
        "redeem": "a\0b",
    }
    assert till.post(reverse(f"till:{name}"), form).status_code == 400
    assert till.post(reverse(f"till:{name}"), {"na\0me": "x"}).status_code == 400


def test_a_nul_in_a_form_of_the_back_office_or_a_cookie_is_a_bad_request(boss: Client) -> None:
    form: dict[str, Any] = {"code": "a\0b", "name": "x", "partner": "\0"}
    assert boss.post(reverse("admin:loyalty_store_add"), form).status_code == 400
    cookie = 'sessionid="12345678\\00012345678"'
    assert Client(raise_request_exception=False).get("/till/", headers={"Cookie": cookie}).status_code == 400


def test_a_nul_inside_an_uploaded_file_is_for_its_reader(boss: Client) -> None:
    file = SimpleUploadedFile("goods.xlsx", b"PK\0\0", content_type="application/octet-stream")
    answer = boss.post("/admin/loyalty/product/import/", {"import_file": file, "format": "0"})
    assert answer.status_code != 400
