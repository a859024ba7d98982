"""Sending tasks: the one way to ask for one. A broker that is away harms nothing that has happened."""

from __future__ import annotations

from typing import Any

import psycopg
import structlog
from kombu.exceptions import KombuError

log = structlog.get_logger(__name__)


def send(task: Any, *args: Any, **options: Any) -> bool:
    """Have a task done soon. Returns whether it could be sent.

    Only for work that waits in the database as well, where a periodic task finds what could not be sent.
    """
    try:
        task.delay(*args, **options)
    except (KombuError, psycopg.Error, OSError):
        log.warning("task_not_sent", task=task.name, exc_info=True)
        return False
    return True
