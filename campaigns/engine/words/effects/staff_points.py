"""Points for the cashier who sells."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import PERCENT, POINTS, closed
from campaigns.engine.words import shared
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.shares.append(shared.share_of(effect, "cashier", work.unit))


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("The cashier gets {gives}.").format(gives=shared.say(effect, voice))


WORD = EffectWord(
    name="staff_points",
    schema=closed({"points": POINTS, "percent": PERCENT}),
    title=gettext_noop("for the cashier"),
    say=_say,
    work=_work,
    judge=shared.judge,
    brings=("shared",),
    for_events=True,
    apart=True,
    facts=("cashier",),
    reasons={"no_cashier": gettext_noop("for the cashier, and none is named")},
)
