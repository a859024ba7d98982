"""Whether points are spent on the receipt."""

from __future__ import annotations

from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import YES_OR_NO, closed
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    wanted = leaf["is"]
    reason: Reason = ("not_paid_with_points" if wanted else "paid_with_points", {})
    return lambda case: None if case.pays_with_points is wanted else reason


def _say(leaf: Fields, voice: Voice) -> str:
    if leaf.get("is"):
        return voice.gettext("points are spent on the receipt")
    return voice.gettext("no points are spent on the receipt")


WORD = ConditionWord(
    name="paid_with_points",
    about="receipt",
    schema=closed({"is": YES_OR_NO}, ("is",)),
    title=gettext_noop("paid with points"),
    main="is",
    say=_say,
    compile=_test,
    after_points=True,
    facts=("balance", "redeem"),
    reasons={
        "not_paid_with_points": gettext_noop("only where points are spent"),
        "paid_with_points": gettext_noop("not where points are spent"),
    },
)
