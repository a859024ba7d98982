"""Photos that people send: checked, and made anew, so that nothing of the file they sent is kept.

What comes out is a JPEG of bounded size, turned as the camera held it, without its notes (place, day, camera).
"""

from __future__ import annotations

import io
import warnings

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from foundation.text_files import FileFault

#: Bytes of a file that is looked at at all, points of its picture, and the longer side of what is kept.
MOST_BYTES, MOST_POINTS, SIDE = 10 * 2**20, 50_000_000, 1600
#: What is taken; a field of a form names them so.
TYPES = "image/jpeg,image/png,image/webp"
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82


def remake(content: bytes) -> bytes:
    """The picture of a file as a JPEG. Raises ``FileFault`` for a file that is too large or is no picture.

    The size that a file claims is looked at before anything is unpacked.
    """
    if len(content) > MOST_BYTES:
        raise FileFault(_("The photo is too large: at most %(most)s MB.") % {"most": MOST_BYTES // 2**20})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_POINTS:
                    raise FileFault(_("The photo has too many points: make it smaller."))
                return _drawn(picture)
    except FileFault:
        raise
    except Exception as error:  # decoders raise whatever a broken file makes of them
        raise FileFault(_("This is no photo that can be read: send a JPEG, PNG or WebP.")) from error


def _drawn(picture: Image.Image) -> bytes:
    picture.draft("RGB", (SIDE, SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((SIDE, SIDE))
    if "A" in upright.getbands() or "transparency" in upright.info:
        over = upright.convert("RGBA")
        upright = Image.new("RGB", over.size, "white")
        upright.paste(over, mask=over.getchannel("A"))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright.convert("RGB"))
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()
