"""What may be wrong with a definition, in words a shop owner understands: by what its parser says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: What the parser says, by how it begins or a part of it, and what the person reads.
SAID: tuple[tuple[str, StrOrPromise], ...] = (
    (r"is missing: name the event", gettext_lazy("Say what must happen.")),
    (r"is missing: say among which", gettext_lazy("Name the group of campaigns.")),
    (r"is missing", gettext_lazy("Fill this in.")),
    (r"^'' will not do", gettext_lazy("Fill this in.")),
    (r"^'' is not known", gettext_lazy("Choose one.")),
    (r"^'' is not a moment", gettext_lazy("Give a date and a time.")),
    (r"^\['', ''\]|^'' is not a time", gettext_lazy("Give both times.")),
    (r"is empty; list at least one", gettext_lazy("Choose at least one, or take this row away.")),
    (r"is empty; give points, money", gettext_lazy("Say how many points or how much money, or take this row away.")),
    (r"names the same thing twice", gettext_lazy("The same thing is here twice; keep one.")),
    (r"only members have these", gettext_lazy(
        "Only members have tiers, segments and cards: choose members above, or take this row away.")),
    (r"takes out all that", gettext_lazy("The exceptions take out everything that was chosen; leave something.")),
    (r"chooses lines", gettext_lazy("Goods can be chosen for “certain goods” only.")),
    (r"speaks of a receipt, and an event has none", gettext_lazy(
        "This looks at a receipt, and here is none: take it away.")),
    (r"needs (a receipt|an amount), and an event has none", gettext_lazy(
        "This needs a receipt, and here is none: give points, a coupon or a badge instead.")),
    (r"asks about an event", gettext_lazy("This looks at an event, and here is a receipt: take it away.")),
    (r"never opens: it ends when it begins", gettext_lazy(
        "The window is never open: it ends when it begins. Move one of the times.")),
    (r"cannot begin at 24:00", gettext_lazy("Begin at 00:00 instead of 24:00.")),
    (r"is not after when.from", gettext_lazy("The end must come after the beginning.")),
    (r"none of these days falls between", gettext_lazy(
        "None of these weekdays falls between the two dates; add one.")),
    (r"has no (amount|number); give", gettext_lazy("Fill in at least one of the two numbers.")),
    (r"names no goods", gettext_lazy("Choose the goods.")),
    (r"is not above at_least", gettext_lazy("The upper number must be greater than the lower one.")),
    (r"is below at_least", gettext_lazy("The upper number must not be smaller than the lower one.")),
    (r"goes with in: category", gettext_lazy("Choose the category.")),
    (r"keeps one counter of its own", gettext_lazy(
        "A campaign counts one thing only; make a second campaign for the other.")),
    (r"are counted by the campaign", gettext_lazy(
        "Purchases of at least a sum, or of a period, are counted by this campaign: choose that.")),
    (r"give exactly one of", gettext_lazy("Fill in exactly one of these.")),
    (r"gives nothing and says nothing", gettext_lazy("Say what they get: add something.")),
    (r"multiplies what others gave can do nothing else", gettext_lazy(
        "A booster stands alone: make a second campaign for the rest.")),
    (r"a campaign has one ", gettext_lazy("A campaign has one of these; make a second campaign.")),
    (r"what is asked for at the till stands alone", gettext_lazy(
        "An exchange stands alone: make a second campaign for the rest.")),
    (r"so all would be free", gettext_lazy("Fewer pieces must be free than are bought.")),
    (r"put the steps in ascending order", gettext_lazy("Each step must begin above the one before.")),
    (r"a slice earns a percent", gettext_lazy(
        "A part of the amount earns a percent: give percents, or let the step count for the whole amount.")),
    (r"slices are cut from", gettext_lazy("Parts are cut from the amount that is paid on: choose that.")),
    (r"has a brace without its pair", gettext_lazy("A brace { has no pair }.")),
    (r"^\{.*\} is not known; use \{", gettext_lazy(
        "Only {points}, {earned}, {balance} and {campaign} can stand in braces.")),
    (r"limits nothing", gettext_lazy("Say how many points or how many times.")),
    (r"a receipt earns once anyway", gettext_lazy("A receipt earns once anyway: limit the points, or another period.")),
    (r"pays for discounts, and the campaign gives none", gettext_lazy(
        "This budget is for discounts, and the campaign gives none: leave the money empty.")),
    (r"is not a moment", gettext_lazy("This is no date and time.")),
    (r"goes with the event member.dormant", gettext_lazy("Say after how many days.")),
    (r"gives the same thing twice", gettext_lazy("The same thing is given twice; keep one.")),
    (r"pays for points, and the campaign gives none", gettext_lazy(
        "This budget is for points, and the campaign gives none: leave the points empty.")),
    (r"is for campaigns that reward an event", gettext_lazy(
        "This belongs to campaigns for something that happens to the member: choose that, or take it away.")),
    (r"has no offset from UTC", gettext_lazy("Say the time zone too, like 2026-11-21T00:00:00+03:00.")),
    (r"never opens; for the whole day", gettext_lazy(
        "The window is never open: it ends when it begins. Move one of the times.")),
    (r"is not a day; write", gettext_lazy("Give a date, like 2026-11-21.")),
    (r"is not a time; write", gettext_lazy("Give a time of day, like 13:00.")),
    (r"is not an object; write", gettext_lazy("Write an object: begin with { and end with }.")),
    (r"leave it out$", gettext_lazy("This does not fit here; take it away.")),
)  # fmt: skip

#: What the parser says with words of its own in it, and how that is put.
WITH_WORDS: tuple[tuple[str, StrOrPromise], ...] = (
    (r"^is not known here; known are (.+)$", gettext_lazy("This is not known here. Known are: {0}.")),
    (r"^(.+) is not known; use one of (.+)$", gettext_lazy("{0} is not known. Choose one of: {1}.")),
    (r"^has \d+ of (.+); give exactly one$", gettext_lazy("Give exactly one of: {0}.")),
    (r"^has (\d+) of them; give at most (\d+)$", gettext_lazy("There are {0} of them; {1} is the most.")),
)

#: What a field wants, as the schema's titles say it.
WANTED: dict[str, StrOrPromise] = {
    "a percent above 0 and at most 100": gettext_lazy("a percent above 0 and at most 100"),
    "a number of points above 0": gettext_lazy("a number of points above 0"),
    "an amount above 0": gettext_lazy("an amount above 0"),
    "an amount, zero or more, at most 4 decimal places": gettext_lazy("an amount, zero or more"),
    "a factor above 1 and at most 100": gettext_lazy("a number above 1 and at most 100"),
    "a number of pieces above 0": gettext_lazy("a number of pieces above 0"),
    "a number of days, 0 to 3660": gettext_lazy("a number of days, 0 to 3660"),
    "a number of days, -180 to 180": gettext_lazy("a number of days, −180 to 180"),
    "1 to 3660 days": gettext_lazy("1 to 3660 days"),
    "an age in years, 0 to 150": gettext_lazy("an age in years, 0 to 150"),
    "a whole number, 0 or more": gettext_lazy("a whole number, 0 or more"),
    "a whole number from 1": gettext_lazy("a whole number from 1"),
    "a whole number from 2": gettext_lazy("a whole number from 2"),
    "a time of day, like 13:00 (24:00 is the end of the day)": gettext_lazy("a time of day, like 13:00"),
    "a number, at most 4 decimal places": gettext_lazy("a number"),
    "a code": gettext_lazy("a name"),
    "a list of codes": gettext_lazy("a list of names"),
    "a moment with its offset from UTC, like 2026-11-21T00:00:00+03:00": gettext_lazy(
        "a moment with its time zone, like 2026-11-21T00:00:00+03:00"
    ),
    "a list of weekdays, 1 (Monday) to 7 (Sunday)": gettext_lazy(
        "a list of weekdays, 1 (Monday) to 7 (Sunday)"
    ),
    "numbers 1 (Monday) to 7 (Sunday)": gettext_lazy("a list of weekdays, 1 (Monday) to 7 (Sunday)"),
    'a list of pairs, like [["13:00", "15:00"]]': gettext_lazy('a list of pairs, like [["13:00", "15:00"]]'),
    'a pair, like ["13:00", "15:00"]': gettext_lazy('a list of pairs, like [["13:00", "15:00"]]'),
    "the name of an event, like review.left or member.registered": gettext_lazy(
        "the name of an event, like review.left"
    ),
    "true or false": gettext_lazy("yes (true) or no (false)"),
    'a period: day, week, month, year, ever, or {"days": 30}': gettext_lazy(
        'a period: day, week, month, year, ever, or {"days": 30}'
    ),
    "a text": gettext_lazy("a text"),
    "a list of texts": gettext_lazy("a list of texts"),
    "a list of effects": gettext_lazy("a list of what they get"),
    "a whole number": gettext_lazy("a whole number"),
    "an object {…}": gettext_lazy("an object: begin with { and end with }"),
    "the definition of a campaign, an object {…}": gettext_lazy("an object: begin with { and end with }"),
}

#: Wants that carry limits of their own.
LIMITED: tuple[tuple[str, StrOrPromise], ...] = (
    (r"a text (?:of at least 1 )?of at most (\d+)", gettext_lazy("a text of 1 to {0} characters")),
    (r"a whole number from (\d+) to (\d+)", gettext_lazy("a whole number from {0} to {1}")),
    (r"a number from ([\d.]+) to ([\d.]+), at most (\d+) places",
     gettext_lazy("a number from {0} to {1}, with at most {2} decimal places")),
    (r"a year from (\d+) to (\d+)", gettext_lazy("a year from {0} to {1}")),
    (r"a list(?: of at least \d+)?(?: of at most (\d+))?", gettext_lazy("a list")),
)  # fmt: skip

_SAID = tuple((re.compile(pattern), text) for pattern, text in SAID)
_WITH_WORDS = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in WITH_WORDS)
_LIMITED = tuple((re.compile(pattern), text) for pattern, text in LIMITED)
_WANTED = re.compile(r"will not do; give (.+)\Z", re.DOTALL)


def say(message: str) -> str:
    """What the parser says, in the reader's language; what nobody foresaw, as it is."""
    for pattern, text in _SAID:
        if pattern.search(message):
            return str(text)
    for pattern, text in _WITH_WORDS:
        if found := pattern.search(message):
            return str(text).format(*found.groups())
    if found := _WANTED.search(message):
        return _("This will not do: give {what}.").format(what=_what(found[1]))
    return message[:1].upper() + message[1:]


def _what(wanted: str) -> str:
    """What a field wants, in the reader's language."""
    if wanted in WANTED:
        return str(WANTED[wanted])
    for pattern, text in _LIMITED:
        if found := pattern.fullmatch(wanted):
            return str(text).format(*found.groups())
    return wanted
