"""Phone numbers as people write them."""

from __future__ import annotations

import pytest

from members.lookup import phones


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


@pytest.mark.parametrize(
    ("written", "country", "read"),
    [
        ("8 916 123-45-45", "RU", "+79161234545"),
        ("916 123-45-45", "RU", "+79161234545"),
        ("79161234545", "RU", "+79161234545"),
        ("203-555-0113", "US", "+12035550113"),
        ("(203) 555-0113", "US", "+12035550113"),
        ("1 203 555 0113", "US", "+12035550113"),
        ("011 7 916 123 45 45", "US", "+79161234545"),
        ("0171/1234567", "DE", "+491711234567"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("7 916 123 45 45", "US", "+79161234545"),  # no number of the country, so one of abroad
        ("+7 916 123 45 45", "US", "+79161234545"),
        ("12", "RU", None),
    ],
)
def test_a_number_is_tried_as_one_of_the_country_first(written: str, country: str, read: str | None) -> None:
    assert phones.parse(written, country) == read
    assert read is None or phones.spellings(written, country)[0] == read


@pytest.mark.parametrize(
    "written",
    ["+7 916 123 45 4", "+7 916 123 45 45 6", "+1 203 555 01", "+999 123 456 789", "+8 916 123 45 45"],
)
@pytest.mark.parametrize("country", ["", "RU", "US"])
def test_a_plus_does_not_make_a_number(written: str, country: str) -> None:
    assert phones.parse(written, country) is None


@pytest.mark.parametrize("country", ["RU", "KZ"])
@pytest.mark.parametrize(
    ("written", "meant"), [("+8 495 123-45-67", "+74951234567"), ("+89161234545", "+79161234545")]
)
def test_plus_8_is_asked_back_where_8_is_dialled_at_home(country: str, written: str, meant: str) -> None:
    assert phones.read(written, country) == phones.Phone(None, meant)


def test_a_number_of_asia_is_taken_where_nobody_dials_8_or_as_it_is_dialled() -> None:
    assert phones.parse("+8 495 123-45-67", "US") == "+84951234567"
    assert phones.parse("0084 95 123 45 67", "RU") == "+84951234567"
    assert (
        phones.parse("+84 95 123 456 78", "RU") is None
    )  # eleven digits after 8: no trunk prefix, no number


def test_what_was_kept_before_numbers_were_checked_can_still_be_looked_up() -> None:
    assert phones.spellings("+7 916 123 45 4", "RU") == ("+7916123454",)
    assert phones.spellings("9161234545", "RU") == ("+79161234545", "+9161234545")
    assert phones.spellings("203-555-0113", "US") == ("+12035550113",)  # else it were somebody's in Egypt


@pytest.mark.parametrize(
    ("number", "country"),
    [("+79161234545", "RU"), ("+77012345678", "KZ"), ("+12035550113", "US"), ("+99", ""), ("x", "")],
)
def test_the_country_of_a_number_is_told(number: str, country: str) -> None:
    assert phones.country_of(number) == country


def test_a_masked_number_keeps_its_ends() -> None:
    assert phones.mask("+79161234545") == "+79•••••••45"
