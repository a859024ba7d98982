"""How many pieces there are on the receipt, of all goods or of some."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import GOODS_FIELDS, PIECES_BETWEEN, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, goods_words, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(PIECES_BETWEEN | GOODS_FIELDS)
TOO_LOW = gettext_noop("pieces on the receipt: {value}, needed are {at_least} or more")
TOO_HIGH = gettext_noop("pieces on the receipt: {value}, allowed are {at_most} or fewer")


def _test(leaf: Leaf, site: Site) -> Condition:
    scope, test = site.scopes.add(leaf), within(leaf, "pieces", goods_words(leaf))
    return lambda case: test(case.pieces(scope))


def _say(leaf: Fields, voice: Voice) -> str:
    if goods := voice.goods(leaf):
        return voice.gettext("the receipt has this many pieces of {goods}: {bounds}").format(
            goods=goods, bounds=voice.bounds(leaf)
        )
    return voice.gettext("the receipt has this many pieces: {bounds}").format(bounds=voice.bounds(leaf))


WORD = ConditionWord(
    name="piece_count",
    about="receipt",
    schema=_SCHEMA,
    title=gettext_noop("pieces on the receipt"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA),
    of_goods=True,
    reasons={"pieces_too_low": TOO_LOW, "pieces_too_high": TOO_HIGH},
)
