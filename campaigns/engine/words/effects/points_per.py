"""So many points for each whole ``per`` of the amount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.effects import Given
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import POINTS, closed, positive
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    points, per = work.unit.units(effect["points"]), Decimal(effect["per"]) * 100
    top, bottom = per.as_integer_ratio()
    words = {"points": plain(effect["points"]), "per": plain(effect["per"])}

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        units = cents * bottom // top * points
        return Given(units, "per", {**words, "of": cents_text(cents)}) if units else None

    work.effects.append(give)


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("{points} for every {amount}").format(
        points=voice.points(effect.get("points")), amount=voice.money(effect.get("per"))
    )


WORD = EffectWord(
    name="points_per",
    schema=closed({"points": POINTS, "per": positive("money")}, ("points", "per")),
    title=gettext_noop("points for each amount"),
    main="points",
    say=_say,
    work=_work,
    brings=("points",),
    for_events=True,
    reasons={"per": gettext_noop("{points} points for every {per} of {of}")},
)
