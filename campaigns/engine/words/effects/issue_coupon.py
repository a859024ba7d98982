"""A coupon of a series for the member."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODE, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.coupons.append(effect["series"])


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("a coupon “{series}”").format(series=voice.name("series", effect.get("series")))


WORD = EffectWord(
    name="issue_coupon",
    schema=closed({"series": CODE}, ("series",)),
    title=gettext_noop("coupon given"),
    main="series",
    say=_say,
    work=_work,
    brings=("thing",),
    for_events=True,
    once=True,
    names={"series": "series"},
)
