"""What may be wrong with a definition, in words a shop owner understands: by the codes of its problems.

``campaigns.engine.problem_sentences`` has the same codes in the words of files and the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from campaigns.engine.problem import Problem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Problems of something that nobody has chosen or filled in yet.
UNDONE = frozenset(
    {
        "missing", "missing_event", "missing_group", "empty_list",
        "blank", "blank_choice", "blank_moment", "blank_time",
    }
)  # fmt: skip

#: What the person reads, by code.
SAID: dict[str, StrOrPromise] = {
    "missing_event": gettext_lazy("Say what must happen."),
    "missing_group": gettext_lazy("Name the group of campaigns."),
    "missing": gettext_lazy("Fill this in."),
    "blank": gettext_lazy("Fill this in."),
    "blank_choice": gettext_lazy("Choose one."),
    "blank_moment": gettext_lazy("Give a date and a time."),
    "blank_time": gettext_lazy("Give both times."),
    "empty_list": gettext_lazy("Choose at least one, or take this row away."),
    "empty_budget": gettext_lazy("Say how many points or how much money, or take this row away."),
    "twice": gettext_lazy("The same thing is here twice; keep one."),
    "members_only": gettext_lazy(
        "Only members have tiers, segments and cards: choose members above, or take this row away."),
    "takes_all_out": gettext_lazy("The exceptions take out everything that was chosen; leave something."),
    "chooses_lines": gettext_lazy("Goods can be chosen for “certain goods” only."),
    "asks_receipt": gettext_lazy("This looks at a receipt, and here is none: take it away."),
    "needs_receipt": gettext_lazy(
        "This needs a receipt, and here is none: give points, a coupon or a badge instead."),
    "asks_event": gettext_lazy("This looks at an event, and here is a receipt: take it away."),
    "never_opens": gettext_lazy("The window is never open: it ends when it begins. Move one of the times."),
    "never_opens_all_day": gettext_lazy("The window is never open: it ends when it begins. Move one of the times."),
    "begins_at_end": gettext_lazy("Begin at 00:00 instead of 24:00."),
    "ends_first": gettext_lazy("The end must come after the beginning."),
    "no_such_weekday": gettext_lazy("None of these weekdays falls between the two dates; add one."),
    "no_amount": gettext_lazy("Fill in at least one of the two numbers."),
    "no_number": gettext_lazy("Fill in at least one of the two numbers."),
    "no_goods": gettext_lazy("Choose the goods."),
    "below_not_above": gettext_lazy("The upper number must be greater than the lower one."),
    "most_below_least": gettext_lazy("The upper number must not be smaller than the lower one."),
    "category_alone": gettext_lazy("Choose the category."),
    "second_counter": gettext_lazy("A campaign counts one thing only; make a second campaign for the other."),
    "sum_by_campaign": gettext_lazy(
        "Purchases of at least a sum, or of a period, are counted by this campaign: choose that."),
    "period_by_campaign": gettext_lazy(
        "Purchases of at least a sum, or of a period, are counted by this campaign: choose that."),
    "exactly_one": gettext_lazy("Fill in exactly one of these."),
    "gives_nothing": gettext_lazy("Say what they get: add something."),
    "multiplier_alone": gettext_lazy("A booster stands alone: make a second campaign for the rest."),
    "one_only": gettext_lazy("A campaign has one of these; make a second campaign."),
    "exchange_alone": gettext_lazy("An exchange stands alone: make a second campaign for the rest."),
    "all_free": gettext_lazy("Fewer pieces must be free than are bought."),
    "steps_descend": gettext_lazy("Each step must begin above the one before."),
    "slice_of_points": gettext_lazy(
        "A part of the amount earns a percent: give percents, or let the step count for the whole amount."),
    "slices_of_scope": gettext_lazy("Parts are cut from the amount that is paid on: choose that."),
    "open_brace": gettext_lazy("A brace { has no pair }."),
    "unknown_brace": gettext_lazy("Only {points}, {earned}, {balance} and {campaign} can stand in braces."),
    "limits_nothing": gettext_lazy("Say how many points or how many times."),
    "receipt_earns_once": gettext_lazy("A receipt earns once anyway: limit the points, or another period."),
    "budget_without_discounts": gettext_lazy(
        "This budget is for discounts, and the campaign gives none: leave the money empty."),
    "not_moment": gettext_lazy("This is no date and time."),
    "of_dormant": gettext_lazy("Say after how many days."),
    "given_twice": gettext_lazy("The same thing is given twice; keep one."),
    "budget_without_points": gettext_lazy(
        "This budget is for points, and the campaign gives none: leave the points empty."),
    "of_events": gettext_lazy(
        "This belongs to campaigns for something that happens to the member: choose that, or take it away."),
    "no_offset": gettext_lazy("Say the time zone too, like 2026-11-21T00:00:00+03:00."),
    "not_day": gettext_lazy("Give a date, like 2026-11-21."),
    "not_time": gettext_lazy("Give a time of day, like 13:00."),
    "not_object": gettext_lazy("Write an object: begin with { and end with }."),
    "of_dates": gettext_lazy("This does not fit here; take it away."),
    "not_known_yet": gettext_lazy(
        "Whether points pay is known only after this is decided: take it away, or make a second campaign."),
}  # fmt: skip

#: What the person reads where a problem's arguments are filled in, by code: the text and what its numbers stand for.
WITH_WORDS: dict[str, tuple[StrOrPromise, tuple[str, ...]]] = {
    "unknown_field": (gettext_lazy("This is not known here. Known are: {0}."), ("known",)),
    "unknown_choice": (gettext_lazy("{0} is not known. Choose one of: {1}."), ("value", "choices")),
    "one_of": (gettext_lazy("Give exactly one of: {0}."), ("names",)),
    "too_many": (gettext_lazy("There are {0} of them; {1} is the most."), ("count", "most")),
    "unknown_payer": (
        gettext_lazy("There is no payer “{payer}” in this programme: choose one, or make it first."), (),
    ),
    "never_spendable": (
        gettext_lazy(
            "Its points could never be spent: they expire on {day}, before they are active. Choose a later day."
        ),
        (),
    ),
    "unfit": (gettext_lazy("This will not do: give {what}."), ()),
}  # fmt: skip

#: What a field wants, by what its schema says.
WANTED: dict[str, StrOrPromise] = {
    "percent": gettext_lazy("a percent above 0 and at most 100"),
    "points": gettext_lazy("a number of points above 0"),
    "money": gettext_lazy("an amount above 0"),
    "amount": gettext_lazy("an amount, zero or more"),
    "factor": gettext_lazy("a number above 1 and at most 100"),
    "pieces": gettext_lazy("a number of pieces above 0"),
    "days": gettext_lazy("a number of days, 0 to 3660"),
    "offset": gettext_lazy("a number of days, −180 to 180"),
    "days_from_1": gettext_lazy("1 to 3660 days"),
    "years": gettext_lazy("an age in years, 0 to 150"),
    "count": gettext_lazy("a whole number, 0 or more"),
    "whole_from_1": gettext_lazy("a whole number from 1"),
    "whole_from_2": gettext_lazy("a whole number from 2"),
    "clock": gettext_lazy("a time of day, like 13:00"),
    "number": gettext_lazy("a number"),
    "code": gettext_lazy("a name"),
    "codes": gettext_lazy("a list of names"),
    "moment": gettext_lazy("a moment with its time zone, like 2026-11-21T00:00:00+03:00"),
    "weekdays": gettext_lazy("a list of weekdays, 1 (Monday) to 7 (Sunday)"),
    "weekday_numbers": gettext_lazy("a list of weekdays, 1 (Monday) to 7 (Sunday)"),
    "hours": gettext_lazy('a list of pairs, like [["13:00", "15:00"]]'),
    "pair": gettext_lazy('a list of pairs, like [["13:00", "15:00"]]'),
    "event": gettext_lazy("the name of an event, like review.left"),
    "yes_or_no": gettext_lazy("yes (true) or no (false)"),
    "period": gettext_lazy('a period: day, week, month, year, ever, or {"days": 30}'),
    "text": gettext_lazy("a text"),
    "texts": gettext_lazy("a list of texts"),
    "effects": gettext_lazy("a list of what they get"),
    "object": gettext_lazy("an object: begin with { and end with }"),
    "definition": gettext_lazy("an object: begin with { and end with }"),
    "list_to": gettext_lazy("a list"),
    "list_within": gettext_lazy("a list"),
    "objects": gettext_lazy("a list"),
    "something": gettext_lazy("something else"),
}

#: Wants that carry limits of their own.
LIMITED: dict[str, tuple[StrOrPromise, tuple[str, ...]]] = {
    "text_within": (gettext_lazy("a text of 1 to {0} characters"), ("most",)),
    "text_or_null": (gettext_lazy("a text of 1 to {0} characters"), ("most",)),
    "whole_within": (gettext_lazy("a whole number from {0} to {1}"), ("least", "most")),
    "number_within": (
        gettext_lazy("a number from {0} to {1}, with at most {2} decimal places"), ("least", "most", "places"),
    ),
    "year_within": (gettext_lazy("a year from {0} to {1}"), ("least", "most")),
}  # fmt: skip


def say(problem: Problem) -> str:
    """What is wrong, in the reader's language; a code that nobody foresaw as files say it."""
    args = problem.args
    if problem.code in WITH_WORDS:
        text, names = WITH_WORDS[problem.code]
        given = {**args, "what": _what(args)} if "wanted" in args else args
        return str(text).format(*(args[name] for name in names), **given)
    if problem.code in SAID:
        return str(SAID[problem.code])
    return problem.message[:1].upper() + problem.message[1:]


def _what(args: Mapping[str, str]) -> str:
    """What a field wants, in the reader's language."""
    wanted = args["wanted"]
    if wanted in LIMITED:
        text, names = LIMITED[wanted]
        return str(text).format(*(args[name] for name in names))
    return str(WANTED.get(wanted, wanted))
