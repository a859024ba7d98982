"""So many points, once."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.effects import Effect, Given
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import POINTS, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.effects.append(_give(effect, work))


def _give(effect: Fields, work: Work) -> Effect:
    units, whole = work.unit.units(effect["points"]), work.whole
    words = {"points": plain(effect["points"])}
    given = Given(units, "fixed", words, whole) if units else None

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        return Given(units, "fixed", {**words, "of": cents_text(cents)})

    return (lambda case, lines, cents: given) if whole or given is None else give


def _say(effect: Fields, voice: Voice) -> str:
    return voice.points(effect.get("points"))


WORD = EffectWord(
    name="points_fixed",
    schema=closed({"points": POINTS}, ("points",)),
    title=gettext_noop("points"),
    main="points",
    say=_say,
    work=_work,
    brings=("points",),
    for_events=True,
    reasons={"fixed": gettext_noop("{points} points")},
)
