"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CabinetConfig(AppConfig):
    """The app's name."""

    name = "cabinet"
    verbose_name = _("Cabinet")
