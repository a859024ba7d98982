"""How many days ago the member bought last."""

from __future__ import annotations

from campaigns.engine.case import Case
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import DAYS, closed
from campaigns.engine.words.bounds import bounded
from campaigns.engine.words.site import Condition, Leaf, Site, of_member, within
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord

_SCHEMA = closed({"at_least": DAYS, "at_most": DAYS})


def _test(leaf: Leaf, _: Site) -> Condition:
    test = within(leaf, "days_since_purchase")

    def judge(case: Case) -> Reason | None:
        last = case.shopper.last_purchase_on
        return test((case.today - last).days) if last else ("no_purchase_yet", {})

    return of_member(judge)


def _wish(_: Fields, needs: Needs) -> None:
    needs.last_purchase = True


def _say(leaf: Fields, voice: Voice) -> str:
    return voice.gettext("{bounds} passed since the last purchase").format(
        bounds=voice.bounds(leaf, voice.days)
    )


WORD = ConditionWord(
    name="days_since_purchase",
    about="member",
    schema=_SCHEMA,
    title=gettext_noop("days since the last purchase"),
    say=_say,
    compile=_test,
    needs=_wish,
    judge=bounded(_SCHEMA),
    facts=("last_purchase_on",),
    whole=True,
    reasons={
        "no_purchase_yet": gettext_noop("only for those who bought before"),
        "days_since_purchase_too_low": gettext_noop(
            "days since the last purchase: {value}, needed are {at_least} or more"
        ),
        "days_since_purchase_too_high": gettext_noop(
            "days since the last purchase: {value}, allowed are {at_most} or fewer"
        ),
    },
)
