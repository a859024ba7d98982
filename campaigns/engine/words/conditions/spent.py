"""Money that the member spent in a period, on all goods or on some; this receipt counts unless it is left out."""

from __future__ import annotations

from decimal import Decimal

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import AMOUNTS, GOODS_FIELDS, PERIOD, YES_OR_NO, closed
from campaigns.engine.words import past
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(AMOUNTS | GOODS_FIELDS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",))


def _test(leaf: Leaf, site: Site) -> Condition:
    scope = site.scopes.add(leaf)
    return past.within_period(leaf, "spent", lambda case: Decimal(case.amount(scope)).scaleb(-2))


def _say(leaf: Fields, voice: Voice) -> str:
    values = {"period": voice.period(leaf.get("period")), "bounds": voice.bounds(leaf, voice.money)}
    if goods := voice.goods(leaf):
        text = voice.gettext("{bounds} was spent on {goods} {period}").format(goods=goods, **values)
    else:
        text = voice.gettext("{bounds} was spent {period}").format(**values)
    return past.with_this(leaf, text, voice)


WORD = ConditionWord(
    name="spent",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("money spent"),
    say=_say,
    compile=_test,
    needs=past.needs_of("spent"),
    judge=bounded(_SCHEMA),
    facts=("spent",),
    of_goods=True,
    reasons={
        "spent_too_low": gettext_noop("spent {period}: {value}, needed are {at_least} or more"),
        "spent_too_high": gettext_noop("spent {period}: {value}, only below {below}"),
    },
)
