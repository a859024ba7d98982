"""Where people came from, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from loyalty.appearance.arrivals import PAGE, STORE, Came
from loyalty.models import Store
from members import wording


class Told(NamedTuple):
    """A source in words, and how many came by it."""

    name: str
    came: Came


def tell(came: Iterable[Came]) -> list[Told]:
    """Each source in words. One statement for the names of all stores."""
    rows = list(came)
    codes = [row.source.removeprefix(STORE) for row in rows if row.source.startswith(STORE)]
    stores = dict(Store.objects.filter(code__in=codes).values_list("code", "name"))
    return [Told(_name(row.source, stores), row) for row in rows]


def name(source: str) -> str:
    """One source in words."""
    return tell([Came(source)])[0].name if source else ""


def _name(source: str, stores: dict[str, str]) -> str:
    if source.startswith(STORE):
        code = source.removeprefix(STORE)
        return _("Code in the store %(store)s") % {"store": stores.get(code, code)}
    if source.startswith(PAGE):
        page, _dot, word = source.removeprefix(PAGE).partition(".")
        told = _("Landing page %(page)s, link “%(word)s”") if word else _("Landing page %(page)s")
        return told % {"page": page, "word": word}
    if source == "site":
        return _("Public site")
    return wording.name_channel(source)
