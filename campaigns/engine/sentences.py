"""The sentences of reasons, in English: message ids for whoever translates them.

``SENTENCES`` has one for every code. Where a code is said in several ways, ``CHOICES`` has them: the first
whose argument is there. What comes around a sentence is below. ``campaigns.engine.reasons`` puts it together.
"""

from __future__ import annotations

from collections.abc import Mapping


def gettext_noop(text: str) -> str:
    """Mark a text for translation and leave it as it is."""
    return text


_POINTS = {
    "percent": gettext_noop("{percent}% of {of}"),
    "fixed": gettext_noop("{points} points"),
    "per": gettext_noop("{points} points for every {per} of {of}"),
    "per_piece": gettext_noop("{points} points a piece, pieces: {pieces}"),
    "step_percent": gettext_noop("{percent}% of {of}, for {reached} has reached {from}"),
    "step_points": gettext_noop("{points} points, for {reached} has reached {from}"),
    "slices": gettext_noop("{slices} of {of}, each part by its own percent"),
    "multiplier": gettext_noop("{by} times the {of} points of other campaigns: {more} × {of} more"),
    "promised": gettext_noop("{percent}% of {of}, as an earlier purchase promised"),
    "stamps": gettext_noop("{points} points for each full card of {goal} stamps, cards: {rounds}"),
}

_MONEY = {
    "off_percent": gettext_noop("{percent}% off {of}"),
    "off_amount": gettext_noop("{amount} off"),
    "fixed_price": gettext_noop("{price} a piece"),
    "cheapest_free": gettext_noop("of every {every} the cheapest {free} for nothing"),
    "gift": gettext_noop("a gift"),
    "stamps_free": gettext_noop("a full card of {goal} stamps, free pieces: {pieces}"),
    "stamps_percent": gettext_noop("{percent}% off {of}, for a full card of {goal} stamps"),
    "exchange": gettext_noop("{points} points exchanged for {amount} off"),
}

_PEOPLE = {
    "not_member": gettext_noop("only for members"),
    "no_member": gettext_noop("points need a card or a phone number"),
    "wrong_tier": gettext_noop("only for the tiers {tiers}"),
    "wrong_card": gettext_noop("only with the cards {cards}"),
    "wrong_segment": gettext_noop("only for the segments {segments}"),
    "excluded_tiers": gettext_noop("not for the tiers {codes}"),
    "excluded_card_kinds": gettext_noop("not with the cards {codes}"),
    "excluded_segments": gettext_noop("not for the segments {codes}"),
    "not_female": gettext_noop("only for women"),
    "not_male": gettext_noop("only for men"),
    "birthday_unknown": gettext_noop("the member's birthday is not known"),
    "age_too_low": gettext_noop("only from the age of {at_least} on"),
    "age_too_high": gettext_noop("only up to the age of {at_most}"),
    "wrong_attribute": gettext_noop("only where “{key}” is {wanted}"),
    "wrong_cashier": gettext_noop("not at this cashier"),
    "no_cashier": gettext_noop("for the cashier, and none is named"),
    "not_referred": gettext_noop("for whoever brought the member, and nobody did"),
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
    "wrong_data": gettext_noop("only where “{key}” of the event is {wanted}"),
}

_RECEIPT = {
    "no_matching_lines": gettext_noop("none of its products on the receipt"),
    "amount_too_low": gettext_noop("from {at_least} on, and the receipt comes to {amount}"),
    "amount_too_high": gettext_noop("below {below}, and the receipt comes to {amount}"),
    "goods_amount_too_low": gettext_noop("from {at_least} on, and these products come to {value}"),
    "goods_amount_too_high": gettext_noop("below {below}, and these products come to {value}"),
    "goods_missing": gettext_noop("needs {wanted}: {pieces}, and on the receipt: {value}"),
    "lines_too_low": gettext_noop("lines of the receipt: {value}, needed are {at_least} or more"),
    "lines_too_high": gettext_noop("lines of the receipt: {value}, allowed are {at_most} or fewer"),
    "pieces_too_low": gettext_noop("pieces on the receipt: {value}, needed are {at_least} or more"),
    "pieces_too_high": gettext_noop("pieces on the receipt: {value}, allowed are {at_most} or fewer"),
    "pieces_short": gettext_noop("from {every} pieces on, missing: {missing}"),
    "not_paid_with_points": gettext_noop("only where points are spent"),
    "paid_with_points": gettext_noop("not where points are spent"),
    "coupon_missing": gettext_noop("only with a coupon of {series}"),
    "coupon_no_campaign": gettext_noop("no campaign takes this coupon now"),
}

