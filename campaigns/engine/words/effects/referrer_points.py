"""Points for the member who brought the shopper."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import PERCENT, POINTS, closed
from campaigns.engine.words import shared
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.shares.append(shared.share_of(effect, "referrer", work.unit))


def _wish(_: Fields, needs: Needs) -> None:
    needs.referrer = True


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("The friend who brought the member gets {gives}.").format(
        gives=shared.say(effect, voice)
    )


WORD = EffectWord(
    name="referrer_points",
    schema=closed({"points": POINTS, "percent": PERCENT}),
    title=gettext_noop("for whoever recommended"),
    say=_say,
    work=_work,
    needs=_wish,
    judge=shared.judge,
    brings=("shared",),
    for_events=True,
    apart=True,
    facts=("referred",),
    reasons={"not_referred": gettext_noop("for whoever brought the member, and nobody did")},
)
