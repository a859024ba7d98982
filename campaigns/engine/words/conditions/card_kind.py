"""The type of the card that is shown."""

from __future__ import annotations

from campaigns.engine.case import listed
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODES, closed
from campaigns.engine.words.site import Condition, Leaf, Site, of_member
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    codes = frozenset(leaf["in"])
    reason: Reason = ("wrong_card", {"cards": listed(leaf["in"])})
    return of_member(lambda case: None if case.card_kind in codes else reason)


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the card is {cards}").format(cards=voice.named("card_kinds", leaf.get("in")))


WORD = ConditionWord(
    name="card_kind",
    about="member",
    schema=closed({"in": CODES}, ("in",)),
    title=gettext_noop("card type"),
    main="in",
    say=_say,
    compile=_test,
    facts=("card_kind",),
    names={"in": "card_kinds"},
    free=True,
    reasons={"wrong_card": gettext_noop("only with the cards {cards}")},
)
