"""Django's entry for this app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """The app's name."""

    name = "messaging"
    verbose_name = _("Messaging")

    def ready(self) -> None:
        """Look at what the settings say of channels."""
        from messaging.channels.checks import find_faults, require_known

        require_known()
        checks.register(find_faults)
