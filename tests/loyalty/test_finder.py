"""Stores found by distance and by a typed place."""

from __future__ import annotations

import pytest

from loyalty.rules import distance
from loyalty.rules.distance import Point
from loyalty.shops import finder
from tests import factories
from tests.factories import Shop

BERLIN, POTSDAM, HAMBURG = Point(52.52, 13.405), Point(52.396, 13.058), Point(53.551, 9.994)


@pytest.fixture
def shop(db: None) -> Shop:
    shop = factories.open_shop(store="s", code="club")
    shop.store.town, shop.store.name = "Berlin", "Alex"
    shop.store.latitude, shop.store.longitude = BERLIN  # type: ignore[assignment]
    shop.store.save()
    add(shop, "potsdam", "Potsdam", POTSDAM)
    add(shop, "hamburg", "Hamburg", HAMBURG, address="Alter Wall 5")
    add(shop, "somewhere", "Nowhere", None)
    factories.StoreFactory(code="foreign", town="Berlin")
    add(shop, "shut", "Berlin", BERLIN, active=False)
    return shop


def add(shop: Shop, code: str, town: str, point: Point | None, **fields: object) -> None:
    place = {"latitude": point.latitude, "longitude": point.longitude} if point else {}
    factories.StoreFactory(code=code, name=code.title(), partner=shop.partner, town=town, **place, **fields)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (BERLIN, POTSDAM, 27.3),
        (BERLIN, HAMBURG, 255.2),
        (Point(0, 179.5), Point(0, -179.5), 111.2),
        (Point(90, 0), Point(-90, 100), 20015.1),
        (BERLIN, BERLIN, 0),
    ],
)
def test_distances_are_those_along_the_ground(one: Point, other: Point, km: float) -> None:
    assert distance.between(one, other) == pytest.approx(km, abs=0.3)


def test_the_middle_of_places_on_both_sides_of_the_date_line_lies_between_them() -> None:
    assert abs(distance.middle([Point(0, 179), Point(0, -179)]).longitude) == pytest.approx(180)


def test_the_nearest_stores_come_first_and_those_without_a_place_last(shop: Shop) -> None:
    found = finder.near(shop.programme, Point(52.4, 13.06)).stores
    assert [one.store.code for one in found] == ["potsdam", "s", "hamburg", "somewhere"]
    assert found[-1].km is None


@pytest.mark.parametrize(
    ("typed", "first", "place"),
    [("potsdam", "potsdam", "Potsdam"), ("  HAM ", "hamburg", "Hamburg"), ("alter wall", "hamburg", ""),
     ("Alex", "s", "")],
)  # fmt: skip
def test_a_typed_place_is_looked_for_among_towns_then_in_addresses_and_names(
    shop: Shop, typed: str, first: str, place: str
) -> None:
    found = finder.at(shop.programme, typed)
    assert (found.stores[0].store.code, found.place, found.unknown) == (first, place, False)


def test_a_place_where_no_store_is_shows_all_and_says_so(shop: Shop) -> None:
    found = finder.at(shop.programme, "Timbuktu")
    assert found.unknown
    assert len(found.stores) == 4
