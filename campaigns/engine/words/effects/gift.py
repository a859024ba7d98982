"""These products are free, up to so many pieces; when they are not on the receipt the cashier is told."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.engine.case import Case, listed
from campaigns.engine.discounts import Cut, off_pieces
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.pieces import cheapest
from campaigns.engine.scopes import RECEIPT
from campaigns.engine.shapes import CODES, closed, whole
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    products, most = frozenset(effect["products"]), effect.get("pieces", 1)
    words = {"wanted": listed(effect["products"]), "pieces": str(most)}

    def take(case: Case, _: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        lines = [index for index in case.scopes[RECEIPT] if case.lines[index].sku in products]
        if not lines:
            return "gift_missing", words
        return off_pieces(case, cheapest(case, lines, left, most), left, (100, 1), "gift", words)

    work.discounts.append(take)
    work.elsewhere = work.by_piece = True


def _say(effect: Fields, voice: Voice) -> str:
    products = voice.named("products", effect.get("products"))
    text = voice.gettext("{products} as a gift").format(products=products)
    up_to = effect.get("pieces", 1)
    if voice.number(up_to) == "1":
        return text
    return voice.gettext("{what} (up to {pieces})").format(what=text, pieces=voice.pieces(up_to))


WORD = EffectWord(
    name="gift",
    schema=closed({"products": CODES, "pieces": whole("whole_from_1", 1, 1000)}, ("products",)),
    title=gettext_noop("gift"),
    main="products",
    say=_say,
    work=_work,
    brings=("money",),
    whole=True,
    reasons={
        "gift": gettext_noop("a gift"),
        "gift_missing": gettext_noop("a gift that is not on the receipt yet: {wanted}"),
    },
)
