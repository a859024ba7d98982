"""Of every so many matching pieces the cheapest are free, or ``percent`` off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from campaigns.engine.case import Case, plain
from campaigns.engine.discounts import Cut, off_pieces
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.pieces import cheapest, count
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import PERCENT, closed, whole
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    every, free = effect["every"], effect.get("free", 1)
    percent = Decimal(effect.get("percent", 100)).as_integer_ratio()
    words = {"every": str(every), "free": str(free), "percent": plain(effect.get("percent", "100"))}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        pieces = count(case, lines, left)
        if pieces < every:
            return "pieces_short", {**words, "pieces": str(pieces), "missing": str(every - pieces)}
        chosen = cheapest(case, lines, left, pieces // every * free)
        return off_pieces(case, chosen, left, percent, "cheapest_free", words)

    work.discounts.append(take)
    work.by_piece = True


def _judge(effect: Fields, path: str, _: Questions) -> Iterator[Problem]:
    if effect.get("free", 1) >= effect["every"]:
        yield Problem(f"{path}.free", "all_free")


def _say(effect: Fields, voice: Voice) -> str:
    free, every = effect.get("free", 1), effect.get("every")
    text = voice.ngettext(
        "the cheapest {free} of every {every} pieces",
        "the cheapest {free} of every {every} pieces",
        voice.count(free),
    ).format(free=voice.number(free), every=voice.number(every))
    off = voice.number(effect.get("percent", 100))
    if off == "100":
        return voice.gettext("{what} free").format(what=text)
    return voice.gettext("{what} with {off}% off").format(what=text, off=off)


WORD = EffectWord(
    name="cheapest_free",
    schema=closed(
        {"every": whole("whole_from_2", 2, 1000), "free": whole("whole_from_1", 1, 999), "percent": PERCENT},
        ("every",),
    ),
    title=gettext_noop("the cheapest is free"),
    say=_say,
    work=_work,
    judge=_judge,
    brings=("money",),
    reasons={
        "cheapest_free": gettext_noop("of every {every} the cheapest {free} for nothing"),
        "pieces_short": gettext_noop("from {every} pieces on, missing: {missing}"),
    },
    choices={
        "cheapest_free": (
            ("percent=100", gettext_noop("of every {every} the cheapest {free} for nothing")),
            ("percent", gettext_noop("of every {every} the cheapest {free} at {percent}% off")),
        ),
    },
)
