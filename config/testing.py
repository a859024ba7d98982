"""Settings of the tests: the demo's, on a fast embedded database of their own, with tasks run in place."""

from __future__ import annotations

import os

os.environ["REGULARS_MODE"] = "demo"
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, REST_FRAMEWORK, VAR
from config.settings.databases import configure_database
from config.settings.environment import read_text

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
MIGRATION_LINTER_OPTIONS = {
    "sql_analyser": "postgresql",
    "include_apps": [
        "members",
        "loyalty",
        "campaigns",
        "rewards",
        "messaging",
        "analytics",
        "pos",
        "backoffice",
    ],
    "ignore_name_contains": "_initial",  # nobody has rows yet when these run
    "ignore_name": ["0009_tiers_change_places", "0005_known_by"],  # unique already, by less
    "no_cache": True,
}

_KEPT = VAR  # the demo that `make run` left there is none of the tests' business
VAR = _KEPT / "testing"
VAR.mkdir(parents=True, exist_ok=True)
DATABASES["default"] = configure_database(read_text("DATABASE_URL"), _KEPT / "test-postgres", durable=False)
DATABASES["default"]["TEST"] = {"NAME": f"test_regulars_{os.getpid()}"}  # runs side by side do not meet
DATABASES["default"]["CONN_MAX_AGE"] = 0

POS_CALLS_PER_MINUTE = 10_000_000

CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]  # nothing is collected
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
REST_FRAMEWORK = REST_FRAMEWORK | {"TEST_REQUEST_DEFAULT_FORMAT": "json"}
AXES_ENABLED = False
