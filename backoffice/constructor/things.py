"""What the constructor's fields pick from: things found in their sources, and named by their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.constructor.sources import SOURCES, Thing
from campaigns.engine.vocabulary import word_of
from loyalty.models import Programme
from loyalty.shops import payers
from rewards.models import Series

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Sources whose things have a page that a campaign leads to.
PAGES = ("series", "funders")


def address_of(source: str, code: str, programme: Programme | None) -> str:
    """Where the page of a thing is; empty for what has none."""
    if source not in PAGES:
        return ""
    query = {"source": source, "code": code, "programme": programme.pk if programme else ""}
    return f"{reverse('admin:campaigns_campaign_thing')}?{urlencode(query)}"


def page_of(source: str, code: str, programme: Programme) -> str | None:
    """The address of the record that a definition of the programme calls so; None where there is none."""
    if source == "funders":
        payer = payers.directory(programme.pk).find(code)
        return reverse("admin:loyalty_payer_change", args=[payer.pk]) if payer else None
    found = Series.objects.filter(programme=programme, code=code).first() if source == "series" else None
    return reverse("admin:rewards_series_change", args=[found.pk]) if found else None


class Need(NamedTuple):
    """Something with a page that a definition names, and what is to be said of it."""

    title: StrOrPromise
    name: str
    address: str
    note: str


def needs_of(document: Any, names: Names) -> list[Need]:
    """The series and the payer that a definition names; what nobody knows is told elsewhere."""
    mentioned = _mentioned(document)
    empty = Series.objects.filter(
        programme=names.programme, code__in=mentioned.get("series", ()), coupons=None
    ).values_list("code", flat=True)
    notes = {("series", code): _("no codes yet") for code in (empty if mentioned.get("series") else ())}
    titles = {"series": _("Coupon series"), "funders": _("Payer")}
    return [
        Need(
            titles[kind],
            names(kind, code),
            address_of(kind, code, names.programme),
            notes.get((kind, code), ""),
        )
        for kind in PAGES
        for code in dict.fromkeys(mentioned.get(kind, ()))
        if names(kind, code) and (kind, code) not in names.missing
    ]


def search(
    sources: Iterable[str], text: str, programme: Programme | None
) -> list[tuple[str, StrOrPromise, list[Thing]]]:
    """What may be meant by a text, by kind of thing: (source, its title, things). Single products come last.

    A kind with a thing that is called exactly so comes before all: the first thing is the one that Enter takes.
    """
    found = []
    for name in sorted(sources, key="products".__eq__):
        source = SOURCES.get(name)
        if source is None:
            continue
        things = list(source.find(programme, text))
        if source.free and text and text not in {thing.code for thing in things}:
            things.append(Thing(text, text, _("as typed")))
        if things:
            found.append((name, source.title, things))
    return sorted(found, key=lambda kind: not any(_is_called(thing, text) for thing in kind[2]))


def _is_called(thing: Thing, text: str) -> bool:
    """Whether a thing is known by exactly that name or code. What is only taken as typed is not known."""
    called = {thing.name.casefold(), thing.code.casefold()}
    return thing.more != _("as typed") and text.casefold() in called


@dataclass
class Names:
    """The names of things by kind and code, asked for once. What nobody knows is called by its code."""

    programme: Programme | None
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    missing: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, kind: str, code: str) -> str:
        """The name of one thing."""
        if (kind, code) not in self.known:
            self.learn(kind, [code])
        return self.known[kind, code]

    def learn(self, kind: str, codes: Iterable[str]) -> None:
        """Ask for the names of several things at once."""
        new = [code for code in dict.fromkeys(codes) if (kind, code) not in self.known]
        source = SOURCES.get(kind)
        if not new or source is None:
            self.known |= {(kind, code): code for code in new}
            return
        found = source.name(self.programme, new)
        for code in new:
            self.known[kind, code] = found.get(code, code)
            if code not in found and not source.free:
                self.missing.add((kind, code))

    def learn_all(self, document: Any) -> None:
        """Ask for the names of everything that a document mentions in lists, a statement for each kind."""
        for kind, codes in _mentioned(document).items():
            self.learn(kind, codes)


def _mentioned(document: Any, found: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """Codes of a document by kind of thing."""
    found = {} if found is None else found
    if isinstance(document, Mapping):
        word = word_of(document)
        named = word.names if word else {}
        for name, value in document.items():
            kind = named.get(name, name)
            if isinstance(value, list) and kind in SOURCES:
                found.setdefault(kind, []).extend(code for code in value if isinstance(code, str) and code)
            else:
                _mentioned(value, found)
        if document.get("funder"):
            found.setdefault("funders", []).append(str(document["funder"]))
        for name, kind in named.items():
            if (code := document.get(name)) and not isinstance(code, list):
                found.setdefault(kind, []).append(str(code))
    elif isinstance(document, list):
        for item in document:
            _mentioned(item, found)
    return found
