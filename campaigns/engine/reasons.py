"""The sentence of every reason, in English: message ids for whoever translates them.

``SENTENCES`` maps a code to a sentence with ``{placeholders}``. ``describe`` makes the whole text of
a reason; it takes the translating function (Django's ``gettext``) as an argument, so that this
package stays free of it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any


def gettext_noop(text: str) -> str:
    """Mark a text for translation and leave it as it is."""
    return text


_GIVEN = {
    "percent": gettext_noop("{percent}% of {of}"),
    "fixed": gettext_noop("{points} points"),
    "per": gettext_noop("{points} points for every {per} of {of}"),
    "step_percent": gettext_noop("{percent}% of {of}, for {reached} has reached {from}"),
    "step_points": gettext_noop("{points} points, for {reached} has reached {from}"),
    "slices": gettext_noop("{slices} of {of}, each part by its own percent"),
    "multiplier": gettext_noop("{by} times the {of} points of other campaigns"),
}

_DECLINED = {
    "not_member": gettext_noop("only for members"),
    "no_member": gettext_noop("points need a card or a phone number"),
    "wrong_tier": gettext_noop("only for the tiers {tiers}"),
    "wrong_card": gettext_noop("only with the cards {cards}"),
    "wrong_partner": gettext_noop("not at this partner"),
    "wrong_store": gettext_noop("not in this store"),
    "wrong_group": gettext_noop("not in stores of this group"),
    "wrong_till": gettext_noop("not at this till"),
    "wrong_channel": gettext_noop("not in this channel"),
    "not_started": gettext_noop("begins at {from}"),
    "ended": gettext_noop("ended at {until}"),
    "wrong_weekday": gettext_noop("only on {weekdays}"),
    "outside_hours": gettext_noop("only at {hours}"),
    "no_matching_lines": gettext_noop("none of its products on the receipt"),
    "amount_too_low": gettext_noop("from {at_least} on, and the receipt comes to {amount}"),
    "amount_too_high": gettext_noop("below {below}, and the receipt comes to {amount}"),
    "not_first_purchase": gettext_noop("only for the first purchase, and this is number {number}"),
    "not_nth_purchase": gettext_noop("not for purchase number {number}"),
    "none_of_these": gettext_noop("none of these holds: {reasons}"),
    "ruled_out": gettext_noop("its condition {number} rules this purchase out"),
    "limit_reached": gettext_noop("the limit is reached"),
    "beaten": gettext_noop("“{campaign}” gives more"),
    "excluded_by": gettext_noop("cannot be combined with “{campaign}”"),
    "zero_points": gettext_noop("comes to less than the smallest part of a point"),
    "nothing_to_multiply": gettext_noop("no points to multiply"),
}

SENTENCES: Mapping[str, str] = {**_GIVEN, **_DECLINED}

_LIMITS = {
    "points": {
        "receipt": gettext_noop("at most {points} points a receipt"),
        "day": gettext_noop("at most {points} points a day, and they are given"),
        "week": gettext_noop("at most {points} points a week, and they are given"),
        "month": gettext_noop("at most {points} points a month, and they are given"),
        "year": gettext_noop("at most {points} points a year, and they are given"),
        "ever": gettext_noop("at most {points} points in all, and they are given"),
    },
    "times": {
        "day": gettext_noop("limit of uses a day: {times}"),
        "week": gettext_noop("limit of uses a week: {times}"),
        "month": gettext_noop("limit of uses a month: {times}"),
        "year": gettext_noop("limit of uses a year: {times}"),
        "ever": gettext_noop("limit of uses in all: {times}"),
    },
}
_CUTS = {
    "receipt": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a receipt"),
    "day": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a day"),
    "week": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a week"),
    "month": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a month"),
    "year": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a year"),
    "ever": gettext_noop("{text}, cut to {cut_to}: at most {limit} points in all"),
}
_WEEKDAYS = (
    gettext_noop("Mondays"),
    gettext_noop("Tuesdays"),
    gettext_noop("Wednesdays"),
    gettext_noop("Thursdays"),
    gettext_noop("Fridays"),
    gettext_noop("Saturdays"),
    gettext_noop("Sundays"),
)
_NTH = {
    "every": gettext_noop("for one purchase in {every}, and this is number {number}"),
    "exactly": gettext_noop("only for purchase number {exactly}, and this is number {number}"),
}


def describe(code: str, args: Mapping[str, Any], translate: Callable[[str], str] = gettext_noop) -> str:
    """A reason as a sentence, in the language of ``translate``. An unknown code is its own sentence."""
    sentence = SENTENCES.get(code)
    words = dict(args)
    if code == "limit_reached":
        kind = "times" if "times" in args else "points"
        sentence = _LIMITS[kind].get(args.get("period", ""), sentence)
    elif code == "wrong_weekday":
        days = [translate(_WEEKDAYS[int(day) - 1]) for day in args.get("weekdays", "").split()]
        words["weekdays"] = ", ".join(days)
    elif code == "not_nth_purchase":
        sentence = next((_NTH[kind] for kind in _NTH if kind in args), sentence)
    elif code == "none_of_these":
        inner = [describe(code, args, translate) for code, args in args.get("reasons", ())]
        words["reasons"] = "; ".join(inner)
    text = fill(translate(sentence), words) if sentence else code
    if "cut_to" in args:
        text = fill(translate(_CUTS[args["period"]]), {**args, "text": text})
    return text


class _Filler(string.Formatter):
    """Fills placeholders and nothing else: no attributes, no indexing, no formats; unknown ones are left empty."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        return kwargs.get(field_name, ""), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(value)

    def convert_field(self, value: Any, conversion: Any) -> Any:
        return value


_FILLER = _Filler()


def fill(text: str, args: Mapping[str, Any]) -> str:
    """A text with its placeholders filled; one that nobody knows is left empty."""
    return _FILLER.vformat(text, (), args)
