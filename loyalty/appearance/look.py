"""A programme's colours as the pages need them: whatever was chosen, text stays readable in light and dark.

The cabinet's stylesheet knows its colours as variables (``static/css/base.css``); here they are reckoned from one or
two that somebody chose. Contrast is that of WCAG 2.2 (``foundation.colours``); where a chosen colour has too little, a
shade of it is taken for text, and that is said.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation import colours
from foundation.colours import BLACK, TEXT, WHITE, Colour
from loyalty.models import Appearance, Picture

#: The house's own colour, where none was chosen: that of ``static/css/base.css``.
HOUSE = "#1d5c4a"
#: Grounds that text in the brand's colour stands on, as ``base.css`` has them: paper, surface, sunk surface.
_LIGHT = tuple(colours.parse(text) for text in ("#fbf9f4", "#ffffff", "#f3efe6"))
_DARK = tuple(colours.parse(text) for text in ("#171a18", "#202422", "#2a2f2c"))
_INK_LIGHT, _INK_DARK = colours.parse("#1f2421"), colours.parse("#eeece5")
_DEEPER = 0.28
_TINT_LIGHT, _TINT_DARK = 0.88, 0.8
_CONTENTS = ("logo__content", "icon__content", "small_icon__content")
_KEPT_SECONDS = 1.0
_known: dict[int, tuple[float, Look]] = {}


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a page names it."""

    digest: str
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """How a programme shows itself, as pages need it. Without anything said: as Regulars does."""

    #: The variables of its colours as a stylesheet, and what changes with it; empty where no colour was chosen.
    stylesheet: str = ""
    version: str = ""
    #: The colour that a phone gives its own bars.
    theme: str = HOUSE
    logo: Image | None = None
    icon: Image | None = None
    small_icon: Image | None = None
    slogan: str = ""
    about: str = ""
    domain: str = ""
    #: Whether guests may look at it.
    public: bool = False


def of(programme_id: int) -> Look:
    """How the programme shows itself. Kept in memory for a second: every page of the cabinet asks, and a change in the
    back office is seen by every process within that second."""
    found = _known.get(programme_id)
    if found is None or found[0] < time.monotonic():
        if found is not None:  # one thread reads anew, the others go on with what is known
            _known[programme_id] = (time.monotonic() + _KEPT_SECONDS, found[1])
        rows = Appearance.objects.select_related("logo", "icon", "small_icon")
        row = rows.defer(*_CONTENTS).filter(programme_id=programme_id).first()
        found = _known[programme_id] = (time.monotonic() + _KEPT_SECONDS, read(row) if row else Look())
    return found[1]


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    _known.clear()


def read(appearance: Appearance) -> Look:
    """The look that an appearance says, saved or not."""
    text = stylesheet(appearance)
    logo, icon, small_icon = map(_image, (appearance.logo, appearance.icon, appearance.small_icon))
    return Look(
        stylesheet=text,
        version=hashlib.sha256(text.encode()).hexdigest()[:12] if text else "",
        theme=appearance.colour or HOUSE,
        logo=logo,
        icon=icon,
        small_icon=small_icon,
        slogan=appearance.slogan,
        about=appearance.about,
        domain=appearance.domain or "",
        public=appearance.public,
    )


def _image(picture: Picture | None) -> Image | None:
    return Image(picture.digest, picture.mime, picture.width, picture.height) if picture else None


def stylesheet(appearance: Appearance) -> str:
    """The variables of the programme's colours, for light and dark; empty where none was chosen."""
    if not appearance.colour:
        return ""
    light, dark = (_rule(tokens) for tokens in (light_tokens(appearance), dark_tokens(appearance)))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def light_tokens(appearance: Appearance) -> Mapping[str, Colour]:
    """Variables and their colours on light ground."""
    brand = _chosen(appearance)
    tint = colours.mix(brand, WHITE, _TINT_LIGHT)
    text = colours.readable(brand, (*_LIGHT, tint), BLACK)
    strong = colours.mix(text, BLACK, _DEEPER)
    return {"brand": text, "brand-strong": strong, "brand-tint": tint, "on-brand": WHITE, **card(appearance)}


def dark_tokens(appearance: Appearance) -> Mapping[str, Colour]:
    """Variables and their colours on dark ground. The card keeps its own."""
    brand = _chosen(appearance)
    tint = colours.mix(brand, _DARK[0], _TINT_DARK)
    text = colours.readable(brand, (*_DARK, tint, BLACK), WHITE)
    strong = colours.mix(text, WHITE, _DEEPER)
    return {"brand": text, "brand-strong": strong, "brand-tint": tint, "on-brand": BLACK}


def card(appearance: Appearance) -> Mapping[str, Colour]:
    """The card's ground from one colour to another, and what is written on it: white or black."""
    begin, end = _chosen(appearance), _end(appearance)
    ink = max((WHITE, BLACK), key=lambda one: colours.least(one, (begin, end)))
    if colours.least(ink, (begin, end)) < TEXT:
        end = begin
        ink = max((WHITE, BLACK), key=lambda one: colours.contrast(one, begin))
    glow = begin if ink == BLACK else colours.mix(begin, WHITE, 0.12)
    if colours.contrast(ink, glow) < TEXT:
        glow = begin
    return {"pass-from": begin, "pass-to": end, "pass-glow": glow, "on-pass": ink}


def cautions(appearance: Appearance) -> Iterator[str]:
    """What is taken instead of the chosen colours, and why: too little contrast."""
    if not appearance.colour:
        return
    brand = _chosen(appearance)
    shade = light_tokens(appearance)["brand"]
    if shade != brand:
        told = _("Text in this colour could not be read on light ground (%(has)s : 1, and %(least)s : 1 is needed):"
                 " links and buttons get its darker shade %(shade)s.")  # fmt: skip
        yield told % (_numbers(colours.least(brand, _LIGHT)) | {"shade": str(shade)})
    shade = dark_tokens(appearance)["brand"]
    if shade != brand:
        told = _("In dark mode links and buttons get its lighter shade %(shade)s.")
        yield told % {"shade": shade}
    ends = (brand, _end(appearance))
    ink = max((WHITE, BLACK), key=lambda one: colours.least(one, ends))
    if colours.least(ink, ends) < TEXT:
        told = _(
            "No text could be read on both colours (%(has)s : 1, and %(least)s : 1 is needed): the card is shown in "
            "the first one alone."
        )
        yield told % _numbers(colours.least(ink, ends))


def _chosen(appearance: Appearance) -> Colour:
    return colours.parse(appearance.colour or HOUSE)


def _end(appearance: Appearance) -> Colour:
    return (
        colours.parse(appearance.accent)
        if appearance.accent
        else colours.mix(_chosen(appearance), BLACK, _DEEPER)
    )


def _numbers(ratio: float) -> dict[str, str]:
    """A contrast as the reader writes numbers, rounded down: what falls short never looks as if it did not."""
    return {"has": number_format(math.floor(ratio * 10) / 10, 1), "least": number_format(TEXT, 1)}


def _rule(tokens: Mapping[str, Colour]) -> str:
    return ":root {" + " ".join(f"--{name}: {colour};" for name, colour in tokens.items()) + "}"
