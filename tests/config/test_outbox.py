"""The outbox page: for the demo's own machine, and nothing in it that a message could break out with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from members.delivery import deliver

pytestmark = pytest.mark.django_db
PHONE = "+79161234545"


@pytest.fixture(autouse=True)
def place(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path


def show(client: Client, **headers: str) -> str:
    answer = client.get("/outbox/", headers=headers)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    return answer.content.decode()


def test_messages_are_shown_the_newest_first_with_their_code(client: Client) -> None:
    deliver("email", "anna@example.org", "Your code: 120345", subject="Your code")
    deliver("sms", PHONE, "Код: 654321")
    page = show(client)
    assert re.findall(r'data-copy="(\d+)"', page) == ["654321", "120345"]
    assert page.index("+7 916 123-45-45") < page.index("anna@example.org")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456 is your code", "123456"),
        ("Your code: 123456.", "123456"),
        ("You have 1 000 points", ""),
        ("1234567 and 12345", ""),
        ("1,123456 and 123456.50", ""),
        ("https://shop.example/join/123456", ""),
    ],
)
def test_a_code_is_six_digits_that_stand_for_themselves(text: str, code: str, client: Client) -> None:
    deliver("sms", PHONE, text)
    assert re.findall(r'data-copy="(\d+)"', show(client)) == ([code] if code else [])


def test_no_message_breaks_out_of_the_page(client: Client) -> None:
    deliver("email", '"><img src=x>@example.org', "<script>alert(1)</script>", subject="<b>", key="k-1")
    page = show(client)
    for sign in ("<script>alert", "<img src=x", "<b>"):
        assert sign not in page


def test_the_page_asks_for_news_and_is_told_when_there_is_none(client: Client) -> None:
    place = str(re.search(r'hx-get="([^"]+)"', show(client))[1])  # type: ignore[index]
    headers = {"HX-Request": "true"}
    assert client.get(place, headers=headers).status_code == 204
    deliver("sms", PHONE, "654321")
    news = client.get(place, headers=headers)
    assert (news.status_code, b"<html" in news.content, b"654321" in news.content) == (200, False, True)


def test_nobody_else_sees_it(client: Client, settings: Settings) -> None:
    deliver("sms", PHONE, "654321")
    assert client.get("/outbox/", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/outbox/", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404
    assert client.post("/outbox/").status_code == 405
    settings.DEMO = False
    assert client.get("/outbox/").status_code == 404
