"""What a ready mechanic is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Mechanic:
    """A ready mechanic, told to a shop owner.

    ``gain`` says in one line what it does for the shop, ``example`` what a customer gets, in numbers that a
    test reckons again. ``definition`` is what the constructor opens with. ``asks`` names the places that
    the shop still has to fill in (``what_for.categories``): until then the definition does not parse.
    ``companion`` says what must stand beside it for it to work.
    """

    key: str
    group: str
    icon: str
    title: StrOrPromise
    gain: StrOrPromise
    example: StrOrPromise
    definition: Mapping[str, Any]
    asks: tuple[str, ...] = ()
    companion: StrOrPromise = ""

    def begin(self) -> dict[str, Any]:
        """A definition to begin with, its texts in the current language."""
        document: dict[str, Any] = _plain(self.definition)
        return document


def _plain(value: Any) -> Any:
    """A copy in which texts to be translated are."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Promise) else value
