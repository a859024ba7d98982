"""Colours, and whether text in one can be read on another: contrast as WCAG 2.2 reckons it.

The formulas are those of https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

#: The least contrast of text (success criterion 1.4.3, level AA).
TEXT = 4.5
#: The least contrast of what is drawn (success criterion 1.4.11).
GRAPHICS = 3.0
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 100


class Colour(NamedTuple):
    """Red, green and blue, from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)


def parse(text: str) -> Colour:
    """A colour written as ``#1d5c4a``. Raises ``ValueError``."""
    if not _HEX.fullmatch(text):
        raise ValueError(text)
    return Colour(*(int(text[place : place + 2], 16) for place in (1, 3, 5)))


def luminance(colour: Colour) -> float:
    """How bright it is, from 0 (black) to 1 (white)."""
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two; ``share`` is how much of the other is in it, from 0 to 1."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def least(colour: Colour, others: Iterable[Colour]) -> float:
    """The least contrast with any of several."""
    return min(contrast(colour, other) for other in others)


def readable(colour: Colour, on: Iterable[Colour], towards: Colour, ratio: float = TEXT) -> Colour:
    """The shade nearest to a colour, on the way ``towards`` black or white, that can be read on all of several."""
    grounds = tuple(on)
    for step in range(_STEPS + 1):
        shade = mix(colour, towards, step / _STEPS)
        if least(shade, grounds) >= ratio:
            break
    return shade
