"""The Celery application. Tasks live in each app's ``tasks.py``, their times in ``config/schedule.py``."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Root is no danger here: tasks travel as JSON, never as pickles.
warnings.filterwarnings("ignore", message="You're running the worker with superuser")

try:
    settings.DATABASES  # noqa: B018 - read now, so that what makes no sense is one sentence
except ImproperlyConfigured as error:
    sys.exit(f"{error}")

app = Celery("regulars")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["campaigns.backtest", "backoffice.files"])


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Leave logging as Django has set it up: JSON, redacted."""
