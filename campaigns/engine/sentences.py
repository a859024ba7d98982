"""The sentences of reasons, in English: message ids for whoever translates them.

``SENTENCES`` has one for every code: those of a condition or an effect stand with their word, the others here. Where a
code is said in several ways, ``CHOICES`` has them: the first
whose argument is there. What comes around a sentence is below. ``campaigns.engine.reasons`` puts it together.
"""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.engine.marks import gettext_noop
from campaigns.engine.vocabulary import CONDITIONS, words

_PEOPLE = {
    "not_member": gettext_noop("only for members"),
    "no_member": gettext_noop("points need a card or a phone number"),
    "excluded_tiers": gettext_noop("not for the tiers {codes}"),
    "excluded_card_kinds": gettext_noop("not with the cards {codes}"),
    "excluded_segments": gettext_noop("not for the segments {codes}"),
}

_PLACE_AND_TIME = {
    "wrong_partner": gettext_noop("not at this partner"),
    "wrong_store": gettext_noop("not in this store"),
    "wrong_group": gettext_noop("not in stores of this group"),
    "wrong_till": gettext_noop("not at this till"),
    "wrong_channel": gettext_noop("not in this channel"),
    "not_started": gettext_noop("begins at {from}"),
    "ended": gettext_noop("ended at {until}"),
    "wrong_weekday": gettext_noop("only on {weekdays}"),
    "outside_hours": gettext_noop("only at {hours}"),
    "not_around": gettext_noop("only around “{date}”, days before: {before}, days after: {after}"),
    "birthday_new": gettext_noop("the birthday was entered or changed only lately and does not count yet"),
    "other_day": gettext_noop("for another day"),
}

_RECEIPT = {
    "no_matching_lines": gettext_noop("none of its products on the receipt"),
    "coupon_no_campaign": gettext_noop("no campaign takes this coupon now"),
}

_JUDGED = {
    "none_of_these": gettext_noop("none of these holds: {reasons}"),
    "ruled_out": gettext_noop("its condition {number} rules this purchase out"),
    "limit_reached": gettext_noop("the limit is reached"),
    "beaten": gettext_noop("“{campaign}” gives more"),
    "excluded_by": gettext_noop("cannot be combined with “{campaign}”"),
    "came_first": gettext_noop("“{campaign}” comes before it, and only one of them applies"),
    "zero_points": gettext_noop("comes to less than the smallest part of a point"),
    "never_spendable": gettext_noop("its points would expire on {date}, before anybody could spend them"),
    "nothing_left": gettext_noop("nothing left to take off"),
    "all_discounted": gettext_noop("another campaign made all its products cheaper"),
}

SENTENCES: Mapping[str, str] = {
    **_PEOPLE, **_PLACE_AND_TIME, **_RECEIPT, **_JUDGED,
    **{code: sentence for word in words() for code, sentence in word.reasons.items()},
}  # fmt: skip

_OTHER_WAYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "other_day": (
        ("offset", gettext_noop("for another day, days from the date: {offset}")),
        ("days", gettext_noop("for members who have not bought for so many days: {days}")),
    ),
    "not_around": (
        ("date=birthday", gettext_noop("only around the birthday, days before: {before}, days after: {after}")),
        (
            "date=joined",
            gettext_noop("only around the day of joining, days before: {before}, days after: {after}"),
        ),
    ),
}  # fmt: skip
#: Other ways to say a code: (argument, or argument=value, sentence).
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    **_OTHER_WAYS,
    **{code: ways for word in words() for code, ways in word.choices.items()},
}
#: Reasons that count certain goods: they are named behind the sentence.
COUNTS_GOODS = frozenset(
    code
    for word in CONDITIONS.values()
    if word.of_goods
    for code in word.reasons
    if code.endswith(("_too_low", "_too_high"))
)

LIMITS: Mapping[str, Mapping[str, str]] = {
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
    "money": {"ever": gettext_noop("the budget of {money} for discounts is used up")},
}
CUTS: Mapping[str, str] = {
    "receipt": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a receipt"),
    "day": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a day"),
    "week": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a week"),
    "month": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a month"),
    "year": gettext_noop("{text}, cut to {cut_to}: at most {limit} points a year"),
    "ever": gettext_noop("{text}, cut to {cut_to}: at most {limit} points in all"),
}
#: Whose uses a limit counts, where it is not one member's.
PER: Mapping[str, str] = {
    "store": gettext_noop("{text} (all buyers of this store together)"),
    "campaign": gettext_noop("{text} (all buyers together)"),
}
CUT_MONEY = gettext_noop("{text}, cut to {cut_money}: the budget for discounts ends here")
#: Of what is given by the piece: how many pieces of the line, and what they cost.
TAKEN = gettext_noop("{text} (pieces here: {pieces_here}, together {worth_here})")
#: Of what is given to several lines: how much of it falls to this one, and by which part of what.
SHARE = gettext_noop("{text}; in all {whole}, here {share}")
SHARE_BY = gettext_noop("{text}; in all {whole}, here {share} ({here} of {total})")
#: The goods that a condition speaks of.
OF_GOODS = gettext_noop("{text} ({wanted})")
PERIODS: Mapping[str, str] = {
    "day": gettext_noop("today"),
    "week": gettext_noop("this week"),
    "month": gettext_noop("this month"),
    "year": gettext_noop("this year"),
    "ever": gettext_noop("in all"),
}
LAST_DAYS = gettext_noop("in the last {days} days")
WEEKDAYS = (
    gettext_noop("Mondays"),
    gettext_noop("Tuesdays"),
    gettext_noop("Wednesdays"),
    gettext_noop("Thursdays"),
    gettext_noop("Fridays"),
    gettext_noop("Saturdays"),
    gettext_noop("Sundays"),
)
