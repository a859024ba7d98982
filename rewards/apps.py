"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    """The app's name."""

    name = "rewards"
    verbose_name = _("Rewards")
