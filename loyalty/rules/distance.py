"""How far two places on the earth are apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

#: The mean radius of the earth, in kilometres (IUGG).
RADIUS = 6371.0088


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float


def between(one: Point, other: Point) -> float:
    """Kilometres along the ground, by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", 1984)."""
    north, south = radians(one.latitude), radians(other.latitude)
    rise, run = north - south, radians(one.longitude - other.longitude)
    part = sin(rise / 2) ** 2 + cos(north) * cos(south) * sin(run / 2) ** 2
    return 2 * RADIUS * asin(min(1.0, sqrt(part)))


def middle(points: Iterable[Point]) -> Point:
    """The middle of places that are near each other."""
    found = list(points)
    east = [point.longitude for point in found]
    if max(east) - min(east) > 180:  # on both sides of the date line
        east = [degrees % 360 for degrees in east]
    longitude = (sum(east) / len(found) + 180) % 360 - 180
    return Point(sum(point.latitude for point in found) / len(found), longitude)
