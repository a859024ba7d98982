"""How the demo shows itself: its look, two landing pages, and where its stores are and when they are open.

Towns and places are made up; pictures are drawn here, so nothing of anybody's is in them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from campaigns.demo.tongue import Tongue
from campaigns.models import Campaign, LandingPage
from loyalty.appearance import pictures
from loyalty.models import Appearance, Programme, Store

#: Towns of the stores, and where their middle is: degrees north and east.
TOWNS = (
    ("Maplewood", "42.6526", "-73.7562"),
    ("Harborton", "42.8142", "-73.9396"),
    ("Millbrook Falls", "42.7284", "-73.6918"),
    ("Orchard Hill", "42.5253", "-73.8093"),
)
HOURS = ("Mo-Sa 07:00-22:00; Su 08:00-20:00", "Mo-Fr 08:00-20:00; Sa 09:00-18:00", "24/7")
_DEGREE = Decimal("0.000001")


def place_of(code: str, tongue: Tongue) -> dict[str, Any]:
    """Where a store is and when it is open, by its code: the same each time."""
    number = int(code.rpartition("-")[2])
    town, north, east = TOWNS[number % len(TOWNS)]
    return {
        "town": tongue.text(town),
        "hours": HOURS[2] if code.startswith("fuel") else HOURS[number % 2],
        "latitude": (Decimal(north) + Decimal(number * 37 % 101 - 50) / 1500).quantize(_DEGREE),
        "longitude": (Decimal(east) + Decimal(number * 53 % 103 - 51) / 1200).quantize(_DEGREE),
    }


@transaction.atomic
def begin(programme: Programme, shown: Mapping[str, Any], tongue: Tongue) -> int:
    """Give the programme its look, its pages, and the stores of an earlier demo their places; what is there stays.
    Returns how many pages are new."""
    if not Appearance.objects.filter(programme=programme).exists():
        appearance = Appearance(
            programme=programme, **{name: shown[name] for name in ("slogan", "about", "colour", "accent")}
        )
        pictures.put_logo(appearance, _logo(shown["colour"]), "logo")
        appearance.save()
    _place_stores(programme, tongue)
    known = set(LandingPage.objects.values_list("code", flat=True))
    new = [page for page in shown["pages"] if page["code"] not in known]
    for page in new:
        LandingPage.objects.create(
            campaign=Campaign.objects.get(programme=programme, code=page["campaign"]),
            picture=pictures.keep_photo(_still_life(page["ground"], page["balls"]), "picture"),
            published=True,
            **{name: page[name] for name in ("code", "title", "lead", "text", "picture_text", "button")},
        )
    return len(new)


def _place_stores(programme: Programme, tongue: Tongue) -> None:
    """Say of the stores of an earlier demo, too, where they are."""
    lacking = list(Store.objects.filter(partner__participations__programme=programme, town=""))
    lacking = [store for store in lacking if store.code.rpartition("-")[2].isdecimal()]
    for store in lacking:
        for name, value in place_of(store.code, tongue).items():
            setattr(store, name, value)
    Store.objects.bulk_update(lacking, ["town", "hours", "latitude", "longitude"])


def _logo(colour: str) -> bytes:
    """Two rings, one in the other, as the two sides of a bargain."""
    picture = Image.new("RGBA", (480, 320))
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((20, 20, 300, 300), outline=colour, width=44)
    drawing.ellipse((180, 20, 460, 300), outline="#e0a526", width=44)
    drawing.arc((20, 20, 300, 300), 300, 360, fill=colour, width=44)
    return _png(picture)


def _still_life(ground: str, balls: Sequence[str]) -> bytes:
    """Some round things on a table."""
    picture = Image.new("RGB", (1200, 630), ground)
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((0, 470, 1200, 630), fill="#ffffff")
    for number in range(11):
        left, size = 40 + number * 100, 130 + number * 57 % 90
        drawing.ellipse((left, 500 - size, left + size, 500), fill=balls[number % len(balls)])
        drawing.ellipse(
            (left + size // 4, 500 - size * 5 // 6, left + size // 2, 500 - size * 3 // 5), fill=ground
        )
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
