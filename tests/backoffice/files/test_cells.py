"""Cells of files: what people type is read, what can be two things is refused, and nothing goes out as a formula."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backoffice.files import cells


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0.59", "0.59"), ("0,59", "0.59"), ("1 234,50", "1234.50"), ("1\u00a0234,50", "1234.50"),
        ("1\u202f234,5", "1234.5"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1.234.567", "1234567"),
        ("-5", "-5"), ("+5", "5"), (7, "7"), (0.1, "0.1"), ("1234567,8", "1234567.8"),
    ],
)  # fmt: skip
def test_numbers_are_read_with_either_sign_and_blanks(typed: Any, read: str) -> None:
    assert cells.read_number(typed) == Decimal(read)


@pytest.mark.parametrize(
    "typed", ["1e3", "1_0", "５", "1.2.3,4", "12,34.5", "abc", "1,23,45", "--5", "NaN", "Infinity"]
)
def test_what_is_no_number_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 1234\.50"):
        cells.read_number(typed)


@pytest.mark.parametrize(
    "typed", ["1990-04-03", "03.04.1990", "3.4.1990", "1990-04-03 00:00:00", date(1990, 4, 3)]
)
def test_days_are_read_as_they_are_written_in_both_languages(typed: Any) -> None:
    assert cells.read_date(typed) == date(1990, 4, 3)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("03/04/1990", "can be two days"),
        ("1990-02-30", "no such day"),
        ("April 3", "write it like"),
        ("1990", "like"),
    ],
)
def test_a_day_that_can_be_two_days_or_none_is_refused(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        cells.read_date(typed)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "-2+3", "=HYPERLINK(A1)"])
def test_a_formula_goes_out_harmless_and_comes_back_as_it_was(text: str) -> None:
    out = cells.TextCell().render(text)
    assert out == f"'{text}"
    assert cells.TextCell().clean(out) == text.strip() or text.startswith("\t")


@pytest.mark.parametrize("text", ["+79161112233", "-5", "-1 234,50", "Anna", "2000000000015"])
def test_numbers_and_phones_go_out_as_they_are(text: str) -> None:
    assert cells.TextCell().render(text) == text
