"""Points by the amount: the step reached counts for all of it (``whole``), or for its own part (``sliced``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from campaigns.engine.case import Case, cents_from, cents_text, plain
from campaigns.engine.effects import Effect, Given, Unit
from campaigns.engine.marks import gettext_noop
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import AMOUNT, PERCENT, POINTS, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work
from loyalty.rules.rounding import round_ratio


def _work(effect: Fields, work: Work) -> None:
    sliced = effect.get("mode", "whole") == "sliced"
    work.effects.append(_slices(effect, work.unit) if sliced else _steps(effect, work.unit, work.whole))


class Step(NamedTuple):
    """A step of a scale, from so many cents: a share of the amount, or a fixed number of units."""

    start: int
    share: Callable[[int], int] | None
    units: int
    words: Mapping[str, str]


def _steps(effect: Fields, unit: Unit, whole: bool) -> Effect:
    by_receipt = effect.get("by", "scope") == "receipt"
    steps = [
        Step(
            cents_from(step["from"]),
            unit.share(step["percent"]) if "percent" in step else None,
            unit.units(step["points"]) if "points" in step else 0,
            {key: plain(step[key]) for key in ("percent", "points", "from") if key in step},
        )
        for step in effect["steps"]
    ]
    steps.reverse()

    def give(case: Case, _: Sequence[int], cents: int) -> Given | None:
        measure = case.receipt if by_receipt else cents
        for step in steps:
            if measure >= step.start:
                args = {**step.words, "reached": cents_text(measure), "of": cents_text(cents)}
                if step.share is not None:
                    units = step.share(cents)
                    return Given(units, "step_percent", args) if units else None
                return Given(step.units, "step_points", args, whole) if step.units else None
        return None

    return give


def _slices(effect: Fields, unit: Unit) -> Effect:
    """A scale where each percent is paid on its own slice; the sum of the slices is rounded once."""
    starts = [cents_from(step["from"]) for step in effect["steps"]]
    ratios = [Decimal(step["percent"]).as_integer_ratio() for step in effect["steps"]]
    common = 1
    for _, bottom in ratios:
        common *= bottom
    tops = [top * (common // bottom) * 10**unit.places for top, bottom in ratios]
    ends = [*starts[1:], None]
    words = ", ".join(f"{plain(step['percent'])}% ≥ {plain(step['from'])}" for step in effect["steps"])

    def give(_: Case, __: Sequence[int], cents: int) -> Given | None:
        whole = 0
        for start, end, top in zip(starts, ends, tops, strict=True):
            if cents <= start:
                break
            whole += ((cents if end is None else min(cents, end)) - start) * top
        units = round_ratio(whole, common * 100 * 100, unit.rule)
        return Given(units, "slices", {"slices": words, "of": cents_text(cents)}) if units else None

    return give


def _judge(effect: Fields, path: str, _: Questions) -> Iterator[Problem]:
    sliced = effect.get("mode") == "sliced"
    if sliced and effect.get("by") == "receipt":
        yield Problem(f"{path}.by", "slices_of_scope")
    before = Decimal(-1)
    for index, step in enumerate(effect["steps"]):
        place = f"{path}.steps[{index}]"
        if Decimal(step["from"]) <= before:
            yield Problem(f"{place}.from", "steps_descend")
        before = Decimal(step["from"])
        if ("percent" in step) == ("points" in step):
            yield Problem(place, "exactly_one", {"names": "percent and points"})
        if sliced and "points" in step:
            yield Problem(f"{place}.points", "slice_of_points")


def _say(effect: Fields, voice: Voice) -> str:
    steps = []
    for step in effect.get("steps", ()):
        gives = voice.percent(step["percent"]) if "percent" in step else voice.points(step.get("points"))
        steps.append(
            voice.gettext("from {amount}: {gives}").format(amount=voice.money(step.get("from")), gives=gives)
        )
    text = voice.gettext("points by the amount ({steps})").format(
        steps="; ".join(steps) or voice.gap("steps")
    )
    if effect.get("mode") == "sliced":
        return voice.gettext("{what}, each part by its own step").format(what=text)
    return text


WORD = EffectWord(
    name="points_steps",
    schema=closed(
        {
            "mode": {"enum": ["whole", "sliced"]},
            "by": {"enum": ["scope", "receipt"]},
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": closed({"from": AMOUNT, "percent": PERCENT, "points": POINTS}, ("from",)),
            },
        },
        ("steps",),
    ),
    title=gettext_noop("points by amount"),
    main="steps",
    say=_say,
    work=_work,
    judge=_judge,
    brings=("points",),
    for_events=True,
    reasons={
        "step_percent": gettext_noop("{percent}% of {of}, for {reached} has reached {from}"),
        "step_points": gettext_noop("{points} points, for {reached} has reached {from}"),
        "slices": gettext_noop("{slices} of {of}, each part by its own percent"),
    },
)
