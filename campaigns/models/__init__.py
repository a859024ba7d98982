"""The tables of the campaigns room, one module per subject. Django looks for them here."""

from campaigns.models.backtest import Backtest
from campaigns.models.campaign import Campaign, CampaignTemplate, Revision, Rulebook
from campaigns.models.counters import Look, Tally, Usage
from campaigns.models.events import EventReward
from campaigns.models.landing import LandingPage
from campaigns.models.questionnaires import AnswerPhoto, AnswerSheet, Questionnaire, QuestionnaireVersion
from campaigns.models.sharing import Seller, Settlement, Share

__all__ = [
    "AnswerPhoto", "AnswerSheet", "Backtest", "Campaign", "CampaignTemplate", "EventReward", "LandingPage", "Look",
    "Questionnaire", "QuestionnaireVersion", "Revision", "Rulebook", "Seller", "Settlement", "Share", "Tally",
    "Usage",
]  # fmt: skip
