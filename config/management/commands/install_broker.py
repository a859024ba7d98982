"""``manage.py install_broker``: let the database carry the tasks, where no CELERY_BROKER_URL is given."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config import broker


class Command(BaseCommand):
    """Install pgmq's SQL in the database."""

    help = "Installs the task queue's SQL (pgmq) in the database; does nothing if it is there or not needed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Install it if tasks travel through the database."""
        if not broker.is_embedded():
            self.stdout.write("CELERY_BROKER_URL names another broker; nothing to install.")
        elif broker.install():
            self.stdout.write("The task queue is installed.")
        else:
            self.stdout.write("The task queue was already there.")
