"""Opening hours: read, written in one form, told, and asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from loyalty.models import Store
from loyalty.models.programme import validate_hours
from loyalty.rules import hours
from loyalty.shops import hours_wording
from tests import factories


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (
            "mo-fr 8:00-20:00;sa 09:00 - 13:00, 14:00-18:00; su off",
            "Mo-Fr 08:00-20:00; Sa 09:00-13:00,14:00-18:00",
        ),
        (" 24/7 ", "24/7"),
        ("Mo-Su 00:00-24:00", "24/7"),
        ("Fr-Mo 20:00-02:00", "Mo 20:00-02:00; Fr-Su 20:00-02:00"),
        ("Mo-Su 10:00-18:00; We closed", "Mo-Tu 10:00-18:00; Th-Su 10:00-18:00"),
    ],
)
def test_hours_as_people_write_them_have_one_form(typed: str, kept: str) -> None:
    assert hours.write(hours.parse(typed)) == kept
    assert hours.write(hours.parse(kept)) == kept


@pytest.mark.parametrize(
    "typed",
    ["daily", "Mo", "Mo 25:00-26:00", "Mo 08:60-09:00", "Xx 08:00-09:00", "Mo 08:00-08:00", "Mo-Su off", "PH off",
     "Mo 8-9", "Mo 10:00-12:00,08:00-09:00", "Mo 10:00-12:00,11:00-13:00"],
)  # fmt: skip
def test_what_says_no_hours_is_refused_with_the_part_and_an_example(typed: str) -> None:
    with pytest.raises(ValidationError, match="Mo-Fr 08:00-20:00"):
        validate_hours(typed)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 30, 7, 59, tzinfo=UTC), True),  # Monday 08:59 in Berlin
        (datetime(2026, 11, 30, 18, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 19, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 5, 23, 30, tzinfo=UTC), True),  # Sunday 00:30, what Saturday night goes on to
        (datetime(2026, 12, 6, 1, 0, tzinfo=UTC), False),
    ],
)
def test_whether_a_store_is_open_is_asked_of_its_own_clock_and_of_the_night_before(
    moment: datetime, is_open: bool
) -> None:
    assert hours_wording.is_open("Mo-Fr 08:00-20:00; Sa 18:00-02:00", "Europe/Berlin", moment) is is_open


def test_hours_are_told_in_the_language_of_the_reader() -> None:
    with translation.override("en"):
        told = hours_wording.describe("Mo-Fr 08:00-20:00; Sa,Su 10:00-24:00")
        assert told == ["Mon–Fri 08:00–20:00", "Sat, Sun 10:00–24:00"]
    with translation.override("ru"):
        assert hours_wording.describe("Mo-Fr 08:00-20:00")[0].startswith("Пн–Пт")
        assert hours_wording.describe("24/7") == ["Круглосуточно"]


@pytest.mark.django_db
def test_half_a_place_is_refused_by_the_form_and_by_the_database() -> None:
    store: Store = factories.StoreFactory()
    store.latitude = 52  # type: ignore[assignment]
    with pytest.raises(ValidationError, match="both latitude and longitude"):
        store.full_clean()
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        store.save()
    for wrong in ("91", "-90.5", "NaN"):
        store.latitude, store.longitude = wrong, "13"  # type: ignore[assignment]
        with pytest.raises(ValidationError):
            store.full_clean()
