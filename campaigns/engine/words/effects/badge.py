"""A badge for the member."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODE, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.badges.append(effect["code"])


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("the badge “{badge}”").format(badge=voice.name("badges", effect.get("code")))


WORD = EffectWord(
    name="badge",
    schema=closed({"code": CODE}, ("code",)),
    title=gettext_noop("badge"),
    main="code",
    say=_say,
    work=_work,
    brings=("thing",),
    for_events=True,
    once=True,
)
