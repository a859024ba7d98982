"""Where the things that the constructor's fields pick from are found: by what people call them, and by their codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, Model, Q, When
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from analytics.models import Segment
from campaigns.models import Campaign, Seller
from loyalty.models import (
    Category,
    Partner,
    Payer,
    Product,
    ProductSet,
    Programme,
    Store,
    StoreGroup,
    Tier,
    Till,
)
from loyalty.shops import payers
from members.event_kinds import KINDS
from members.models import CardKind
from members.wording import CHANNELS
from rewards.models import Series

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: How many things a search shows of each kind.
SHOWN = 8


class Thing(NamedTuple):
    """Something to pick. ``more`` tells it from others of the same name."""

    code: str
    name: str
    more: str = ""


@dataclass(frozen=True)
class Source:
    """Where things of one kind are found. ``free``: what is typed may be taken as it is."""

    title: StrOrPromise
    find: Callable[[Programme | None, str], Iterable[Thing]]
    name: Callable[[Programme | None, Sequence[str]], Mapping[str, str]]
    free: bool = False


def _rows(model: type[Model], code: str = "code", more: str = "", scoped: str = "", **extra: Any) -> Source:
    """Rows of a table with a name and a code; of the programme only when ``scoped``."""
    manager: Any = model._default_manager

    def rows(programme: Programme | None) -> Any:
        if not scoped or programme is None:
            return manager.all()
        return manager.filter(Q(**{scoped: programme}) | Q(**{f"{scoped}__isnull": True}))

    def find(programme: Programme | None, text: str) -> Iterator[Thing]:
        known = Q(name__icontains=text) | Q(**{f"{code}__istartswith": text})
        for row in rows(programme).filter(known).order_by(*_likeliest(text, "name", code))[:SHOWN]:
            yield Thing(getattr(row, code), str(row), str(getattr(row, more) or "") if more else "")

    def name(programme: Programme | None, codes: Sequence[str]) -> Mapping[str, str]:
        found = rows(programme).filter(**{f"{code}__in": codes})
        return {getattr(row, code): str(row) for row in found}

    return Source(extra["title"], find, name, extra.get("free", False))


def _likeliest(text: str, name: str, *codes: str) -> tuple[Any, ...]:
    """The order in which things are likely meant: what is called exactly so, then the shortest name."""
    exact = Q(**{f"{name}__iexact": text})
    for code in codes:
        exact |= Q(**{f"{code}__iexact": text})
    return Case(When(exact, then=0), default=1), Length(name), name


def _find_products(_programme: Programme | None, text: str) -> Iterator[Thing]:
    known = Q(name__icontains=text) | Q(sku__istartswith=text) | Q(barcode=text)
    seen: set[str] = set()
    found = Product.objects.filter(known, active=True).select_related("category")
    for row in found.order_by(*_likeliest(text, "name", "sku", "barcode"))[: SHOWN * 3]:
        if row.sku not in seen and len(seen) < SHOWN:
            seen.add(row.sku)
            yield Thing(row.sku, str(row), " · ".join(filter(None, (row.sku, row.brand))))


def _name_products(_programme: Programme | None, codes: Sequence[str]) -> Mapping[str, str]:
    return {row.sku: str(row) for row in Product.objects.filter(sku__in=codes).only("sku", "name")}


def _find_brands(_programme: Programme | None, text: str) -> Iterator[Thing]:
    brands = (
        Product.objects.filter(brand__icontains=text).exclude(brand="").order_by(Length("brand"), "brand")
    )
    for brand in brands.values_list("brand", flat=True).distinct()[:SHOWN]:
        yield Thing(brand, brand)


def _find_tills(_programme: Programme | None, text: str) -> Iterator[Thing]:
    tills = Till.objects.filter(Q(code__istartswith=text) | Q(name__icontains=text)).order_by("code")
    for code in tills.values_list("code", flat=True).distinct()[:SHOWN]:
        yield Thing(code, _("Till {code}").format(code=code))


def _name_tills(_programme: Programme | None, codes: Sequence[str]) -> Mapping[str, str]:
    return {code: _("Till {code}").format(code=code) for code in codes}


def _find_payers(programme: Programme | None, text: str) -> Iterator[Thing]:
    if programme is None:
        return
    known = Q(name__icontains=text) | Q(code__istartswith=text) | Q(partner__name__icontains=text)
    found = Payer.objects.filter(known, programme=programme)
    for row in found.order_by(*_likeliest(text, "name", "code"))[:SHOWN]:
        yield Thing(row.code, row.name, row.get_kind_display())


def _name_payers(programme: Programme | None, codes: Sequence[str]) -> Mapping[str, str]:
    """Payers by everything that definitions call them: old campaigns know some by what people typed."""
    if programme is None:
        return {}
    known = payers.directory(programme.pk)
    return {text: payer.name for text in codes if (payer := known.find(text)) is not None}


def _find_groups(programme: Programme | None, text: str) -> Iterator[Thing]:
    campaigns = Campaign.objects.filter(draft__stacking__group__icontains=text)
    if programme is not None:
        campaigns = campaigns.filter(programme=programme)
    for group in sorted(set(campaigns.values_list("draft__stacking__group", flat=True)))[:SHOWN]:
        yield Thing(group, group)


def _named(title: StrOrPromise, known: Mapping[str, StrOrPromise], free: bool = True) -> Source:
    """A few things that are known by heart, and what anybody adds."""

    def find(_programme: Programme | None, text: str) -> Iterator[Thing]:
        for code, label in known.items():
            if text.lower() in code.lower() or text.lower() in str(label).lower():
                yield Thing(code, str(label))

    def name(_programme: Programme | None, codes: Sequence[str]) -> Mapping[str, str]:
        return {code: str(known[code]) for code in codes if code in known}

    return Source(title, find, name, free)


def _as_is(_programme: Programme | None, _codes: Sequence[str]) -> Mapping[str, str]:
    return {}


EVENTS: dict[str, StrOrPromise] = {kind.name: kind.happens for kind in KINDS.values() if kind.happens}
#: Channels in which people buy.
SELLING: dict[str, StrOrPromise] = {code: CHANNELS[code] for code in ("pos", "web", "app", "kiosk", "desk")}
DATES: dict[str, StrOrPromise] = {
    "birthday": gettext_lazy("birthday"),
    "joined": gettext_lazy("day of joining"),
}
EVENT_KEYS: dict[str, StrOrPromise] = {
    "tier": pgettext_lazy("what came with an event", "tier"),
    "segment": pgettext_lazy("what came with an event", "segment"),
    "first": pgettext_lazy("what came with an event", "first purchase"),
    "amount": pgettext_lazy("what came with an event", "amount"),
}
_TITLE = gettext_lazy("Others")

SOURCES: dict[str, Source] = {
    "products": Source(gettext_lazy("Products"), _find_products, _name_products),
    "sets": _rows(ProductSet, title=gettext_lazy("Product sets")),
    "categories": _rows(Category, title=gettext_lazy("Categories"), more="parent"),
    "brands": Source(gettext_lazy("Brands"), _find_brands, _as_is, free=True),
    "partners": _rows(Partner, title=gettext_lazy("Partners")),
    "stores": _rows(Store, title=gettext_lazy("Stores"), more="address"),
    "groups": _rows(StoreGroup, title=gettext_lazy("Store groups")),
    "tills": Source(gettext_lazy("Tills"), _find_tills, _name_tills, free=True),
    "channels": _named(gettext_lazy("Channels"), SELLING),
    "tiers": _rows(Tier, title=gettext_lazy("Tiers"), scoped="programme"),
    "card_kinds": _rows(CardKind, title=gettext_lazy("Card types")),
    "segments": _rows(Segment, title=gettext_lazy("Segments"), scoped="programme"),
    "series": _rows(Series, title=gettext_lazy("Coupon series"), scoped="programme"),
    "events": _named(gettext_lazy("Events"), EVENTS),
    "event_keys": _named(_TITLE, EVENT_KEYS),
    "dates": _named(gettext_lazy("Dates"), DATES),
    "funders": Source(gettext_lazy("Payers"), _find_payers, _name_payers),
    "stacking": Source(gettext_lazy("Groups"), _find_groups, _as_is, free=True),
    "attributes": _named(_TITLE, {}),
    "cashiers": _rows(Seller, title=gettext_lazy("Cashiers"), free=True),
    "badges": _named(_TITLE, {}),
    "texts": _named(_TITLE, {}),
}
