"""Counts receipts or pieces; every ``goal`` of them are rewarded with points, free pieces or a percent off."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.discounts import off_card
from campaigns.engine.marks import gettext_noop
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import PERCENT, POINTS, closed, whole
from campaigns.engine.stamps import StampCard, points_of
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import Brings, EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    per_piece = effect.get("per", "receipt") == "piece"
    card = work.card = StampCard(effect["goal"], per_piece, work.scope, effect["reward"])
    work.by_piece = True
    if "points" in card.reward:
        work.effects.append(points_of(card, work.campaign_id, work.unit))
    else:
        work.discounts.append(off_card(card, work.campaign_id))


def _brought(effect: Fields) -> Brings:
    return "points" if "points" in (effect.get("reward") or {}) else "money"


def _judge(effect: Fields, path: str, _: Questions) -> Iterator[Problem]:
    if len(effect["reward"]) != 1:
        yield Problem(f"{path}.reward", "exactly_one", {"names": "points, free and percent"})


def _say(effect: Fields, voice: Voice) -> str:
    reward = effect.get("reward") or {}
    if "points" in reward:
        gives = voice.points(reward["points"])
    elif "free" in reward:
        gives = voice.gettext("{pieces} free").format(pieces=voice.pieces(reward["free"]))
    else:
        gives = voice.gettext("a discount of {discount}").format(
            discount=voice.percent(reward.get("percent"))
        )
    if effect.get("per") == "piece":
        text = voice.gettext("a stamp for every piece, and for {goal} stamps {gives}")
    else:
        text = voice.gettext("a stamp for every receipt, and for {goal} stamps {gives}")
    return text.format(goal=voice.number(effect.get("goal")), gives=gives)


WORD = EffectWord(
    name="stamp",
    schema=closed(
        {
            "goal": whole("whole_from_2", 2, 1000),
            "per": {"enum": ["receipt", "piece"]},
            "reward": closed({"points": POINTS, "free": whole("whole_from_1", 1, 1000), "percent": PERCENT}),
        },
        ("goal", "reward"),
    ),
    title=gettext_noop("stamps"),
    say=_say,
    work=_work,
    judge=_judge,
    brings=("points", "money"),
    choose=_brought,
    single=True,
    counts=True,
    last=True,
    facts=("counted",),
    reasons={
        "stamps": gettext_noop("{points} points for each full card of {goal} stamps, cards: {rounds}"),
        "stamps_free": gettext_noop("a full card of {goal} stamps, free pieces: {pieces}"),
        "stamps_percent": gettext_noop("{percent}% off {of}, for a full card of {goal} stamps"),
        "stamp_collected": gettext_noop("stamps: {value} of {goal}"),
    },
)
