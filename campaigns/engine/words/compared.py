"""Values that are compared, with ``is`` and ``in`` or between bounds: what attributes and the data of events share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from campaigns.engine.case import Case, plain
from campaigns.engine.gates import Reason
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.words.site import Condition, Leaf
from campaigns.engine.words.voice import Fields, Voice

#: What the values of an event's data are, where they are codes of things.
VALUES = {"tier": "tiers", "segment": "segments", "series": "series"}


def test_of(leaf: Leaf, code: str, read: Callable[[Case], Any]) -> Condition:
    """The test of a value that is read of a case; ``code`` is the reason where it does not fit, or is not there."""
    test, reason = compare(leaf), (code, {"key": leaf["key"], **_words(leaf)})

    def judge(case: Case) -> Reason | None:
        value = read(case)
        return None if value is not None and test(value) else reason

    return judge


def compare(leaf: Leaf) -> Callable[[Any], bool]:
    """The test of any value against the ``is``, ``in``, ``at_least`` and ``at_most`` of a leaf."""
    if "is" in leaf or "in" in leaf:
        wanted = frozenset(text.casefold() for text in leaf.get("in", [leaf.get("is")]))
        return lambda value: not wanted.isdisjoint(_texts(value))
    least, most = Decimal(leaf.get("at_least", "-Infinity")), Decimal(leaf.get("at_most", "Infinity"))

    def judge(value: Any) -> bool:
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return False
        return number.is_finite() and not isinstance(value, bool) and least <= number <= most

    return judge


def _texts(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [] if value is None else [str(value).casefold()]


def _words(leaf: Leaf) -> dict[str, str]:
    """What a compared value should be, for a person to read."""
    if "is" in leaf:
        return {"wanted": leaf["is"]}
    if "in" in leaf:
        return {"wanted": ", ".join(leaf["in"])}
    least, most = leaf.get("at_least"), leaf.get("at_most")
    parts = [f"≥ {plain(least)}"] if least is not None else []
    return {"wanted": ", ".join(parts + ([f"≤ {plain(most)}"] if most is not None else []))}


def judge(leaf: Fields, path: str, _: Questions) -> Iterator[Problem]:
    """One way of comparing, and bounds that something fits."""
    kinds = [name for name in ("is", "in") if name in leaf]
    numbers = [name for name in ("at_least", "at_most") if name in leaf]
    if len(kinds) + bool(numbers) != 1:
        yield Problem(path, "exactly_one", {"names": "is, in, and at_least or at_most"})
    elif len(numbers) == 2 and Decimal(leaf["at_least"]) > Decimal(leaf["at_most"]):
        yield Problem(f"{path}.at_most", "most_below_least")


def say(leaf: Fields, voice: Voice) -> str:
    """What the value should be, in a sentence."""
    if "is" not in leaf and "in" not in leaf:
        return voice.bounds(leaf)
    texts = [text for text in leaf.get("in", [leaf.get("is")]) if text]
    if kind := VALUES.get(str(leaf.get("key"))):
        return voice.named(kind, texts)
    answers = {"true": voice.gettext("yes"), "false": voice.gettext("no")}
    return voice.listed([answers.get(text) or f"“{text}”" for text in texts], "or") or voice.gap("text")
