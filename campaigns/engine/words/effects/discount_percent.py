"""A percent off the receipt or its lines."""

from __future__ import annotations

from campaigns.engine.case import plain
from campaigns.engine.discounts import share
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import PERCENT, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    percent = effect["percent"]
    words = {"percent": plain(percent)}
    work.discounts.append(lambda case, lines, left: share(lines, left, percent, "off_percent", words))


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("a discount of {discount}").format(discount=voice.percent(effect.get("percent")))


WORD = EffectWord(
    name="discount_percent",
    schema=closed({"percent": PERCENT}, ("percent",)),
    title=gettext_noop("discount in percent"),
    main="percent",
    say=_say,
    work=_work,
    brings=("money",),
    reasons={"off_percent": gettext_noop("{percent}% off {of}")},
)
