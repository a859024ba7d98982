"""Whose address counts, and what is shown to which machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import Settings

from config import addresses
from config.addresses import ClientAddress, is_local
from tests.config.test_pages import DEMO


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),  # what the client wrote itself is not believed
        ("6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9:51312", 1, "203.0.113.9"),
        ("[2001:db8::1]:443", 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("203.0.113.9", 2, ""),
        ("nonsense", 1, ""),
        ("", 1, ""),
    ],
)
def test_the_outermost_trusted_proxy_says_who_called(forwarded: str, proxies: int, address: str) -> None:
    assert addresses.read(forwarded, proxies) == address


def request_from(address: str, **headers: str) -> HttpRequest:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": address, **headers}
    return request


@pytest.mark.parametrize("proxies", [0, 1])
def test_the_clients_address_stands_where_sign_in_and_the_guard_look_for_it(
    settings: Settings, proxies: int
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = request_from("127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    ClientAddress(lambda _request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == ("203.0.113.9" if proxies else "127.0.0.1")


def test_a_request_through_an_unknown_proxy_is_not_from_this_machine(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 0
    assert is_local(request_from("127.0.0.1"))
    assert is_local(request_from("::1"))
    assert not is_local(request_from("127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9"))
    assert not is_local(request_from("192.168.1.7"))
    assert not is_local(request_from(""))


@pytest.mark.parametrize("through", [{"REMOTE_ADDR": "192.168.1.7"}, {"HTTP_X_FORWARDED_FOR": "192.168.1.7"}])
def test_a_demo_that_listens_to_the_network_shows_it_no_password_and_no_key(
    client: Client, settings: Any, tmp_path: Path, through: dict[str, str]
) -> None:
    settings.VAR = tmp_path
    (tmp_path / "demo.json").write_text(json.dumps(DEMO))
    page = client.get("/", **through).content.decode()  # type: ignore[arg-type]
    for secret in ("demo-manager", "abcdefgh.key", "+79161234545", "2000000000015"):
        assert secret not in page
    assert "only on the machine that it runs on" in page
    assert "demo-manager" in client.get("/").content.decode()


@pytest.mark.django_db
def test_wrong_passwords_behind_a_proxy_lock_out_their_sender_alone(
    client: Client, settings: Settings
) -> None:
    settings.AXES_ENABLED, settings.TRUSTED_PROXIES = True, 1

    def sign_in(sender: str) -> int:
        form = {"username": "olga", "password": "wrong"}
        return client.post("/till/login/", form, HTTP_X_FORWARDED_FOR=sender).status_code

    seen = [sign_in("203.0.113.66") for _ in range(settings.AXES_FAILURE_LIMIT + 1)]
    assert seen[-1] == 429
    assert sign_in("203.0.113.7") == 200
    assert sign_in("6.6.6.6, 203.0.113.66") == 429
