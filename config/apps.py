"""Django's entry for the ground itself: management commands such as ``run``."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class ConfigConfig(AppConfig):
    """The ground."""

    name = "config"

    def ready(self) -> None:
        """Make ``shared_task`` mean our Celery application in every process; look for what settings name."""
        from config.celery import app

        app.set_default()
        try:
            sender = import_string(settings.MESSAGE_SENDER)
        except ImportError:
            sender = None
        if not callable(sender):
            raise ImproperlyConfigured(
                f"MESSAGE_SENDER must be the dotted path of a function that is there, not "
                f"{settings.MESSAGE_SENDER!r}."
            )
