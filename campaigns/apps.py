"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """The app's name."""

    name = "campaigns"
    verbose_name = _("Campaigns")
