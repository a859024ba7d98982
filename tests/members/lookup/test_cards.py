"""Card numbers as people type them and as spreadsheets spoil them."""

from __future__ import annotations

import pytest

from members.lookup import cards
from members.lookup.cards import Rule

EAN = Rule("plastic", (13,), "ean")
BANK = Rule("bank", (16,), "luhn")
SHORT = Rule("old", (8,))


@pytest.mark.parametrize(
    "written",
    [
        "2000000000015",
        "2000 0000 0001 5",
        "2-000000-000015",
        " 2000\u00a00000\u201100015\t",
        "2000–000000015",
    ],
)
def test_groups_blanks_and_dashes_are_no_part_of_a_number(written: str) -> None:
    assert cards.spellings(written, ())[0] == "2000000000015"


def test_zeros_that_a_spreadsheet_took_are_recognised_where_the_card_fits() -> None:
    assert "0000012345670" in cards.spellings("12345670", (EAN,))
    assert "0000012345671" not in cards.spellings("12345671", (EAN,))  # a wrong check digit is another card
    assert "00001234" in cards.spellings("1234", (SHORT,))
    assert "12345670" in cards.spellings("0000012345670", ())  # a table of cards had lost them before


def test_letters_are_the_same_in_any_case() -> None:
    assert cards.spellings("ab-12", ()) == ("AB12", "ab-12", "ab12")


def test_what_is_no_number_is_none() -> None:
    assert (
        cards.spellings("", (EAN,))
        == cards.spellings(" - ", (EAN,))
        == cards.spellings("1" * 65, (EAN,))
        == ()
    )


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("4012888888881881", True),
        ("4012888888881882", False),
        ("401288888888188", False),
        ("40128888888818x1", False),
    ],
)
def test_luhns_digit_is_checked(number: str, fits: bool) -> None:
    assert BANK.fits(number) is fits


@pytest.mark.parametrize(
    ("number", "fits"), [("2000000000015", True), ("2000000000016", False), ("96385074", False)]
)
def test_the_digit_of_barcodes_is_checked(number: str, fits: bool) -> None:
    assert EAN.fits(number) is fits


def test_a_text_may_be_a_card_unless_every_type_says_no() -> None:
    assert cards.may_be_one("555", (EAN, Rule("virtual", ())))
    assert not cards.may_be_one("555", (EAN, BANK))
    assert cards.may_be_one("555", ())
