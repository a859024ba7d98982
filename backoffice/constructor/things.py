"""What the constructor's fields pick from: things found in their sources, and their pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from campaigns.desk.names import Names, mentioned
from campaigns.desk.sources import SOURCES, Thing
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
    named = mentioned(document)
    empty = Series.objects.filter(
        programme=names.programme, code__in=named.get("series", ()), coupons=None
    ).values_list("code", flat=True)
    notes = {("series", code): _("no codes yet") for code in (empty if named.get("series") else ())}
    titles = {"series": _("Coupon series"), "funders": _("Payer")}
    return [
        Need(
            titles[kind],
            names(kind, code),
            address_of(kind, code, names.programme),
            notes.get((kind, code), ""),
        )
        for kind in PAGES
        for code in dict.fromkeys(named.get(kind, ()))
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
