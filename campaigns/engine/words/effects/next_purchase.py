"""A percent of the member's next purchase within so many days, as points."""

from __future__ import annotations

from campaigns.engine.case import plain
from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.promises import Promise
from campaigns.engine.shapes import PERCENT, closed, whole
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    percent = effect["percent"]
    work.promise = Promise(plain(percent), effect["days"], work.unit.share(percent))


def _wish(_: Fields, needs: Needs) -> None:
    needs.promises = True


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("{percent} of their next purchase within {days}, in points").format(
        percent=voice.percent(effect.get("percent")), days=voice.days(effect.get("days"))
    )


WORD = EffectWord(
    name="next_purchase",
    schema=closed({"percent": PERCENT, "days": whole("days_from_1", 1, 3660)}, ("percent", "days")),
    title=gettext_noop("percent of the next purchase"),
    main="percent",
    say=_say,
    work=_work,
    needs=_wish,
    brings=("later",),
    for_events=True,
    single=True,
    facts=("promised",),
    reasons={"promised": gettext_noop("{percent}% of {of}, as an earlier purchase promised")},
)
