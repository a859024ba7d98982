"""The segments that the member is in."""

from __future__ import annotations

from campaigns.engine.case import listed
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import CODES, closed
from campaigns.engine.words.site import Condition, Leaf, Site, of_member
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    codes = frozenset(leaf["in"])
    reason: Reason = ("wrong_segment", {"segments": listed(leaf["in"])})
    return of_member(lambda case: None if not codes.isdisjoint(case.shopper.segments) else reason)


def _wish(leaf: Fields, needs: Needs) -> None:
    needs.segments |= set(leaf["in"])


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the member is in the segment {segments}").format(
        segments=voice.named("segments", leaf.get("in"))
    )


WORD = ConditionWord(
    name="segment",
    about="member",
    schema=closed({"in": CODES}, ("in",)),
    title=gettext_noop("segment"),
    main="in",
    say=_say,
    compile=_test,
    needs=_wish,
    facts=("segments",),
    names={"in": "segments"},
    free=True,
    reasons={"wrong_segment": gettext_noop("only for the segments {segments}")},
)
