"""Codes as pictures: every module where the standard wants it, and SVG that can be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from barcode import Code128

from rewards import pictures

#: ISO/IEC 15417: the pattern that ends every symbol.
STOP = "1100011101011"
QUIET = "0" * 10


def modules(svg: str) -> str:
    """The dark and light modules that a barcode's picture shows."""
    width = int(ElementTree.fromstring(svg).attrib["viewBox"].split()[2])
    row = ["0"] * width
    for start, size in re.findall(r"M(\d+) 0h(\d+)v", svg.rpartition("<path")[2]):
        row[int(start) : int(start) + int(size)] = "1" * int(size)
    return "".join(row)


@pytest.mark.parametrize("code", ["WELCOME10", "SUN7K2M9XQ4BBBC", "1234567890", "CS00001"])
def test_a_barcode_shows_the_modules_of_its_code_between_quiet_zones(code: str) -> None:
    shown = modules(str(pictures.barcode(code)))
    assert shown == QUIET + Code128(code).build()[0] + QUIET
    assert shown.rstrip("0").endswith(STOP)


def test_what_code_128_has_no_characters_for_has_a_qr_code_alone() -> None:
    assert pictures.barcode("СКИДКА10") is None
    assert ElementTree.fromstring(pictures.qr("СКИДКА10")).attrib["viewBox"]


def test_different_codes_look_different() -> None:
    assert pictures.qr("AAA1") != pictures.qr("AAA2")
    assert pictures.barcode("AAA1") != pictures.barcode("AAA2")
