"""Pictures that people bring: looked at, turned upright, made as small as they are shown, and written anew.

What comes out was made here from the pixels alone: no place and time of a photo, no hidden part of a file, no other
format in disguise. What is not one of the known formats, too large or broken is refused.
"""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from foundation.colours import BLACK, GRAPHICS, WHITE, Colour, contrast
from foundation.refusals import Fault, Invalid

#: What is read, whatever the file's name says.
FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 8_000_000
#: More than any camera of a phone makes; a small file may claim to be larger than a machine's memory.
MOST_PIXELS = 50_000_000
_QUALITY = 82


class Drawn(NamedTuple):
    """A picture that was made here."""

    content: bytes
    mime: str
    width: int
    height: int


def read(content: bytes, field: str, side: int | None = None, most_bytes: int = MOST_BYTES) -> Image.Image:
    """The picture in a file, upright, in RGB or RGBA. Raises ``Invalid`` for the ``field`` that brought it.

    Who needs no more than so many pixels a ``side`` may get fewer than there are: it takes less memory.
    """
    if len(content) > most_bytes:
        told = _("The picture is larger than %(size)s MB: choose a smaller one.")
        raise _refuse(field, "too_large", told % {"size": most_bytes // 1_000_000})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            found = Image.open(io.BytesIO(content), formats=FORMATS)
            if found.width * found.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            if side is not None:
                found.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(found)
            return upright.convert(
                "RGBA" if "A" in upright.getbands() or "transparency" in found.info else "RGB"
            )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refuse(
            field, "too_many", _("The picture has too many pixels: choose a smaller one.")
        ) from error
    except Exception as error:  # decoders raise whatever a broken file makes of them
        told = _("This is no picture that can be read: choose a PNG, JPEG or WebP file.")
        raise _refuse(field, "no_picture", told) from error


def photo(picture: Image.Image, width: int, height: int) -> Drawn:
    """The picture within so many pixels, as a JPEG; what is transparent becomes white."""
    fitted = _fit(picture, width, height)
    if fitted.mode == "RGBA":
        ground = Image.new("RGB", fitted.size, "white")
        ground.paste(fitted, mask=fitted.getchannel("A"))
        fitted = ground
    return _write(fitted, "JPEG", quality=_QUALITY, optimize=True, progressive=True)


def mark(picture: Image.Image, width: int, height: int) -> Drawn:
    """A logo within so many pixels, as a PNG that stays transparent."""
    return _write(_fit(picture, width, height), "PNG", optimize=True)


def tile(picture: Image.Image, size: int, ground: Colour) -> Drawn:
    """A square with the picture in its middle, as a PNG: a circle cut out of it still holds the picture."""
    inner = _fit(picture, round(size * 0.56), round(size * 0.56), enlarge=True).convert("RGBA")
    square = Image.new("RGB", (size, size), ground)
    square.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2), inner.getchannel("A"))
    return _write(square, "PNG", optimize=True)


def ground_for(picture: Image.Image, wanted: Colour) -> Colour:
    """The wanted ground, or white or black where the picture's mean colour would hardly be seen on it."""
    seen = picture.convert("RGBA").resize((32, 32))
    weights = list(seen.getchannel("A").getdata())
    if min(weights) == 255:  # it brings a ground of its own: that of its corner
        corner = picture.convert("RGB").resize((1, 1), box=(0, 0, 1, 1)).tobytes()
        return Colour(*corner)
    total = sum(weights) or 1
    parts = (sum(v * w for v, w in zip(seen.getchannel(c).getdata(), weights, strict=True)) for c in "RGB")
    mean = Colour(*(round(part / total) for part in parts))
    return max((wanted, WHITE, BLACK), key=lambda ground: min(contrast(mean, ground), GRAPHICS))


def _fit(picture: Image.Image, width: int, height: int, enlarge: bool = False) -> Image.Image:
    scale = min(width / picture.width, height / picture.height)
    if scale >= 1 and not enlarge:
        return picture
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _write(picture: Image.Image, kind: str, **options: int | bool) -> Drawn:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return Drawn(content.getvalue(), f"image/{kind.lower()}", picture.width, picture.height)


def _refuse(field: str, code: str, detail: str) -> Invalid:
    return Invalid(Fault(field, code, detail))
