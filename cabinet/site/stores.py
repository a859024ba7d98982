"""Stores with address and hours, from here or from a typed place the nearest first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cabinet import access
from cabinet.site import home
from loyalty.appearance import look
from loyalty.rules.distance import Point
from loyalty.shops import finder, hours_wording
from loyalty.shops.finder import Found, Search

PER_PAGE = 24


@require_safe
def browse(request: HttpRequest, programme: str) -> HttpResponse:
    """The stores: ``?near=52.52,13.40`` sorts by distance from there, ``?place=`` from a town or by a word."""
    here = access.programme_of(programme)
    if not look.of(here.pk).public:
        raise Http404
    point, typed = read_point(request.GET.get("near", "")), " ".join(request.GET.get("place", "").split())
    typed = typed[: finder.MOST]
    if point is not None:
        search = finder.near(here, point)
    elif typed:
        search = finder.at(here, typed)
    else:
        search = Search([Found(store) for store in finder.of_programme(here)])
    pages = Paginator(search.stores, PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    asked = {"near": request.GET["near"]} if point else {"place": typed} if typed else {}
    now = timezone.now()
    page = home.frame(request, here, "stores") | {
        "stores": [tell(found, now) for found in shown],
        "pages": shown,
        "more": f"?{urlencode(asked | {'page': ''})}",
        "typed": typed,
        "search": search,
        "from_here": point is not None,
        "towns": finder.towns(here),
        "asked": bool(asked),
    }
    return render(request, "site/stores.html", page)


def read_point(text: str) -> Point | None:
    """Degrees north and east of ``52.52,13.40``; None for anything else."""
    north, _comma, east = text.partition(",")
    try:
        point = Point(float(north), float(east))
    except ValueError:
        return None
    return point if abs(point.latitude) <= 90 and abs(point.longitude) <= 180 else None


def tell(found: Found, now: Any) -> dict[str, Any]:
    """A store as the page shows it. What lies nearer than a kilometre is told in metres, by the hundred."""
    store, km = found
    return {
        "name": store.name,
        "partner": store.partner.name,
        "address": ", ".join(filter(None, (store.address, store.town))),
        "hours": hours_wording.describe(store.hours),
        "open": hours_wording.is_open(store.hours, store.time_zone, now),
        "km": km,
        "metres": max(100, round(km * 10) * 100) if km is not None and km < 0.95 else None,
        "point": finder.point_of(store),
    }
