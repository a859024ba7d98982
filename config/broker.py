"""The broker inside PostgreSQL: pgmq's SQL, installed once."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from pgmq.install import get_embedded_install_sql


def is_embedded() -> bool:
    """Whether tasks travel through the database instead of Redis or RabbitMQ."""
    return str(settings.CELERY_BROKER_URL).startswith("pgmq:")


def install() -> bool:
    """Install pgmq's SQL unless it is there, as an extension or by an earlier call; true if it was now.

    Takes an advisory lock, so that two starts at once do not meet.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('regulars.broker'))")
        cursor.execute("select to_regclass('pgmq.meta') is not null")
        if cursor.fetchone()[0]:
            return False
        assert connection.connection is not None
        connection.connection.execute(get_embedded_install_sql().encode())
    return True
