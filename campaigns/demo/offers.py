"""What the shop begins with today: coupons, an exchange, a stamp card, and a draft. The past knows nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns import rulebooks
from campaigns.models import Campaign
from loyalty.models import Programme
from rewards.coupons import series
from rewards.models import Series


@transaction.atomic
def begin(programme: Programme, offers: Mapping[str, Any], now: datetime) -> int:
    """Make the series of coupons and the campaigns that are not there yet. Returns how many campaigns are new."""
    for fields in offers["series"]:
        if not Series.objects.filter(programme=programme, code=fields["code"]).exists():
            given = dict(fields)
            code = given.pop("give", "")
            series.save(Series(programme=programme, **given), None, now, code)
    new = 0
    for offer in offers["campaigns"]:
        if Campaign.objects.filter(programme=programme, code=offer["code"]).exists():
            continue
        campaign = Campaign.objects.create(
            programme=programme, code=offer["code"], name=offer["name"], draft=offer["definition"]
        )
        if offer["live"]:
            rulebooks.publish(campaign, now)
        new += 1
    return new
