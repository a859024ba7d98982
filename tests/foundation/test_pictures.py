"""Pictures that people bring are looked at and drawn anew."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from foundation import pictures
from foundation.colours import BLACK, WHITE, Colour
from foundation.refusals import Invalid


def draw(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    content = io.BytesIO()
    Image.new(mode, size, "red").save(content, kind, **options)  # type: ignore[arg-type]
    return content.getvalue()


def test_a_photo_is_turned_upright_and_loses_what_it_says_of_where_it_was_made() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010E] = "taken at home"
    drawn = pictures.photo(pictures.read(draw("JPEG", exif=exif), "picture"), 1200, 630)

    assert (drawn.width, drawn.height, drawn.mime) == (20, 40, "image/jpeg")
    assert not Image.open(io.BytesIO(drawn.content)).getexif()
    assert b"taken at home" not in drawn.content


def test_a_large_picture_is_made_to_fit_and_a_logo_stays_transparent() -> None:
    drawn = pictures.photo(pictures.read(draw(size=(3000, 1000)), "picture"), 1200, 630)
    assert (drawn.width, drawn.height) == (1200, 400)
    logo = pictures.mark(pictures.read(draw(mode="RGBA"), "logo"), 640, 240)
    assert Image.open(io.BytesIO(logo.content)).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", draw()[:60], draw("BMP"), draw("TIFF"),
     b"\x89PNG\r\n\x1a\n" + b"\0" * 100],
)  # fmt: skip
def test_what_is_no_picture_of_a_known_kind_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="PNG, JPEG or WebP"):
        pictures.read(content, "logo")


def test_a_small_file_that_claims_to_be_enormous_is_refused_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)
    with pytest.raises(Invalid, match="too many pixels"):
        pictures.read(bomb, "logo")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than"):
        pictures.read(draw(), "logo", most_bytes=50)


def test_an_icon_has_a_ground_on_which_the_logo_is_seen() -> None:
    red = pictures.read(draw(mode="RGBA"), "logo")
    assert pictures.ground_for(red.convert("RGB").convert("RGBA"), WHITE) == Colour(
        255, 0, 0
    )  # it brings its own
    hollow = red.copy()
    hollow.putpixel((0, 0), (0, 0, 0, 0))
    seen = hollow.resize((64, 64))
    assert pictures.ground_for(seen, Colour(250, 10, 10)) in (WHITE, BLACK)
    tile = pictures.tile(red, 192, WHITE)
    assert (tile.width, tile.height) == (192, 192)
