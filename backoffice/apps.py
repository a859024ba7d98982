"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    """The app's name."""

    name = "backoffice"
    verbose_name = _("Back office")
