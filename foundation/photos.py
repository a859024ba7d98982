"""Photos that people send: checked, and made anew, so that nothing of the file they sent is kept.

What comes out is a JPEG of bounded size, turned as the camera held it, without its notes (place, day, camera):
``foundation.pictures`` looks at it and draws it.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from foundation import pictures
from foundation.refusals import Invalid
from foundation.text_files import FileFault

#: Bytes of a file that is looked at at all, and the longer side of what is kept.
MOST_BYTES, SIDE = 10 * 2**20, 1600
#: What is taken; a field of a form names them so.
TYPES = "image/jpeg,image/png,image/webp"


def remake(content: bytes) -> bytes:
    """The picture of a file as a JPEG. Raises ``FileFault`` for a file that is too large or is no picture.

    The size that a file claims is looked at before anything is unpacked.
    """
    try:
        return pictures.photo(pictures.read(content, "", SIDE, MOST_BYTES), SIDE, SIDE).content
    except Invalid as refusal:
        told = {
            "too_large": _("The photo is too large: at most %(most)s MB.") % {"most": MOST_BYTES // 2**20},
            "too_many": _("The photo has too many points: make it smaller."),
        }
        wrong = _("This is no photo that can be read: send a JPEG, PNG or WebP.")
        raise FileFault(told.get(refusal.faults[0].code, wrong)) from refusal
