"""Every matching piece costs so much, if it cost more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from campaigns.engine.case import Case, plain
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import AMOUNT, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work
from loyalty.rules.rounding import round_ratio


def _work(effect: Fields, work: Work) -> None:
    price, words = Decimal(effect["price"]), {"price": plain(effect["price"])}

    def take(case: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        parts = []
        pieces: dict[int, int | Decimal] = {}
        for index in lines:
            quantity = case.lines[index].quantity
            target = (
                round_ratio(*(price * quantity * 100).as_integer_ratio()) if quantity > 0 else left[index]
            )
            if left[index] > target:
                parts.append((index, left[index] - target))
                pieces[index] = quantity
        return Cut(parts, "fixed_price", words, pieces) if parts else ("cheaper_already", words)

    work.discounts.append(take)


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("the price of {price} a piece").format(price=voice.money(effect.get("price")))


WORD = EffectWord(
    name="fixed_price",
    schema=closed({"price": AMOUNT}, ("price",)),
    title=gettext_noop("price of a piece"),
    main="price",
    say=_say,
    work=_work,
    brings=("money",),
    reasons={
        "fixed_price": gettext_noop("{price} a piece"),
        "cheaper_already": gettext_noop("costs no more than {price} a piece already"),
    },
)
