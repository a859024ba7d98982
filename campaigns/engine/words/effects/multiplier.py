"""Multiplies what other campaigns gave on the same receipt or lines."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.effects import compile_booster
from campaigns.engine.marks import gettext_noop
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import FACTOR, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    work.booster = compile_booster(effect, work.unit)


def _judge(_: Fields, path: str, asked: Questions) -> Iterator[Problem]:
    """It does nothing beside it; told at the first one."""
    kinds = [effect["effect"] for effect in asked.what]
    if len(kinds) > 1 and path == f"what[{kinds.index('multiplier')}]":
        yield Problem(path, "multiplier_alone")


def _say(effect: Fields, voice: Voice) -> str:
    match voice.number(effect.get("by")):
        case "2":
            return voice.gettext("double points")
        case "3":
            return voice.gettext("triple points")
    return voice.gettext("{by} times the points").format(by=voice.number(effect.get("by")))


WORD = EffectWord(
    name="multiplier",
    schema=closed({"by": FACTOR}, ("by",)),
    title=gettext_noop("points of others times"),
    main="by",
    say=_say,
    work=_work,
    judge=_judge,
    brings=("points",),
    reasons={
        "multiplier": gettext_noop("{by} times the {of} points of other campaigns: {more} × {of} more"),
        "nothing_to_multiply": gettext_noop("no points to multiply"),
    },
)
