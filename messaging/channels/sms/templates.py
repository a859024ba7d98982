"""Templates of a gateway's requests: places in braces, filled so that no text can break out of its place.

Pure functions. A body that begins with ``{`` or ``[`` is JSON and filled string by string; one that begins with ``<``
is XML; any other is a form. In an address and a form, what is filled in is percent-encoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

PHONE, DIGITS, TEXT, KEY = "phone", "digits", "text", "key"
PLACES = frozenset({PHONE, DIGITS, TEXT, KEY})
#: Where the text cannot stand: a header holds no letters but Latin ones.
IN_HEADERS = PLACES - {TEXT}
_PLACE = re.compile(r"\{(\w+)\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def write_values(phone: str, text: str, key: str) -> dict[str, str]:
    """What the places hold: the phone in E.164 form and without its plus, the text, and our id."""
    return {PHONE: phone, DIGITS: phone.removeprefix("+"), TEXT: _CONTROL.sub(" ", text), KEY: key}


def fill_address(template: str, values: Mapping[str, str]) -> str:
    """An address."""
    return _fill(template, values, lambda value: quote(value, safe=""))


def fill_headers(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request."""
    return {name: _fill(value, values, str) for name, value in template.items()}


def fill_body(template: str, values: Mapping[str, str]) -> tuple[bytes, str]:
    """A body and its content type; two empty ones for an empty template. Raises ``ValueError`` for broken JSON."""
    if not template:
        return b"", ""
    if is_json(template):
        filled = _fill_strings(json.loads(template), values)
        return json.dumps(filled, ensure_ascii=False).encode(), "application/json"
    if template.startswith("<"):
        filled = _fill(template, values, lambda value: escape(value, {'"': "&quot;", "'": "&apos;"}))
        return filled.encode(), "application/xml; charset=utf-8"
    return _fill(template, values, quote_plus).encode(), "application/x-www-form-urlencoded"


def is_json(template: str) -> bool:
    """Whether a body's template is JSON; a place at the beginning of a form is none."""
    return template.startswith(("{", "[")) and not _PLACE.match(template)


def find_places(template: str) -> set[str]:
    """The names in braces. Raises ``ValueError`` for broken JSON."""
    texts = _strings(json.loads(template)) if is_json(template) else iter([template])
    return {name for text in texts for name in _PLACE.findall(text)}


def _fill(template: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    return _PLACE.sub(lambda found: encode(values[found[1]]) if found[1] in values else found[0], template)


def _fill_strings(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _fill(value, values, str)
    if isinstance(value, list):
        return [_fill_strings(item, values) for item in value]
    if isinstance(value, dict):
        return {name: _fill_strings(item, values) for name, item in value.items()}
    return value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
