"""Pictures of a programme's pages: kept once, whoever shows them."""

from __future__ import annotations

import hashlib

from foundation import colours, pictures
from foundation.pictures import Drawn
from loyalty.appearance import look
from loyalty.models import Appearance, Picture

#: Pixels of a picture on a landing page: as large as social networks show a shared link.
WIDE, HIGH = 1200, 630
#: Pixels of a logo, and of the icons of an installed cabinet.
LOGO, ICONS = (640, 240), (512, 192)


def keep(drawn: Drawn) -> Picture:
    """The picture as it is kept; the same content is kept once."""
    kept, _made = Picture.objects.get_or_create(
        digest=hashlib.sha256(drawn.content).hexdigest(),
        defaults={
            "mime": drawn.mime,
            "width": drawn.width,
            "height": drawn.height,
            "content": drawn.content,
        },
    )
    return kept


def keep_photo(content: bytes, field: str) -> Picture:
    """A picture for a landing page, of a file that came by a ``field``. Raises ``Invalid``."""
    return keep(pictures.photo(pictures.read(content, field), WIDE, HIGH))


def put_logo(appearance: Appearance, content: bytes, field: str) -> None:
    """Set the logo, and the icons made of it, of a file that came by a ``field``. Does not save. Raises ``Invalid``."""
    appearance.logo = keep(pictures.mark(pictures.read(content, field), *LOGO))
    put_icons(appearance)


def put_icons(appearance: Appearance) -> None:
    """Make the icons anew, of the logo on the programme's colour, or on white where it would hardly be seen there.
    Does not save."""
    if appearance.logo is None:
        appearance.icon = appearance.small_icon = None
        return
    logo = pictures.read(bytes(appearance.logo.content), "logo")
    ground = pictures.ground_for(logo, colours.parse(appearance.colour or look.HOUSE))
    large, small = (keep(pictures.tile(logo, size, ground)) for size in ICONS)
    appearance.icon, appearance.small_icon = large, small
