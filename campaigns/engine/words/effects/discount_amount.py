"""Money off the receipt or its lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.discounts import Cut, spread
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import MONEY, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work


def _work(effect: Fields, work: Work) -> None:
    wanted, words = int(Decimal(effect["amount"]) * 100), {"amount": plain(effect["amount"])}

    def take(_: Case, lines: Sequence[int], left: Sequence[int]) -> Cut | Reason:
        weights = [left[index] for index in lines]
        whole = sum(weights)
        cents = spread(min(wanted, whole), lines, weights, whole)
        return Cut(cents, "off_amount", {**words, "of": cents_text(whole)})

    work.discounts.append(take)


def _say(effect: Fields, voice: Voice) -> str:
    return voice.gettext("a discount of {discount}").format(discount=voice.money(effect.get("amount")))


WORD = EffectWord(
    name="discount_amount",
    schema=closed({"amount": MONEY}, ("amount",)),
    title=gettext_noop("discount"),
    main="amount",
    say=_say,
    work=_work,
    brings=("money",),
    reasons={"off_amount": gettext_noop("{amount} off")},
    choices={"off_amount": (("most", gettext_noop("{amount} off, of which there was {most}")),)},
)
