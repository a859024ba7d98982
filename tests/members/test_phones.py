"""Phone numbers as people write them."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from members import phones


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+79161234545", "+79161234545"),
        ("+7 (916) 123-45-45", "+79161234545"),
        ("+7 916 123 45 45", "+79161234545"),
        ("0079161234545", "+79161234545"),
        ("79161234545", "+79161234545"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("", None),
        ("abc", None),
        ("12", None),
        ("+0123456789", None),
        ("+7916123454545454545", None),
        ("+7916٣٤٥٤٥٤٥", None),
    ],
)
def test_a_number_is_read_in_any_usual_spelling(written: str, read: str | None) -> None:
    assert phones.parse(written) == read


@pytest.mark.parametrize(("written", "read"), [("8 916 123-45-45", "+79161234545"), ("12", None)])
def test_a_national_number_is_read_where_the_country_is_known(
    settings: Settings, written: str, read: str | None
) -> None:
    settings.PHONENUMBER_DEFAULT_REGION = "RU"
    assert phones.parse(written) == read


def test_a_masked_number_keeps_its_ends() -> None:
    assert phones.mask("+79161234545") == "+79•••••••45"
