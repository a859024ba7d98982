"""What the logs may not tell."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.test import Client

from config.logs import build_formatter, configure_logs, mask_phone, redact_text

KEY = "Ab3dEf9h.0123456789abcdefghijABCDEFGHIJ01"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything logged meanwhile, as it would be printed."""
    configure_logs("INFO")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(build_formatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "hidden", "kept"),
    [
        (f"Authorization: Api-Key {KEY}", KEY, "Api-Key"),
        (f"got key {KEY} from a till", KEY.split(".")[1], "Ab3dEf9h."),
        ("authorization=Bearer abc.def.ghi", "abc.def.ghi", "Bearer"),
        ('{"password": "hunter2", "user": "anna"}', "hunter2", "anna"),
        ("connecting to postgresql://regulars:hunter2@db/shop", "hunter2", "@db/shop"),
        ("secret=hunter2&x=1", "hunter2", "x=1"),
        ("member +79161234545 came", "79161234545", "+79•••••••45"),
        ("member +7 (916) 123-45-45 came", "123-45-45", "+79•••••••45"),
        ("GET /lookup?phone=%2B79161234545", "79161234545", "+79•••••••45"),
    ],
)
def test_text_loses_its_secrets_and_keeps_the_rest(text: str, hidden: str, kept: str) -> None:
    clean = redact_text(text)
    assert hidden not in clean
    assert kept in clean


@pytest.mark.parametrize(
    "text", ["2026-11-21T12:31:00+03:00", "receipt 000123 of main-01", "card 2000000000015", "399.80 + 1.20"]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text


def test_a_phone_keeps_its_ends_only() -> None:
    assert mask_phone("+79161234545") == "+79•••••••45"
    assert mask_phone("12345") == "•••••"


def test_a_structured_line_is_json_without_secrets(written: io.StringIO) -> None:
    structlog.get_logger("test").info(
        "lookup",
        phone="+79161234545",
        api_key=KEY,
        headers={"Authorization": f"Api-Key {KEY}", "Accept": "*/*"},
        members=[{"phone": "+79161234545", "name": "Anna"}],
        store="main-01",
    )
    line = json.loads(written.getvalue())
    assert line["store"] == "main-01"
    assert line["headers"]["Accept"] == "*/*"
    assert line["members"][0] == {"phone": "+79•••••••45", "name": "Anna"}
    assert KEY not in written.getvalue()
    assert "9161234545" not in written.getvalue()


def test_a_library_s_line_and_its_traceback_are_cleaned_too(written: io.StringIO) -> None:
    try:
        raise ValueError(f"bad key {KEY} of +79161234545")
    except ValueError:
        logging.getLogger("library").exception("failed for %s", "+79161234545", extra={"token": "t0ken"})
    text = written.getvalue()
    assert "ValueError" in text
    for secret in (KEY, "79161234545", "t0ken"):
        assert secret not in text


@pytest.mark.django_db
def test_a_request_is_one_line_without_its_query(client: Client, written: io.StringIO) -> None:
    client.get("/?phone=%2B79161234545&token=t0ken", headers={"Authorization": f"Api-Key {KEY}"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [line for line in lines if line["logger"] == "regulars.request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/", 200)
    for secret in (KEY, "9161234545", "t0ken"):
        assert secret not in written.getvalue()
