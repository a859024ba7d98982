"""The tier that the member has reached."""

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
    reason: Reason = ("wrong_tier", {"tiers": listed(leaf["in"])})
    return of_member(lambda case: None if case.tier in codes else reason)


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the tier is {tiers}").format(tiers=voice.named("tiers", leaf.get("in")))


WORD = ConditionWord(
    name="tier",
    about="member",
    schema=closed({"in": CODES}, ("in",)),
    title=gettext_noop("tier"),
    main="in",
    say=_say,
    compile=_test,
    facts=("tier",),
    names={"in": "tiers"},
    free=True,
    reasons={"wrong_tier": gettext_noop("only for the tiers {tiers}")},
)
