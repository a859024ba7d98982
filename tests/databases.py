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
#: Tables that grew beyond this many bytes are cut off; rows of smaller ones are deleted, which is quicker.
LARGE = 1_000_000
#: Seconds for a server that a test has started to end what it is at.
PATIENCE = 240
#: What the migrations left, beside the tables: names of rights and of models. ``restore`` makes everything so again.
KEEP = f"""
CREATE SCHEMA kept;
DO $$
DECLARE name text; filled boolean;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name); END IF;
    END LOOP;
END $$;
CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text; bytes bigint; changed boolean; tables text; patience timestamptz;
BEGIN
    SELECT string_agg(format('public.%I', relname), ', ') INTO tables FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';
    patience := clock_timestamp() + interval '{PATIENCE} seconds';
    LOOP  -- until nobody is at work: whoever waited with some of the locks would stand in the way of who writes on
        BEGIN
            EXECUTE 'LOCK TABLE ' || tables || ' IN ACCESS EXCLUSIVE MODE NOWAIT';
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF clock_timestamp() > patience THEN RAISE; END IF;
            PERFORM pg_sleep(0.01);
        END;
    END LOOP;
    FOR name, bytes IN
        SELECT relname, pg_relation_size(oid) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND to_regclass(format('kept.%I', relname)) IS NULL ORDER BY relname
    LOOP
        CONTINUE WHEN bytes = 0;
        IF bytes > {LARGE} THEN EXECUTE format('TRUNCATE public.%I CASCADE', name);
        ELSE EXECUTE format('DELETE FROM public.%I', name); END IF;
    END LOOP;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('SELECT EXISTS ((SELECT t::text FROM public.%1$I t EXCEPT SELECT t::text FROM kept.%1$I t) '
                       'UNION ALL (SELECT t::text FROM kept.%1$I t EXCEPT SELECT t::text FROM public.%1$I t))',
                       name) INTO changed;
        IF changed THEN
            EXECUTE format('DELETE FROM public.%I', name);
            EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE kept.%1$I', name);
        END IF;
    END LOOP;
END $$;
"""


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
        with connection.cursor() as unfilled:
            unfilled.execute(KEEP)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def restore() -> None:
    """Make every table as the migrations left it, whatever tests have committed."""
    with connections["default"].cursor() as cursor:
        # ours alone: the ledger's triggers let nobody delete, and rows go in any order
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute("SELECT kept.restore()")
        finally:
            cursor.execute("RESET session_replication_role")


def _digest() -> str:
    """What the tables are made from: migrations, models (contents and rights follow from them), the lock, this."""
    sources = [Path(settings.BASE_DIR) / "requirements" / "dev.lock", Path(__file__)]
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
