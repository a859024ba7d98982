"""What a programme's document names besides itself: sets of products, card types, stores, segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from campaigns.engine.vocabulary import word_of
from campaigns.programme_file.document import Document
from campaigns.programme_file.problems import Path

#: Lists of codes in a definition, by the name of the field.
_LISTS = ("tiers", "card_kinds", "segments", "partners", "stores", "groups", "sets", "categories")


def definitions(document: Document) -> Iterator[tuple[Path, Any]]:
    """Every definition of the document, published or not, with its place."""
    for code, entry in (document.get("campaigns") or {}).items():
        if "definition" in entry:
            yield ("campaigns", code, "definition"), entry["definition"]
        if isinstance(entry.get("draft"), Mapping) and "definition" in entry["draft"]:
            yield ("campaigns", code, "draft", "definition"), entry["draft"]["definition"]
    for index, entry in enumerate(document.get("templates") or []):
        if "definition" in entry:
            yield ("templates", index, "definition"), entry["definition"]


def product_sets(document: Document) -> set[str]:
    """Codes of the product sets that settings, partners and campaigns name."""
    excluded = (document["programme"].get("spending") or {}).get("excluded") or {}
    named = set(_texts(excluded.get("sets") if isinstance(excluded, Mapping) else None))
    named |= {entry["product_set"] for entry in document["partners"].values() if entry.get("product_set")}
    for _path, definition in definitions(document):
        named |= codes(definition)["sets"]
    return named


def card_types(document: Document) -> set[str]:
    """Codes of the card types that partners and campaigns name."""
    named = {entry["card_type"] for entry in document["partners"].values() if entry.get("card_type")}
    for _path, definition in definitions(document):
        named |= codes(definition)["card_kinds"]
    return named


def codes(definition: Any) -> dict[str, set[str]]:
    """The codes that a definition names, by what they are codes of. Broken definitions name what they can."""
    found: dict[str, set[str]] = defaultdict(set)
    _gather(definition, found)
    return found


def _gather(value: Any, found: dict[str, set[str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _gather(item, found)
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name in _LISTS:
            found[name].update(_texts(inner))
        elif name == "in" and (kind := _asked_of(value)) in _LISTS:
            found[kind].update(_texts(inner))
        elif name == "funder":
            found["payers"].update(_texts([inner] if inner else None))
        elif name == "series":
            found["series"].update(_texts(inner if isinstance(inner, list) else [inner]))
        else:
            _gather(inner, found)


def _asked_of(leaf: Mapping[str, Any]) -> str:
    """What the codes are that a condition lists; empty where they are none."""
    word = word_of(leaf)
    return word.names.get("in", "") if word else ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
