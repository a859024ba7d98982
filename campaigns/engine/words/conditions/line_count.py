"""How many lines the receipt has."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import COUNTS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(COUNTS)


def _test(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "lines")
    return lambda case: test(len(case.heaps))


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the receipt has this many lines: {bounds}").format(bounds=voice.bounds(leaf))


WORD = ConditionWord(
    name="line_count",
    about="receipt",
    schema=_SCHEMA,
    title=gettext_noop("lines of the receipt"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA),
    whole=True,
    reasons={
        "lines_too_low": gettext_noop("lines of the receipt: {value}, needed are {at_least} or more"),
        "lines_too_high": gettext_noop("lines of the receipt: {value}, allowed are {at_most} or fewer"),
    },
)
