"""The answers of a shop to what a ready mechanic asks, and the definition that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.constructor import forms
from campaigns.desk.ready.catalogue import MECHANICS
from campaigns.desk.ready.mechanic import Mechanic

#: What the shop of these tests fills in where a mechanic asks: by the whole place, or by its last word.
ANSWERS: dict[str, dict[str, Any]] = {
    "tiers": {"tiers": ["gold"]}, "products": {"categories": ["hot"]}, "series": {"series": ["spring"]},
    "in": {"in": ["gold"]}, "what.0.products": {"products": ["coffee"]}, "what.0.series": {"series": "thanks"},
    "segments": {"segments": ["vip"]}, "stores": {"stores": ["main"]},
}  # fmt: skip


def filled(mechanic: Mechanic, answers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The definition with the questions answered that it asks; ``answers`` by place: ``what_for.products``."""
    document = mechanic.begin()
    for path in mechanic.asks:
        owner_path, _, name = path.rpartition(".")
        owner = forms.at(document, owner_path)
        assert not owner.pop(name), path
        owner.update((answers or {}).get(path) or ANSWERS.get(path) or ANSWERS[name])
    return document


def ready(key: str, answers: Mapping[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A ready mechanic, filled in, with whole parts ``changed``; ``if_`` stands for ``if``."""
    document = filled(MECHANICS[key], answers)
    return document | {name.rstrip("_"): part for name, part in changed.items()}
