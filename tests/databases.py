"""The database of a run: migrated once for each state of the migrations, then copied as a whole.

PostgreSQL copies a database in a fraction of the time that the migrations take. The template's name says
what it was made from, so that it is made anew when a migration or what it rests on changes; the ones of
earlier states are dropped.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

PREFIX = "template_regulars_"


def ensure_template() -> str:
    """The name of a database with every table and nobody connected; made when there is none yet."""
    name = PREFIX + _digest()
    with _alone(), connections["default"]._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        known = {row[0] for row in cursor.fetchall()}
        if name not in known:
            for stale in known:
                cursor.execute(f'DROP DATABASE IF EXISTS "{stale}" WITH (FORCE)')
            _make(name, cursor)
    return name


def _make(name: str, cursor: Any) -> None:
    """Migrate a new database and give it its name only when it is whole: a killed run leaves no half of one."""
    unfinished = f"{PREFIX}unfinished"
    cursor.execute(f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{unfinished}"')
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _digest() -> str:
    """What the tables are made from: migrations, models (contents and rights follow from them), the lock."""
    sources = [Path(settings.BASE_DIR) / "requirements" / "dev.lock"]
    for app in apps.get_app_configs():
        folder = Path(app.path)
        if folder.is_relative_to(settings.BASE_DIR) and ".venv" not in folder.parts:
            sources += sorted(
                {*folder.glob("migrations/*.py"), *folder.glob("models.py"), *folder.glob("models/*.py")}
            )
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    with open(settings.VAR / "template.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
