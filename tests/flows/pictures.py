"""Videos for a browser's fake camera: a code on a sheet, held a little askew, as uncompressed Y4M."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
DARK, LIGHT, NOISE = 55, 205, 14

#: Whether a place of the code is dark; measured in modules from its upper left corner.
Code = Callable[[float, float], bool]

_LEFT = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


def ean13(digits: str) -> str:
    """The 95 modules of an EAN-13, ``1`` for dark (GS1 General Specifications, 5.2)."""
    right = [pattern.translate(str.maketrans("01", "10")) for pattern in _LEFT]
    sides = {"L": _LEFT, "G": [pattern[::-1] for pattern in right]}
    first, left, last = int(digits[0]), digits[1:7], digits[7:]
    half = "".join(sides[kind][int(digit)] for kind, digit in zip(_PARITY[first], left, strict=True))
    return "101" + half + "01010" + "".join(right[int(digit)] for digit in last) + "101"


def film_barcode(path: Path, digits: str) -> Path:
    """A video of an EAN-13."""
    modules, height = ean13(digits), 60
    return _film(path, lambda x, y: 0 <= y < height and modules[int(x)] == "1", len(modules), height, 4.2, 4)


def film_qr(path: Path, text: str) -> Path:
    """A video of a QR code."""
    rows: Sequence[Sequence[int]] = [list(row) for row in segno.make_qr(text).matrix]
    return _film(path, lambda x, y: bool(rows[int(y)][int(x)]), len(rows), len(rows), 9, 11)


def film_nothing(path: Path) -> Path:
    """A video of an empty sheet."""
    return _film(path, lambda x, y: False, 1, 1, 1, 0)


def _film(path: Path, code: Code, wide: int, high: int, scale: float, tilt: float) -> Path:
    """Write a short video; it begins again when it is over."""
    turn = math.radians(tilt)
    cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
    chance = random.Random(1)
    shades = bytearray()
    for row in range(HEIGHT):
        for column in range(WIDTH):
            right, down = column - WIDTH / 2, row - HEIGHT / 2
            x, y = right * cos + down * sin + wide / 2, down * cos - right * sin + high / 2
            dark = 0 <= x < wide and 0 <= y < high and code(x, y)
            shades.append((DARK if dark else LIGHT) + chance.randint(-NOISE, NOISE))
    frame = b"FRAME\n" + bytes(shades) + bytes([128]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + frame * 3)
    return path
