"""Asked for at the till: so many points for so much money, or percent, off the receipt or lines."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from campaigns.engine.marks import gettext_noop
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import MONEY, PERCENT, POINTS, closed
from campaigns.engine.trade import Trade
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    unit = work.unit
    points = Decimal(unit.units(effect["points"])).scaleb(-unit.places)
    cents = int(Decimal(effect["amount"]) * 100) if "amount" in effect else None
    work.trade = Trade(points, cents, effect.get("percent"))


def _judge(effect: Fields, path: str, asked: Questions) -> Iterator[Problem]:
    if ("amount" in effect) == ("percent" in effect):
        yield Problem(path, "exactly_one", {"names": "amount and percent"})
    if len(asked.what) > 1:
        yield Problem(path, "exchange_alone")


def _say(effect: Fields, voice: Voice) -> str:
    if "percent" in effect:
        gives = voice.gettext("{percent} off").format(percent=voice.percent(effect["percent"]))
    else:
        gives = voice.gettext("{amount} off").format(amount=voice.money(effect.get("amount")))
    return voice.gettext("At the till they can exchange {points} for {gives}.").format(
        points=voice.points(effect.get("points")), gives=gives
    )


WORD = EffectWord(
    name="exchange",
    schema=closed({"points": POINTS, "amount": MONEY, "percent": PERCENT}, ("points",)),
    title=gettext_noop("points exchanged at the till"),
    main="points",
    say=_say,
    work=_work,
    judge=_judge,
    brings=("traded",),
    single=True,
    apart=True,
    facts=("exchange", "balance"),
    reasons={
        "exchange": gettext_noop("{points} points exchanged for {amount} off"),
        "not_asked": gettext_noop("{points} points can be exchanged for {amount} off"),
        "exchange_too_large": gettext_noop("{amount} off for {points} points, and points can pay {value} here"),
        "exchange_balance": gettext_noop("{points} points are exchanged, and the account has {value} for it"),
        "exchange_per_day": gettext_noop("{points} points are exchanged, and today {value} more can be spent"),
        "exchange_leave": gettext_noop("{amount} off for {points} points, and {leave} must remain to be paid"),
        "exchange_holder_per_day": gettext_noop(
            "{points} points are exchanged, and today this holder can spend {value} more"
        ),
        "exchange_not_allowed": gettext_noop("this holder may not spend from the account"),
    },
    choices={
        "exchange": (("percent", gettext_noop("{points} points exchanged for {percent}% off")),),
        "not_asked": (("percent", gettext_noop("{points} points can be exchanged for {percent}% off")),),
        "exchange_too_large": (
            ("percent", gettext_noop("{percent}% off for {points} points, and points can pay {value} here")),
        ),
        "exchange_leave": (
            ("percent", gettext_noop("{percent}% off for {points} points, and {leave} must remain to be paid")),
        ),
    },
)  # fmt: skip
