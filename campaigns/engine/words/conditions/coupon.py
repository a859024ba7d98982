"""A coupon of certain series that is shown."""

from __future__ import annotations

from campaigns.engine.case import listed
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODES, closed
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    series = frozenset(leaf["series"])
    reason: Reason = ("coupon_missing", {"series": listed(leaf["series"])})
    return lambda case: None if any(one.series in series for one in case.basket.coupons) else reason


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("a coupon of {series} is shown").format(
        series=voice.named("series", leaf.get("series"))
    )


WORD = ConditionWord(
    name="coupon",
    about="receipt",
    schema=closed({"series": CODES}, ("series",)),
    title=gettext_noop("coupon shown"),
    main="series",
    say=_say,
    compile=_test,
    series=lambda leaf: frozenset(leaf["series"]),
    facts=("coupons",),
    names={"series": "series"},
    reasons={"coupon_missing": gettext_noop("only with a coupon of {series}")},
)
