"""Who stands at the till."""

from __future__ import annotations

from campaigns.engine.case import listed
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODES, closed
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    codes = frozenset(leaf["in"])
    reason: Reason = ("wrong_cashier", {"codes": listed(leaf["in"])})
    return lambda case: None if case.basket.cashier in codes else reason


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the cashier is {cashiers}").format(cashiers=voice.named("cashiers", leaf.get("in")))


WORD = ConditionWord(
    name="cashier",
    about="receipt",
    schema=closed({"in": CODES}, ("in",)),
    title=gettext_noop("cashier"),
    main="in",
    say=_say,
    compile=_test,
    facts=("cashier",),
    names={"in": "cashiers"},
    free=True,
    reasons={"wrong_cashier": gettext_noop("not at this cashier")},
)
