"""What a sale asks for and does not get, and why: coupons and exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from campaigns import wording
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import Outcome
from campaigns.situation import Situation
from rewards.usability import Found


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
    """Why a good coupon does nothing here: because of the campaign that it is for, or because there is none."""
    for campaign in found.rules.engine.machine.campaigns:
        if coupon.series in campaign.series:
            reason = _reason(campaign, outcome)
            if reason is not None:
                return NotGiven(coupon.code, *reason)
    return NotGiven(coupon.code, "coupon_no_campaign", _("No campaign takes this coupon at the moment."))


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
