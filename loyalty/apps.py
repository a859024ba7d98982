"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    """The app's name."""

    name = "loyalty"
    verbose_name = _("Loyalty")
