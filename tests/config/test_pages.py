"""The start page, health and metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

DEMO = {
    "base_url": "http://localhost:8000",
    "logins": [{"role": "Programme manager", "user": "manager", "password": "demo-manager"}],
    "api_keys": [{"key": "abcdefgh.key", "partner": "main", "store": "main-01", "till": "1"}],
    "members": [{"id": "1", "phone": "+79161234545", "card": "2000000000015"}],
    "products": [{"sku": "COFFEE-250", "name": "Coffee <250 g>", "price": "199.90"}],
}


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    (tmp_path / "demo.json").write_text(json.dumps(DEMO))


def test_the_start_page_leads_to_every_door(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    page = client.get("/").content.decode()
    for path in ("/till/", "/admin/", "/api/v1/docs/", "/health/"):
        assert f'href="{path}"' in page
    assert "demo shop" not in page


def test_the_start_page_shows_the_demo(client: Client, demo: None) -> None:
    page = client.get("/").content.decode()
    for text in ("demo-manager", "abcdefgh.key", "+79161234545", "2000000000015", "COFFEE-250", "199.90"):
        assert text in page
    assert "Coffee &lt;250 g&gt;" in page


def test_no_credential_is_shown_in_production(client: Client, demo: None, settings: Any) -> None:
    settings.DEMO = False
    page = client.get("/").content.decode()
    assert "demo-manager" not in page
    assert "abcdefgh.key" not in page


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_demo_record_does_not_break_the_page(
    content: str, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.VAR = tmp_path
    (tmp_path / "demo.json").write_text(content)
    assert client.get("/").status_code == 200


def test_the_start_page_speaks_russian(client: Client, demo: None) -> None:
    page = client.get("/", headers={"Accept-Language": "ru"}).content.decode()
    assert '<html lang="ru">' in page
    assert "Открыть кассу" in page


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(client: Client, demo: None) -> None:
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "<style" not in page
    assert "<script" not in page
    assert 'src="http' not in page


def test_alive_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/health/alive/").content == b"ok"


@pytest.mark.django_db(transaction=True)
def test_health_says_when_the_broker_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("redis://:hunter2@there")

    assert client.get("/health/?format=json").status_code == 200
    monkeypatch.setattr("kombu.Connection.ensure_connection", fail)
    response = client.get("/health/?format=json")
    assert response.status_code == 500
    assert "hunter2" not in response.content.decode()


def test_metrics_are_for_this_machine_in_the_demo(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.1").status_code == 404


def test_metrics_need_their_token_in_production(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200
