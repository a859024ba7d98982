"""What certain goods on the receipt come to."""

from __future__ import annotations

from decimal import Decimal

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import AMOUNTS, GOODS_FIELDS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, goods_words, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(AMOUNTS | GOODS_FIELDS)


def _test(leaf: Leaf, site: Site) -> Condition:
    scope, test = site.scopes.add(leaf), within(leaf, "goods_amount", goods_words(leaf))
    return lambda case: test(Decimal(case.amount(scope)).scaleb(-2))


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("{goods} on the receipt comes to {bounds}").format(
        goods=voice.goods(leaf) or voice.gap("goods"), bounds=voice.bounds(leaf, voice.money)
    )


WORD = ConditionWord(
    name="matching_amount",
    about="receipt",
    schema=_SCHEMA,
    title=gettext_noop("amount of these goods"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA, goods=True),
    of_goods=True,
    reasons={
        "goods_amount_too_low": gettext_noop("from {at_least} on, and these products come to {value}"),
        "goods_amount_too_high": gettext_noop("below {below}, and these products come to {value}"),
    },
)
