"""What a campaign does once it is let in: its effects add to it, one by one, while it is compiled."""

from __future__ import annotations

from campaigns.engine.discounts import Discount
from campaigns.engine.effects import Booster, Effect, Unit
from campaigns.engine.promises import Promise
from campaigns.engine.sides import OtherShare, Sides
from campaigns.engine.stamps import StampCard
from campaigns.engine.trade import Trade


class Work:
    """The work of one campaign, on the receipt as a ``whole`` or on the lines of its ``scope``."""

    def __init__(self, campaign_id: int, unit: Unit, whole: bool, scope: int) -> None:
        self.campaign_id = campaign_id
        self.unit = unit
        self.whole = whole
        self.scope = scope
        self.effects: list[Effect] = []
        self.discounts: list[Discount] = []
        self.booster: Booster | None = None
        self.card: StampCard | None = None
        self.promise: Promise | None = None
        self.trade: Trade | None = None
        #: Series of coupons to issue, badges, and points for other people.
        self.coupons: list[str] = []
        self.badges: list[str] = []
        self.shares: list[OtherShare] = []
        #: Whether it takes money off lines that it does not look at, and whether it takes single pieces of a line.
        self.elsewhere = False
        self.by_piece = False

    @property
    def sides(self) -> Sides | None:
        """What it gives beside points and discounts; None when that is nothing."""
        if not (self.coupons or self.badges or self.shares):
            return None
        return Sides(tuple(self.coupons), tuple(self.badges), tuple(self.shares))
