"""Django's entry for this app."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_lazy as _


class CabinetConfig(AppConfig):
    """The app's name."""

    name = "cabinet"
    verbose_name = _("Cabinet")

    def ready(self) -> None:
        """Look at what the settings let in."""
        checks.register(warn_of_review_login, deploy=True)


def warn_of_review_login(**_options: Any) -> list[checks.CheckMessage]:
    """Whoever knows the login for reviewers has that member's points."""
    if not settings.REVIEW_LOGIN:
        return []
    said = "REVIEW_LOGIN is set: one phone logs in to the cabinet with a fixed code."
    return [checks.Warning(said, hint="Unset it when the review is over.", id="cabinet.W001")]
