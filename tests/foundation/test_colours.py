"""Contrast as WCAG reckons it, and shades that can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import colours
from foundation.colours import BLACK, TEXT, WHITE, Colour

ANY = st.builds(Colour, *[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#1d5c4a", "#1d5c4a", 1),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(colours.parse(one), colours.parse(other)) == pytest.approx(ratio, abs=0.01)


@given(ANY)
def test_any_colour_has_a_shade_that_can_be_read_on_white_and_one_on_black(colour: Colour) -> None:
    assert colours.contrast(colours.readable(colour, [WHITE], BLACK), WHITE) >= TEXT
    assert colours.contrast(colours.readable(colour, [BLACK], WHITE), BLACK) >= TEXT
    if colours.contrast(colour, WHITE) >= TEXT:
        assert colours.readable(colour, [WHITE], BLACK) == colour


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "1d5c4a", "#1d5c4a;}"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        colours.parse(text)
