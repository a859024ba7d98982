"""The tables of the campaigns room, one module per subject. Django looks for them here."""

from campaigns.models.backtest import Backtest
from campaigns.models.campaign import Campaign, CampaignTemplate, Revision, Rulebook
from campaigns.models.counters import Look, Tally, Usage
from campaigns.models.events import EventReward
from campaigns.models.sharing import Seller, Settlement, Share

__all__ = [
    "Backtest", "Campaign", "CampaignTemplate", "EventReward", "Look", "Revision", "Rulebook", "Seller",
    "Settlement", "Share", "Tally", "Usage",
]  # fmt: skip
