"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """The app's name."""

    name = "analytics"
    verbose_name = _("Analytics")