_HISTORY = {
    "not_first_purchase": gettext_noop("only for the first purchase, and this is number {number}"),
    "not_first_in_store": gettext_noop("only for the first purchase in this store, and this is number {number}"),
    "not_first_in_partner": gettext_noop(
        "only for the first purchase at this partner, and this is number {number}"
    ),
    "not_first_in_category": gettext_noop(
        "only for the first purchase of these products, and this is number {number}"
    ),
    "not_nth_purchase": gettext_noop("not for purchase number {number}"),
    "no_purchase_yet": gettext_noop("only for those who bought before"),
    "days_since_purchase_too_low": gettext_noop(
        "days since the last purchase: {value}, needed are {at_least} or more"
    ),
    "days_since_purchase_too_high": gettext_noop(
        "days since the last purchase: {value}, allowed are {at_most} or fewer"
    ),
    "days_since_joining_too_low": gettext_noop(
        "days since joining: {value}, needed are {at_least} or more"
    ),
    "days_since_joining_too_high": gettext_noop(
        "days since joining: {value}, allowed are {at_most} or fewer"
    ),
    "spent_too_low": gettext_noop("spent {period}: {value}, needed are {at_least} or more"),
    "spent_too_high": gettext_noop("spent {period}: {value}, only below {below}"),
    "purchases_too_low": gettext_noop("purchases {period}: {value}, needed are {at_least} or more"),
    "purchases_too_high": gettext_noop("purchases {period}: {value}, allowed are {at_most} or fewer"),
    "balance_too_low": gettext_noop("points on the account: {value}, needed are {at_least} or more"),
    "balance_too_high": gettext_noop("points on the account: {value}, only below {below}"),
}  # fmt: skip

_JUDGED = {
    "none_of_these": gettext_noop("none of these holds: {reasons}"),
    "ruled_out": gettext_noop("its condition {number} rules this purchase out"),
    "limit_reached": gettext_noop("the limit is reached"),
    "beaten": gettext_noop("“{campaign}” gives more"),
    "excluded_by": gettext_noop("cannot be combined with “{campaign}”"),
    "came_first": gettext_noop("“{campaign}” comes before it, and only one of them applies"),
    "zero_points": gettext_noop("comes to less than the smallest part of a point"),
    "never_spendable": gettext_noop("its points would expire on {date}, before anybody could spend them"),
    "nothing_to_multiply": gettext_noop("no points to multiply"),
    "stamp_collected": gettext_noop("stamps: {value} of {goal}"),
    "cheaper_already": gettext_noop("costs no more than {price} a piece already"),
    "nothing_left": gettext_noop("nothing left to take off"),
    "all_discounted": gettext_noop("another campaign made all its products cheaper"),
    "gift_missing": gettext_noop("a gift that is not on the receipt yet: {wanted}"),
}

_EXCHANGES = {
    "not_asked": gettext_noop("{points} points can be exchanged for {amount} off"),
    "exchange_too_large": gettext_noop("{amount} off for {points} points, and points can pay {value} here"),
    "exchange_balance": gettext_noop("{points} points are exchanged, and the account has {value} for it"),
    "exchange_per_day": gettext_noop("{points} points are exchanged, and today {value} more can be spent"),
    "exchange_leave": gettext_noop("{amount} off for {points} points, and {leave} must remain to be paid"),
    "exchange_not_allowed": gettext_noop("this holder may not spend from the account"),
}

SENTENCES: Mapping[str, str] = {
    **_POINTS, **_MONEY, **_PEOPLE, **_PLACE_AND_TIME, **_RECEIPT, **_HISTORY, **_JUDGED, **_EXCHANGES,
}  # fmt: skip

#: Other ways to say a code: (argument, or argument=value, sentence).
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "not_nth_purchase": (
        ("every", gettext_noop("for one purchase in {every}, and this is number {number}")),
        ("exactly", gettext_noop("only for purchase number {exactly}, and this is number {number}")),
    ),
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
    "pieces_too_low": (
        ("period", gettext_noop("pieces bought {period}: {value}, needed are {at_least} or more")),
    ),
    "pieces_too_high": (
        ("period", gettext_noop("pieces bought {period}: {value}, allowed are {at_most} or fewer")),
    ),
    "cheapest_free": (
        ("percent=100", gettext_noop("of every {every} the cheapest {free} for nothing")),
        ("percent", gettext_noop("of every {every} the cheapest {free} at {percent}% off")),
    ),
    "off_amount": (("most", gettext_noop("{amount} off, of which there was {most}")),),
    "exchange": (("percent", gettext_noop("{points} points exchanged for {percent}% off")),),
    "not_asked": (("percent", gettext_noop("{points} points can be exchanged for {percent}% off")),),
    "exchange_too_large": (
        ("percent", gettext_noop("{percent}% off for {points} points, and points can pay {value} here")),
    ),
    "exchange_leave": (
        ("percent", gettext_noop("{percent}% off for {points} points, and {leave} must remain to be paid")),
    ),
}  # fmt: skip

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
