"""Stores of a programme as its members look for them: near somewhere, or in a place by name.

No map and no outside service: a typed place is looked for among the towns, addresses and names of the stores
themselves, so only places where the programme has a store, or that a store's address names, are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from loyalty.models import Programme, Store
from loyalty.rules import distance
from loyalty.rules.distance import Point

#: Characters of a place that somebody types.
MOST = 80


class Found(NamedTuple):
    """A store, and how many kilometres away it is; None where nobody said from where, or where it is is not known."""

    store: Store
    km: float | None = None


class Search(NamedTuple):
    """What was found: stores, the nearest first; what place was understood; whether nothing was like it."""

    stores: Sequence[Found]
    place: str = ""
    unknown: bool = False


def of_programme(programme: Programme) -> QuerySet[Store]:
    """The open stores of a programme's partners, by town and name."""
    there = Store.objects.filter(active=True, partner__participations__programme=programme)
    return there.select_related("partner").order_by("town", "name", "id")


def towns(programme: Programme) -> list[str]:
    """The towns that the programme has stores in."""
    return list(
        of_programme(programme).exclude(town="").order_by("town").values_list("town", flat=True).distinct()
    )


def near(programme: Programme, point: Point) -> Search:
    """All stores, the nearest first; those whose place is not known come last."""
    return Search(_sorted(of_programme(programme), point))


def at(programme: Programme, text: str) -> Search:
    """Stores by a typed place: those in a town of that name and then the others, the nearest first; else those whose
    name or address has it in them."""
    typed = " ".join(text.split())[:MOST]
    rows = list(of_programme(programme))
    wanted = typed.casefold()
    inside = [row for row in rows if row.town.casefold() == wanted]
    inside = inside or [row for row in rows if row.town.casefold().startswith(wanted)]
    if not inside:
        like = [row for row in rows if wanted in f"{row.name} {row.address} {row.partner.name}".casefold()]
        return Search([Found(row) for row in like or rows], unknown=not like)
    points = [point for row in inside if (point := point_of(row)) is not None]
    if not points:
        return Search([Found(row) for row in inside], inside[0].town)
    return Search(_sorted(rows, distance.middle(points)), inside[0].town)


def point_of(store: Store) -> Point | None:
    """Where the store is; None where nobody said."""
    if store.latitude is None or store.longitude is None:
        return None
    return Point(float(store.latitude), float(store.longitude))


def _sorted(stores: Sequence[Store] | QuerySet[Store], point: Point) -> list[Found]:
    places = ((store, point_of(store)) for store in stores)
    found = [Found(store, distance.between(point, place) if place else None) for store, place in places]
    return sorted(found, key=lambda one: (one.km is None, one.km or 0.0))
