"""Interactions: what the tried campaigns give, and what becomes of the live ones because of them."""

from __future__ import annotations

from campaigns.backtest.adding_up import Adder, Live, Tried
from campaigns.backtest.judging import ZERO, Judged
from campaigns.engine.outcome import Declined


def note(adder: Adder, judged: Judged, tried: frozenset[int]) -> None:
    """Count what each campaign gave on a receipt before and after, and why."""
    before, after = judged.before, judged.after
    given = {*before.points, *after.points}
    if before.discounts or after.discounts or after.shared:
        given |= {*before.discounts, *after.discounts, *after.shared}
    for campaign_id in given:
        if campaign_id not in tried:
            _note_live(adder, campaign_id, judged)
        elif campaign_id in after.points or campaign_id in after.discounts or campaign_id in after.shared:
            _note_given(adder.gave(campaign_id, judged), campaign_id, judged)
    for extra in judged.outcome.extras:
        if extra.campaign_id in tried:
            extras = adder.gave(extra.campaign_id, judged).extras
            name = f"{extra.kind}:{extra.code}"
            extras[name] = extras.get(name, 0) + 1
    _note_declined(adder, judged, tried)


def rival_of(declined: Declined) -> int | None:
    """The campaign that keeps another from giving, where a reason names one."""
    rival = declined.args.get("campaign_id")
    return int(rival) if rival else None


def _note_given(told: Tried, campaign_id: int, judged: Judged) -> None:
    told.receipts += 1
    after = judged.after
    told.points += after.points.get(campaign_id, ZERO)
    if after.shared:
        told.shared += after.shared.get(campaign_id, ZERO)
    if after.discounts:
        told.discount += after.discounts.get(campaign_id, ZERO)


def _note_declined(adder: Adder, judged: Judged, tried: frozenset[int]) -> None:
    table = adder.tally.tried
    for campaign_id, _revision, code, args in judged.outcome.declined:
        if campaign_id not in tried:
            continue
        told = table.get(campaign_id)
        if told is None:
            told = table[campaign_id] = Tried()
        reasons = told.declined
        reasons[code] = reasons.get(code, 0) + 1
        if rival := args.get("campaign_id"):
            told.beaten_by[int(rival)] = told.beaten_by.get(int(rival), 0) + 1


def _note_live(adder: Adder, campaign_id: int, judged: Judged) -> None:
    table, before, after = adder.tally.live, judged.before, judged.after
    told = table.get(campaign_id)
    if told is None:
        told = table[campaign_id] = Live()
    points_before, points = before.points.get(campaign_id, ZERO), after.points.get(campaign_id, ZERO)
    off_before, off = before.discounts.get(campaign_id, ZERO), after.discounts.get(campaign_id, ZERO)
    gave, gives = bool(points_before or off_before), bool(points or off)
    told.points_before += points_before
    told.points += points
    if off_before or off:
        told.discount_before += off_before
        told.discount += off
    told.receipts_before += gave
    told.receipts += gives
    if points == points_before and off == off_before:
        return
    if gave and not gives:
        told.lost += 1
    elif gives and not gave:
        told.gained += 1
    elif points + off > points_before + off_before:
        told.more += 1
    else:
        told.less += 1
    why = _why(campaign_id, judged)
    told.because[why] = told.because.get(why, 0) + 1


def _why(campaign_id: int, judged: Judged) -> str:
    """Why a campaign gives something else: the reason against it with its rival, or what else changed."""
    for declined in judged.outcome.declined:
        if declined.campaign_id == campaign_id:
            return f"{declined.code}:{rival_of(declined) or ''}"
    if judged.after.discounts != judged.before.discounts:
        return "discounted:"
    return "otherwise:"
