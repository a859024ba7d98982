"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PosConfig(AppConfig):
    """The app's name."""

    name = "pos"
    verbose_name = _("Points of sale")
