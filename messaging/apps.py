"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """The app's name."""

    name = "messaging"
    verbose_name = _("Messaging")
