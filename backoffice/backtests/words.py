"""What a backtest says, in words: figures, periods, reasons and near misses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.backtest import adding_up
from campaigns.backtest.adding_up import Miss
from campaigns.models import Backtest

CENT = Decimal("0.01")


def money(value: Decimal) -> str:
    """An amount with two places and separators, as the reader's language writes it."""
    return number_format(value.quantize(CENT, ROUND_HALF_UP), 2, force_grouping=True)


def count(value: int) -> str:
    """A whole number with separators."""
    return number_format(value, 0, force_grouping=True)


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """A share as a percent: one place below ten, none above."""
    if not whole:
        return "–"
    share = Decimal(part) * 100 / Decimal(whole)
    places = 1 if abs(share) < 10 else 0
    return f"{number_format(round(share, places), places)}%"


def period(begins: date, ends: date) -> str:
    """A period as people write it: a month by its name, others by their first and last day."""
    following = ends + timedelta(days=1)
    if begins.day == 1 and following.day == 1:
        if (begins.year, begins.month) == (ends.year, ends.month):
            return date_format(begins, "F Y")
        if begins.month == 1 and ends.month == 12 and begins.year == ends.year:
            return str(begins.year)
    return f"{date_format(begins, 'DATE_FORMAT')} – {date_format(ends, 'DATE_FORMAT')}"


def cost(backtest: Backtest) -> str:
    """What it would have cost, with the currency."""
    if backtest.result is None:
        return "–"
    tally = adding_up.load(backtest.result)
    return f"{money(tally.all.cost)} {backtest.programme.currency}"


def time_left(backtest: Backtest, now: datetime) -> str:
    """About how long it will still take; empty before that can be told."""
    if not backtest.started_at or not backtest.judged or backtest.judged >= backtest.receipts:
        return ""
    spent = (now - backtest.started_at).total_seconds()
    if spent < 3:
        return ""
    return duration(spent / backtest.judged * (backtest.receipts - backtest.judged))


def duration_of(backtest: Backtest) -> str:
    """How long it took; empty before it is over."""
    if not backtest.started_at or not backtest.ended_at:
        return ""
    return duration((backtest.ended_at - backtest.started_at).total_seconds())


