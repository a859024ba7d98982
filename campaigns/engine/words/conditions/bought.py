"""Pieces that the member bought in a period, of all goods or of some; this receipt counts unless it is left out."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import GOODS_FIELDS, PERIOD, PIECES_BETWEEN, YES_OR_NO, closed
from campaigns.engine.words import past
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.conditions import piece_count
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(PIECES_BETWEEN | GOODS_FIELDS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",))


def _test(leaf: Leaf, site: Site) -> Condition:
    scope = site.scopes.add(leaf)
    return past.within_period(leaf, "pieces", lambda case: case.pieces(scope))


def _say(leaf: Fields, voice: Voice) -> str:
    values = {"period": voice.period(leaf.get("period")), "bounds": voice.bounds(leaf, voice.pieces)}
    goods = voice.goods(leaf) or voice.gettext("goods")
    text = voice.gettext("{bounds} of {goods} were bought {period}").format(goods=goods, **values)
    return past.with_this(leaf, text, voice)


WORD = ConditionWord(
    name="bought",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("pieces bought"),
    say=_say,
    compile=_test,
    needs=past.needs_of("pieces"),
    judge=bounded(_SCHEMA),
    facts=("pieces",),
    of_goods=True,
    reasons={"pieces_too_low": piece_count.TOO_LOW, "pieces_too_high": piece_count.TOO_HIGH},
    choices={
        "pieces_too_low": (
            ("period", gettext_noop("pieces bought {period}: {value}, needed are {at_least} or more")),
        ),
        "pieces_too_high": (
            ("period", gettext_noop("pieces bought {period}: {value}, allowed are {at_most} or fewer")),
        ),
    },
)
