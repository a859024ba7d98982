"""Time zones: places and UTC, which Python and PostgreSQL read alike."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from zoneinfo import available_timezones

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from loyalty import zones
from loyalty.models import Programme, Store
from tests import factories

REFUSED = [
    "CET",
    "EET",
    "MET",
    "WET",
    "EST5EDT",
    "GMT",
    "localtime",
    "Etc/GMT-3",
    "posix/Europe/Berlin",
    "",
    "Mars/Base",
]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Almaty", "America/Argentina/Ushuaia"])
def test_places_and_utc_can_be_chosen(name: str) -> None:
    zones.validate(name)


@pytest.mark.parametrize("name", [*REFUSED, "../etc/passwd", "europe/berlin"])
def test_anything_else_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValidationError, match="give UTC or Area/City"):
        zones.validate(name)
    for model in (Programme, Store):
        with pytest.raises(ValidationError):
            model._meta.get_field("time_zone").clean(name, None)


@pytest.mark.django_db
def test_what_can_be_chosen_postgresql_knows_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}
    missing = {name for name in zones.list_names() if name not in known}
    assert len(missing) <= 5  # a place that only the newer of the two zone files has
    assert zones.list_names() < available_timezones()


@pytest.mark.django_db
def test_abbreviations_in_old_rows_become_places() -> None:
    name_places = importlib.import_module("loyalty.migrations.0011_zones_of_places").name_places
    shop = factories.open_shop(store="s")
    Programme.objects.update(time_zone="CET")
    Store.objects.update(time_zone="localtime")
    models = {"Programme": Programme, "Store": Store}
    name_places(SimpleNamespace(get_model=lambda app, name: models[name]), None)
    shop.programme.refresh_from_db()
    assert shop.programme.time_zone == "Europe/Brussels"
    assert set(Store.objects.values_list("time_zone", flat=True)) == {"UTC"}


def test_every_place_that_an_abbreviation_becomes_can_be_chosen() -> None:
    places = importlib.import_module("loyalty.migrations.0011_zones_of_places").PLACES
    assert set(places.values()) <= zones.list_names()
    assert not set(places) - {"UTC"} & zones.list_names()
