"""Goods that are on the receipt."""

from __future__ import annotations

from decimal import Decimal

from campaigns.engine.case import Case, plain
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import GOODS_FIELDS, PIECES, closed
from campaigns.engine.words.bounds import names_goods
from campaigns.engine.words.site import Condition, Leaf, Site, goods_words
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

MISSING = gettext_noop("needs {wanted}: {pieces}, and on the receipt: {value}")


def _test(leaf: Leaf, site: Site) -> Condition:
    scope, wanted = site.scopes.add(leaf), Decimal(leaf.get("pieces", 1))
    words = goods_words(leaf) | {"pieces": plain(wanted)}

    def judge(case: Case) -> Reason | None:
        found = case.pieces(scope)
        return None if found >= wanted else ("goods_missing", {**words, "value": plain(found)})

    return judge


def _say(leaf: Fields, voice: Voice) -> str:
    goods = voice.goods(leaf) or voice.gap("goods")
    if voice.number(leaf.get("pieces", 1)) == "1":
        return voice.gettext("{goods} is on the receipt").format(goods=goods)
    return voice.gettext("at least {pieces} of {goods} are on the receipt").format(
        pieces=voice.pieces(leaf["pieces"]), goods=goods
    )


WORD = ConditionWord(
    name="contains",
    about="receipt",
    schema=closed(GOODS_FIELDS | {"pieces": PIECES}),
    title=gettext_noop("the receipt holds"),
    say=_say,
    compile=_test,
    judge=names_goods,
    reasons={"goods_missing": MISSING},
)
