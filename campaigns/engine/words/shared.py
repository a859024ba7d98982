"""Points for others, the cashier or the referrer: a number of them, or a percent of the amount."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.effects import Unit
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.sides import OtherShare
from campaigns.engine.words.voice import Fields, Voice


def share_of(effect: Fields, to: str, unit: Unit) -> OtherShare:
    """What an effect gives to somebody, by the cents that its campaign looks at."""
    if "percent" in effect:
        return OtherShare(to, unit.share(effect["percent"]))
    units = unit.units(effect["points"])
    return OtherShare(to, lambda cents: units)


def judge(effect: Fields, path: str, _: Questions) -> Iterator[Problem]:
    """Points or a percent, not both."""
    if ("points" in effect) == ("percent" in effect):
        yield Problem(path, "exactly_one", {"names": "points and percent"})


def say(effect: Fields, voice: Voice) -> str:
    """What they get, in a sentence."""
    if "percent" in effect:
        percent = voice.percent(effect["percent"])
        return voice.gettext("{percent} of the amount in points").format(percent=percent)
    return voice.points(effect.get("points"))
