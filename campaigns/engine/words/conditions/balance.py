"""Points on the account before the purchase."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import AMOUNTS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, of_member, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed(AMOUNTS)


def _test(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "balance")
    return of_member(lambda case: test(case.figure("balance")))


def _wish(_: Fields, needs: Needs) -> None:
    needs.balance = True


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the account holds {bounds}").format(bounds=voice.bounds(leaf, voice.points))


WORD = ConditionWord(
    name="balance",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("points on the account"),
    say=_say,
    compile=_test,
    needs=_wish,
    judge=bounded(_SCHEMA),
    facts=("balance",),
    reasons={
        "balance_too_low": gettext_noop("points on the account: {value}, needed are {at_least} or more"),
        "balance_too_high": gettext_noop("points on the account: {value}, only below {below}"),
    },
)
