"""Django's entry for the ground itself: management commands such as ``run``."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The ground."""

    name = "config"

    def ready(self) -> None:
        """Make ``shared_task`` mean our Celery application in every process."""
        from config.celery import app

        app.set_default()
