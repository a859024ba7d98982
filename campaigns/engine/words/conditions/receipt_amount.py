"""The amount of the receipt."""

from __future__ import annotations

from campaigns.engine.case import Case, cents_from, plain
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import AMOUNTS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

TOO_LOW = gettext_noop("from {at_least} on, and the receipt comes to {amount}")
_SCHEMA = closed(AMOUNTS)


def _test(leaf: Leaf, _: Site) -> Condition:
    at_least = cents_from(leaf.get("at_least", "0"))
    below = cents_from(leaf["below"]) if "below" in leaf else None
    least_text, below_text = plain(leaf.get("at_least", "0")), plain(leaf.get("below", "0"))

    def judge(case: Case) -> Reason | None:
        if case.receipt < at_least:
            return "amount_too_low", {"at_least": least_text, "amount": case.receipt_text}
        if below is not None and case.receipt >= below:
            return "amount_too_high", {"below": below_text, "amount": case.receipt_text}
        return None

    return judge


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the receipt comes to {bounds}").format(bounds=voice.bounds(leaf, voice.money))


WORD = ConditionWord(
    name="receipt_amount",
    about="receipt",
    schema=_SCHEMA,
    title=gettext_noop("amount of the receipt"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA),
    reasons={
        "amount_too_low": TOO_LOW,
        "amount_too_high": gettext_noop("below {below}, and the receipt comes to {amount}"),
    },
)
