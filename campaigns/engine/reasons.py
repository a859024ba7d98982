"""A reason as a person reads it.

``describe`` makes the whole text of a reason out of ``campaigns.engine.sentences``; it takes the translating
function (Django's ``gettext``) as an argument, so that this package stays free of it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from campaigns.engine.case import plain
from campaigns.engine.marks import gettext_noop
from campaigns.engine.sentences import (
    CHOICES,
    COUNTS_GOODS,
    CUT_MONEY,
    CUTS,
    LAST_DAYS,
    LIMITS,
    OF_GOODS,
    PER,
    PERIODS,
    SENTENCES,
    SHARE,
    SHARE_BY,
    TAKEN,
    WEEKDAYS,
)

Translate = Callable[[str], str]


def describe(code: str, args: Mapping[str, Any], translate: Translate = gettext_noop) -> str:
    """A reason as a sentence, in the language of ``translate``. An unknown code is its own sentence."""
    sentence = _choose(code, args)
    text = fill(translate(sentence), _words(code, args, translate)) if sentence else code
    for frame in _frames(code, args):
        text = fill(translate(frame), {**args, "text": text})
    return text


def _choose(code: str, args: Mapping[str, Any]) -> str | None:
    """The way in which a code is said with these arguments."""
    if code == "limit_reached":
        kind = next((kind for kind in LIMITS if kind in args), "")
        return LIMITS.get(kind, {}).get(args.get("period", ""), SENTENCES[code])
    for wanted, sentence in CHOICES.get(code, ()):
        name, _, value = wanted.partition("=")
        if name in args and (not value or args[name] == value):
            return sentence
    return SENTENCES.get(code)


def _words(code: str, args: Mapping[str, Any], translate: Translate) -> Mapping[str, Any]:
    """What to fill in: arguments that are words themselves are translated first."""
    words = dict(args)
    if "period" in args:
        words["period"] = _period(args["period"], translate)
    if code == "multiplier" and "by" in args:
        words["more"] = _less_one(args["by"])
    if code == "wrong_weekday":
        days = [translate(WEEKDAYS[int(day) - 1]) for day in args.get("weekdays", "").split()]
        words["weekdays"] = ", ".join(days)
    elif code == "none_of_these":
        inner = [describe(code, args, translate) for code, args in args.get("reasons", ())]
        words["reasons"] = "; ".join(inner)
    return words


def _less_one(by: str) -> str:
    """What a multiplier adds to one: ``0.5`` of 1.5, with the decimal sign that stands there."""
    sign = "," if "," in by else "."
    return plain(Decimal(by.replace(",", ".")) - 1).replace(".", sign)


def _period(period: str, translate: Translate) -> str:
    """``this month`` of ``month``, ``in the last 30 days`` of ``30d``."""
    if period.endswith("d") and period[:-1].isdecimal():
        return fill(translate(LAST_DAYS), {"days": period[:-1]})
    return translate(PERIODS[period]) if period in PERIODS else period


def _frames(code: str, args: Mapping[str, Any]) -> list[str]:
    """What is said around a sentence, from the inside to the outside."""
    frames = []
    if code in COUNTS_GOODS and "wanted" in args:
        frames.append(OF_GOODS)
    if "pieces_here" in args:
        frames.append(TAKEN)
    if "cut_to" in args:
        frames.append(CUTS[args["period"]])
    if "cut_money" in args:
        frames.append(CUT_MONEY)
    whose = str(args.get("per" if code == "limit_reached" else "limit_per"))
    if whose in PER and "money" not in args:
        frames.append(PER[whose])
    if "share" in args:
        frames.append(SHARE_BY if "total" in args else SHARE)
    return frames


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    """A text taken apart: literal text and the name of the placeholder behind it, in turns."""
    return tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(text))


def fill(text: str, args: Mapping[str, Any]) -> str:
    """A text with its placeholders filled; one that nobody knows is left empty.

    Names and nothing else: no attributes, no indexing, no formats.
    """
    said = []
    for literal, name in _parts(text):
        said.append(literal)
        if name is not None:
            said.append(_word(name, args))
    return "".join(said)


def _word(name: str, args: Mapping[str, Any]) -> str:
    return str(args.get(name, ""))
