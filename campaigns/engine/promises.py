"""Promises: a percent of the member's next purchase, made by one purchase and kept by the next.

A promise is a use of its campaign under a key that names the last day on which it holds, so that making,
keeping and taking back are additions that come to the same in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from campaigns.engine.case import Case, cents_text
from campaigns.engine.effects import Given

PREFIX = "n"


class Promise(NamedTuple):
    """What is promised: a share of the next purchase, within so many days."""

    percent: str
    days: int
    share: Callable[[int], int]

    def key(self, today: date) -> str:
        """The key of a promise that is made today."""
        return f"{PREFIX}{today + timedelta(days=self.days):%Y%m%d}"

    def give(self, cents: int) -> Given | None:
        """What a purchase of so many cents gets by it."""
        units = self.share(cents)
        return Given(units, "promised", {"percent": self.percent, "of": cents_text(cents)}) if units else None


def open_key(case: Case, campaign_id: int) -> str | None:
    """The key of the open promise of a campaign that ends first; None when there is none."""
    today = f"{PREFIX}{case.today:%Y%m%d}"
    keys = [
        key
        for (campaign, key), used in case.uses.items()
        if campaign == campaign_id and key >= today and key.startswith(PREFIX) and used.times > 0
    ]
    return min(keys, default=None)
