"""The member's age."""

from __future__ import annotations

from datetime import date

from campaigns.engine.case import Case
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import YEARS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, of_member, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed({"at_least": YEARS, "at_most": YEARS})


def _test(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "age")

    def judge(case: Case) -> Reason | None:
        born = case.shopper.birthday
        return test(age_on(case.today, born)) if born else ("birthday_unknown", {})

    return of_member(judge)


def age_on(today: date, born: date) -> int:
    """Full years between two days; who was born on 29 February grows older on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("the member’s age is {bounds}").format(bounds=voice.bounds(leaf))


WORD = ConditionWord(
    name="age",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("age"),
    say=_say,
    compile=_test,
    judge=bounded(_SCHEMA),
    facts=("birthday",),
    whole=True,
    reasons={
        "birthday_unknown": gettext_noop("the member's birthday is not known"),
        "age_too_low": gettext_noop("only from the age of {at_least} on"),
        "age_too_high": gettext_noop("only up to the age of {at_most}"),
    },
)
