"""Requests to a gateway: nothing that is filled in breaks out of its place."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.channels.sms import reading, templates

NASTY = 'Код: 123456 & "тут" <b>{key}</b> \\ %41 +1\nвторая'


def values(text: str) -> dict[str, str]:
    return templates.write_values("+79161234545", text, "k-1")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_comes_out_of_a_body_as_it_went_in(text: str) -> None:
    found = values(text)
    body, kind = templates.fill_body('{"to": "{digits}", "text": "{text}"}', found)
    assert (json.loads(body), kind) == ({"to": "79161234545", "text": found["text"]}, "application/json")
    body, _kind = templates.fill_body("text={text}&to={phone}", found)
    form = parse_qs(body.decode(), keep_blank_values=True)
    assert form == {"text": [found["text"]], "to": ["+79161234545"]}
    address = templates.fill_address("https://x.example/{key}?text={text}&to={digits}", found)
    assert parse_qs(urlsplit(address).query, keep_blank_values=True)["text"] == [found["text"]]
    body, _kind = templates.fill_body('<sms to="{phone}">{text}</sms>', found)
    assert (ElementTree.fromstring(body).text or "") == found["text"].replace("\r\n", "\n").replace(
        "\r", "\n"
    )


def test_characters_that_no_message_has_are_left_out() -> None:
    assert values("a\x00b\ud800c\r\nd")["text"] == "a b c \nd"
    assert templates.fill_body("<t>{text}</t>", values(NASTY))[0].decode().count("<b>") == 0


def test_a_place_that_is_none_is_named_and_left_as_it_is() -> None:
    assert templates.find_places('{"a": ["{text}", {"b": "{name}"}]}') == {"text", "name"}
    assert templates.fill_address("https://x/?a={name}", values("x")) == "https://x/?a={name}"
    assert templates.find_places("{digits};{text}") == {"digits", "text"}


@pytest.mark.parametrize(
    ("content", "path", "found"),
    [
        (b'{"id": "g-1"}', "id", "g-1"),
        (b'{"id": 77}', "id", "77"),
        (b'{"messages": [{"id": " g-2 "}]}', "messages.0.id", "g-2"),
        (b'[{"id": "g-3"}]', "0.id", "g-3"),
        (b'{"id": null}', "id", ""),
        (b'{"id": true}', "id", ""),
        (b'{"id": {"id": 1}}', "id", ""),
        (b'{"id": 1.5}', "id", ""),
        (b'{"id": "a\\u0000b"}', "id", ""),
        (b'{"id": "\\ud800"}', "id", ""),
        (b'{"id": "' + b"x" * 101 + b'"}', "id", ""),
        (b'{"error": 1}', "id", ""),
        (b"[]", "0.id", ""),
        (b"[]", "-1", ""),
        (b'"id"', "id", ""),
    ],
)
def test_an_id_is_read_from_whatever_comes(content: bytes, path: str, found: str) -> None:
    assert reading.find(reading.parse(content), path) == found


@pytest.mark.parametrize("content", [b"", b"OK", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5_000])
def test_what_is_no_json_is_told_from_it(content: bytes) -> None:
    with pytest.raises(ValueError):
        reading.parse(content)
