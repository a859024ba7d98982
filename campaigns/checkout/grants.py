"""Points that campaigns grant, one decision beside another: what is to be taken back, and what given more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from campaigns.checkout.record import Given

ZERO = Decimal(0)


def difference(before: Iterable[Given], after: Iterable[Given]) -> dict[int, Decimal]:
    """Points by campaign that come (above zero) or go, in the order of the campaigns' ids."""
    changes: dict[int, Decimal] = {}
    for sign, grants in ((-1, before), (1, after)):
        for grant in grants:
            changes[grant.campaign_id] = changes.get(grant.campaign_id, ZERO) + sign * grant.points
    return {campaign: points for campaign, points in sorted(changes.items()) if points}


def going(changes: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """The points that go, above zero."""
    return {campaign: -points for campaign, points in changes.items() if points < 0}


def coming(after: Iterable[Given], changes: Mapping[int, Decimal]) -> tuple[Given, ...]:
    """The grants of what comes, by the terms that they have now."""
    return tuple(
        msgspec.structs.replace(grant, points=changes[grant.campaign_id])
        for grant in after
        if changes.get(grant.campaign_id, ZERO) > 0
    )
