"""Every nth purchase, or the nth one: of the member's, or of those that the campaign counts itself."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.case import Case, plain
from campaigns.engine.counters import counter_of
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import closed, positive
from campaigns.engine.words.conditions import receipt_amount
from campaigns.engine.words.site import NO_MEMBER, Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, site: Site) -> Condition:
    counter = counter_of(leaf)
    key = "every" if counter.repeats else "exactly"
    at_least = plain(leaf.get("of_at_least", "0"))

    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return NO_MEMBER
        if case.receipt < counter.at_least:
            return "amount_too_low", {"at_least": at_least, "amount": case.receipt_text}
        count, adds = counter.tally(case, site.campaign_id)
        counted = adds or not counter.own
        if counted and (count % counter.goal == 0 if counter.repeats else count == counter.goal):
            return None
        return "not_nth_purchase", {key: str(counter.goal), "number": str(count)}

    return judge


def _judge(leaf: Fields, path: str, _: Questions) -> Iterator[Problem]:
    if ("every" in leaf) == ("exactly" in leaf):
        yield Problem(path, "exactly_one", {"names": "every and exactly"})
    if leaf.get("counting") == "member":
        if "of_at_least" in leaf:
            yield Problem(f"{path}.counting", "sum_by_campaign")
        if "period" in leaf:
            yield Problem(f"{path}.counting", "period_by_campaign")


def _say(leaf: Fields, voice: Voice) -> str:
    if "exactly" in leaf:
        text = voice.gettext("it is purchase number {n}").format(n=voice.number(leaf["exactly"]))
    else:
        every = voice.number(leaf.get("every", ""))
        text = _bend(voice.gettext("it is every {n}th purchase").format(n=every), every)
    if "of_at_least" in leaf:
        amount = voice.money(leaf["of_at_least"])
        text = voice.gettext("{clause} of at least {amount}").format(clause=text, amount=amount)
    if "period" in leaf:
        text = voice.gettext("{clause} {period}").format(clause=text, period=voice.period(leaf["period"]))
    return text


def _bend(text: str, n: str) -> str:
    """``2nd`` instead of ``2th``; other languages have no such ending to bend."""
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(n[-1:], "th") if n[-2:-1] != "1" else "th"
    return text.replace(f"{n}th", f"{n}{ending}")


WORD = ConditionWord(
    name="nth_purchase",
    about="receipt",
    schema=closed(
        {
            "every": {"type": "integer", "minimum": 2, "maximum": 1000},
            "exactly": {"type": "integer", "minimum": 1, "maximum": 100_000},
            "counting": {"enum": ["member", "campaign"]},
            "of_at_least": positive("money"),
            "period": {"enum": ["day", "week", "month", "year"]},
        }
    ),
    title=gettext_noop("nth purchase"),
    say=_say,
    compile=_test,
    counter=counter_of,
    judge=_judge,
    facts=("purchases",),
    reasons={
        "amount_too_low": receipt_amount.TOO_LOW,
        "not_nth_purchase": gettext_noop("not for purchase number {number}"),
    },
    choices={
        "not_nth_purchase": (
            ("every", gettext_noop("for one purchase in {every}, and this is number {number}")),
            ("exactly", gettext_noop("only for purchase number {exactly}, and this is number {number}")),
        ),
    },
)
