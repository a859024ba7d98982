"""How many purchases the member made in a period; this one counts unless it is left out."""

from __future__ import annotations

from decimal import Decimal

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import COUNTS, PERIOD, YES_OR_NO, closed
from campaigns.engine.words import past
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(COUNTS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",))


def _test(leaf: Leaf, _: Site) -> Condition:
    return past.within_period(leaf, "purchases", lambda case: Decimal(bool(case.lines)))


def _say(leaf: Fields, voice: Voice) -> str:
    text = voice.gettext("this many purchases were made {period}: {bounds}").format(
        period=voice.period(leaf.get("period")), bounds=voice.bounds(leaf)
    )
    return past.with_this(leaf, text, voice)


WORD = ConditionWord(
    name="purchases",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("number of purchases"),
    say=_say,
    compile=_test,
    needs=past.needs_of("purchases"),
    judge=bounded(_SCHEMA),
    facts=("purchases",),
    whole=True,
    reasons={
        "purchases_too_low": gettext_noop("purchases {period}: {value}, needed are {at_least} or more"),
        "purchases_too_high": gettext_noop("purchases {period}: {value}, allowed are {at_most} or fewer"),
    },
)