def duration(seconds: float) -> str:
    """A length of time in seconds or minutes."""
    if seconds < 90:
        whole = max(round(seconds), 1)
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    minutes = round(seconds / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def miss(kind: str, found: Miss, currency: str) -> str:
    """What members would have had to do, and how often that little was missing."""
    average = found.short / found.receipts
    n = {"n": count(found.receipts), "short": money(average), "currency": currency, "minutes": round(average)}
    match kind:
        case "amount":
            return _("Spend a little more: %(n)s receipts were %(short)s %(currency)s short on average.") % n
        case "step":
            return (
                _(
                    "Spend a little more, up to the next step: "
                    "%(n)s receipts were %(short)s %(currency)s short on average."
                )
                % n
            )
        case "piece":
            return _("Buy one piece more: %(n)s receipts lacked just one.") % n
        case "purchase":
            return _("Come once more: %(n)s members stood one purchase short when the period ended.") % n
        case "stamp":
            return _("Come once more: %(n)s members lacked one stamp when the period ended.") % n
        case "gift":
            return _("Take the gift along: %(n)s receipts had earned it without holding it.") % n
        case "early":
            return _("Come a little later: %(n)s receipts were %(minutes)s minutes early on average.") % n
        case "late":
            return _("Come a little earlier: %(n)s receipts were %(minutes)s minutes late on average.") % n
        case "day_early":
            return _("Come a day later: %(n)s receipts were made the day before.") % n
        case "day_late":
            return _("Come a day earlier: %(n)s receipts were made the day after.") % n
        case "card":
            return _("Show a card: %(n)s receipts would have earned, had they been a member's.") % n
    return f"{kind}: {found.receipts}"


def why_not(code: str) -> str:
    """Why a campaign gave nothing on many receipts: the engine's reason without what is particular."""
    return _WHY_NOT.get(code, lambda: code.replace("_", " "))()


_WHY_NOT: Mapping[str, Any] = {
    "not_member": lambda: _("no member"),
    "no_member": lambda: _("no member"),
    "wrong_tier": lambda: _("another tier"),
    "wrong_card": lambda: _("another type of card"),
    "wrong_segment": lambda: _("another segment"),
    "excluded_tiers": lambda: _("a tier left out"),
    "excluded_card_kinds": lambda: _("a type of card left out"),
    "excluded_segments": lambda: _("a segment left out"),
    "not_female": lambda: _("not a woman"),
    "not_male": lambda: _("not a man"),
    "birthday_unknown": lambda: _("birthday not known"),
    "age_too_low": lambda: _("too young"),
    "age_too_high": lambda: _("too old"),
    "wrong_attribute": lambda: _("another attribute"),
    "wrong_cashier": lambda: _("another cashier"),
    "no_cashier": lambda: _("no cashier named"),
    "not_referred": lambda: _("nobody brought the member"),
    "wrong_partner": lambda: _("another partner"),
    "wrong_store": lambda: _("another store"),
    "wrong_group": lambda: _("another group of stores"),
    "wrong_till": lambda: _("another till"),
    "wrong_channel": lambda: _("another channel"),
    "not_started": lambda: _("before it begins"),
    "ended": lambda: _("after it ends"),
    "wrong_weekday": lambda: _("another weekday"),
    "outside_hours": lambda: _("other hours"),
    "not_around": lambda: _("not around its date"),
    "birthday_new": lambda: _("a birthday entered only lately"),
    "no_matching_lines": lambda: _("none of its products"),
    "goods_missing": lambda: _("products missing"),
    "goods_amount_too_low": lambda: _("too little of its products"),
    "goods_amount_too_high": lambda: _("too much of its products"),
    "amount_too_low": lambda: _("too small a receipt"),
    "amount_too_high": lambda: _("too large a receipt"),
    "lines_too_low": lambda: _("too few lines"),
    "lines_too_high": lambda: _("too many lines"),
    "pieces_too_low": lambda: _("too few pieces"),
    "pieces_too_high": lambda: _("too many pieces"),
    "pieces_short": lambda: _("too few pieces"),
    "not_paid_with_points": lambda: _("no points spent"),
    "paid_with_points": lambda: _("points spent"),
    "coupon_missing": lambda: _("no coupon shown"),
    "not_first_purchase": lambda: _("not the first purchase"),
    "not_first_in_store": lambda: _("not the first in the store"),
    "not_first_in_partner": lambda: _("not the first at the partner"),
    "not_first_in_category": lambda: _("not the first of these products"),
    "not_nth_purchase": lambda: _("not the nth purchase"),
    "no_purchase_yet": lambda: _("the first purchase"),
    "days_since_purchase_too_low": lambda: _("back too soon"),
    "days_since_purchase_too_high": lambda: _("back too late"),
    "days_since_joining_too_low": lambda: _("joined too lately"),
    "days_since_joining_too_high": lambda: _("joined too long ago"),
    "spent_too_low": lambda: _("too little spent before"),
    "spent_too_high": lambda: _("too much spent before"),
    "purchases_too_low": lambda: _("too few purchases before"),
    "purchases_too_high": lambda: _("too many purchases before"),
    "balance_too_low": lambda: _("too few points"),
    "balance_too_high": lambda: _("too many points"),
    "limit_reached": lambda: _("its limit was reached"),
    "beaten": lambda: _("another gave more"),
    "excluded_by": lambda: _("shut out by another"),
    "came_first": lambda: _("another came first"),
    "zero_points": lambda: _("too little for a point"),
    "nothing_to_multiply": lambda: _("nothing to multiply"),
    "none_of_these": lambda: _("none of its conditions"),
    "ruled_out": lambda: _("ruled out by a condition"),
    "stamp_collected": lambda: _("a stamp, not yet the reward"),
    "cheaper_already": lambda: _("cheaper already"),
    "nothing_left": lambda: _("nothing left to take off"),
    "all_discounted": lambda: _("made cheaper by another"),
    "gift_missing": lambda: _("the gift was not taken"),
    "not_asked": lambda: _("nobody could ask for it"),
    "discounted": lambda: _("prices were lower"),
    "boosts": lambda: _("it multiplies what is given now"),
    "otherwise": lambda: _("more or less to calculate from"),
}


def signed(value: Decimal) -> str:
    """An amount with its sign."""
    return f"+{money(value)}" if value > 0 else money(value).replace("-", "−")
