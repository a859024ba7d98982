"""How many days ago the member joined."""

from __future__ import annotations

from campaigns.engine.case import Case
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import DAYS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import NO_MEMBER, Condition, Leaf, Site, of_member, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed({"at_least": DAYS, "at_most": DAYS})


def _test(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "days_since_joining")

    def judge(case: Case) -> Reason | None:
        joined = case.shopper.joined_on
        return test((case.today - joined).days) if joined else NO_MEMBER

    return of_member(judge)


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("{bounds} passed since joining").format(bounds=voice.bounds(leaf, voice.days))


WORD = ConditionWord(
    name="days_since_joining",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("days since joining"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA),
    facts=("joined_on",),
    whole=True,
    reasons={
        "days_since_joining_too_low": gettext_noop(
            "days since joining: {value}, needed are {at_least} or more"
        ),
        "days_since_joining_too_high": gettext_noop(
            "days since joining: {value}, allowed are {at_most} or fewer"
        ),
    },
)
