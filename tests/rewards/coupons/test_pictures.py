"""Codes as pictures: every module where the standard wants it, and SVG that can be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import zxingcpp
from barcode import Code128

from rewards.coupons import pictures

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


def photograph(code: str) -> np.ndarray:
    """The symbol as a camera sees it: dark on light, with its quiet zone, some dots for each module."""
    dots = np.array(
        [list(row) for row in pictures.symbol(code).matrix_iter(scale=6, border=4)], dtype=np.uint8
    )
    return np.where(dots == 1, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "code", ["WELCOME10", "1234567890", "СКИДКА10", "ЁЛКА2026ЩЪЫЬЭЮЯ", "ПРИВЕТ", "ABCЖ1", "ЖЖЖ"]
)
def test_two_readers_read_a_qr_code_back_letter_by_letter_cyrillic_ones_too(code: str) -> None:
    picture = photograph(code)
    [read] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    assert (read.text, bytes(read.bytes).decode("utf-8")) == (code, code)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == code
