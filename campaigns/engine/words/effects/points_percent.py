"""A percent of the amount of the receipt or lines, in points: 5% of 100.00 is 5 points."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.effects import Given
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import PERCENT, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    share, percent = work.unit.share(effect["percent"]), plain(effect["percent"])

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        units = share(cents)
        return Given(units, "percent", {"percent": percent, "of": cents_text(cents)}) if units else None

    work.effects.append(give)


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("{percent} back in points").format(percent=voice.percent(effect.get("percent")))


WORD = EffectWord(
    name="points_percent",
    schema=closed({"percent": PERCENT}, ("percent",)),
    title=gettext_noop("percent of points"),
    main="percent",
    say=_say,
    work=_work,
    brings=("points",),
    for_events=True,
    reasons={"percent": gettext_noop("{percent}% of {of}")},
)
