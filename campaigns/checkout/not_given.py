"""What a sale asks for and does not get, and why: coupons and exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from campaigns.checkout.situation import Situation
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import Declined, Outcome
from campaigns.words import wording
from rewards.coupons.usability import Found


class NotGiven(NamedTuple):
    """A coupon or campaign that was asked for (``of``), and the reason: its code and its words."""

    of: str
    code: str
    text: str


def coupons_refused(found: Situation, outcome: Outcome) -> Iterator[NotGiven]:
    """The coupons that were shown and do nothing."""
    for coupon in found.coupons:
        if not coupon.usable:
            yield NotGiven(coupon.code, f"coupon_{coupon.reason}", coupon.text)
        elif coupon.kept not in outcome.coupons:
            yield _without_effect(coupon, found, outcome)


def _without_effect(coupon: Found, found: Situation, outcome: Outcome) -> NotGiven:
    """Why a good coupon does nothing here: what keeps back the campaign that comes nearest to taking it."""
    taking = [one for one in found.rules.engine.machine.campaigns if coupon.series in one.series]
    gave = _giving(outcome)
    for campaign in taking:
        if campaign.id in gave:
            detail = _("“%(campaign)s” applies without this coupon.") % {"campaign": campaign.name}
            return NotGiven(coupon.code, "coupon_not_needed", detail)
    reasons = [
        (_distance(campaign, declined), declined)
        for campaign in taking
        for declined in outcome.declined
        if declined.campaign_id == campaign.id
    ]
    if not reasons:
        detail = _("No campaign takes this coupon at the moment.")
        return NotGiven(coupon.code, "coupon_no_campaign", detail)
    _far, nearest = min(reasons, key=lambda reason: reason[0])
    return NotGiven(coupon.code, nearest.code, wording.reason(nearest.code, nearest.args))


def _giving(outcome: Outcome) -> set[int]:
    """Campaigns that gave something, or took something off."""
    several: tuple[Iterable[Any], ...] = (
        outcome.receipt_because, outcome.extras, outcome.others, outcome.exchanged,
        *(line.because for line in outcome.lines),
    )  # fmt: skip
    return {one.campaign_id for some in several for one in some}


#: Reasons of a campaign that was let in and gives nothing all the same.
_LET_IN = frozenset(
    {
        "limit_reached", "beaten", "excluded_by", "came_first", "zero_points", "nothing_to_multiply",
        "stamp_collected", "cheaper_already", "nothing_left", "all_discounted", "gift_missing", "no_member",
    }
)  # fmt: skip
_NOT_RUNNING = ("not_started", "ended")
_PLACES = ("wrong_partner", "wrong_store", "wrong_group", "wrong_till", "wrong_channel")
_TIMES = ("wrong_weekday", "outside_hours", "not_around", "birthday_new")


def _distance(campaign: Campaign, declined: Declined) -> int:
    """How far a campaign was from taking part: it asks whom, where, when, for what, and if, in this order."""
    if any(declined is reason for _test, reason in campaign.gates):
        if declined.code in _NOT_RUNNING:
            return 6
        return 3 if declined.code in _TIMES else 4 if declined.code in _PLACES else 5
    if declined is campaign.no_lines:
        return 2
    return 0 if declined.code in _LET_IN else 1


def exchanges_refused(found: Situation, outcome: Outcome, *, told: bool = True) -> Iterator[NotGiven]:
    """The exchanges that were asked for and do not take place; without ``told`` only those that no reason of the
    outcome speaks of."""
    made = {one.campaign_id for one in outcome.exchanged}
    offers = {campaign.code: campaign for campaign in found.rules.engine.machine.traders}
    for code in found.sale.exchanges:
        campaign = offers.get(code)
        if campaign is None:
            yield NotGiven(
                code, "exchange_unknown", _("No campaign of this code exchanges points at the moment.")
            )
        elif campaign.id not in made and told:
            reason = _reason(campaign, outcome)
            yield NotGiven(code, *(reason or ("exchange_not_possible", _("It is not possible now."))))


def _reason(campaign: Campaign, outcome: Outcome) -> tuple[str, str] | None:
    for declined in outcome.declined:
        if declined.campaign_id == campaign.id:
            return declined.code, wording.reason(declined.code, declined.args)
    return None
