"""Django's settings: one set, switched by the environment (see ``docs/operating/settings.md``).

``REGULARS_MODE`` is ``production`` unless said otherwise; ``manage.py`` and ``make run`` say ``demo``
where no ``SECRET_KEY`` is given. ``config.testing`` is what the tests use.
"""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from config.logs import configure_logs
from config.schedule import SCHEDULE
from config.settings.api import *  # noqa: F403
from config.settings.backoffice import UNFOLD as UNFOLD
from config.settings.databases import TRANSACTION, configure_broker, configure_database
from config.settings.environment import (
    read_address,
    read_choice,
    read_count,
    read_country,
    read_fixed_code,
    read_flag,
    read_hosts,
    read_number,
    read_origins,
    read_place,
    read_text,
)
from config.settings.messages import *  # noqa: F403
from config.settings.processes import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR = Path(read_place("REGULARS_VAR", str(BASE_DIR / "var")))

MODE = read_choice("REGULARS_MODE", "production", ("demo", "production"))
DEMO = MODE == "demo"
DEBUG = read_flag("DEBUG")
DEMO_SECRET_KEY = "regulars-demo-secret-key-that-production-refuses-to-start-with"
SECRET_KEY = read_text("SECRET_KEY") or (DEMO_SECRET_KEY if DEMO else "")

if not DEMO:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG must be off in production.")
    if SECRET_KEY == DEMO_SECRET_KEY or len(set(SECRET_KEY)) < 5 or len(SECRET_KEY) < 50:
        raise ImproperlyConfigured(
            "SECRET_KEY must be your own secret of at least 50 characters in production; make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )

ALLOWED_HOSTS = read_hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEMO else "")
if not DEMO and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name your hosts in production, as loyalty.example.com, not *: whoever makes up a host "
        "name could have links to it sent to members."
    )
CSRF_TRUSTED_ORIGINS = read_origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config",
    # ours, from the ground up
    "members",
    "loyalty",
    "analytics",
    "rewards",
    "messaging",
    "campaigns",
    "pos",
    "cabinet",
    "backoffice",
    # the back office's looks; before the admin
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "health_check",
    "import_export",
    "pghistory",
    "pgtrigger",
    "phonenumber_field",
    "rest_framework",
    "rest_framework_api_key",
]

MIDDLEWARE = [  # those of config.lanes are for pages alone
    "config.addresses.ClientAddress",
    "config.domains.ProgrammeDomain",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.lanes.ContentPolicy",
    "config.logs.RequestLogMiddleware",
    "config.lanes.Legible",
    "config.lanes.Session",
    "config.languages.Locale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.lanes.Authentication",
    "config.lanes.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.lanes.Htmx",
    "backoffice.clock.ProgrammeClock",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data and tasks

DATABASE_POOLER = read_choice("DATABASE_POOLER", "", ("", TRANSACTION))
DATABASES = {
    "default": configure_database(read_text("DATABASE_URL"), VAR / "postgres", pooler=DATABASE_POOLER)
}
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = configure_broker(
    read_address("CELERY_BROKER_URL", ("redis", "rediss", "sentinel", "amqp", "amqps")), DATABASES["default"]
)
if DATABASE_POOLER and CELERY_BROKER_URL.startswith("pgmq:"):
    CELERY_BROKER_TRANSPORT = "config.pooled:Transport"
CELERY_TASK_DEFAULT_QUEUE = "regulars"  # pgmq allows 47 characters
WEBHOOK_QUEUE = "regulars_webhooks"  # other people's systems keep nothing of ours waiting
CELERY_TASK_QUEUES = [Queue(name) for name in (CELERY_TASK_DEFAULT_QUEUE, WEBHOOK_QUEUE)]
CELERY_TASK_ROUTES = {"messaging.tasks.deliver_webhooks": {"queue": WEBHOOK_QUEUE}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # every task may run twice; none may be lost
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_MAX_LOOP_INTERVAL = 15
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True
EVENT_SUBSCRIBERS = "config.subscribers.SUBSCRIBERS"
FORGETTERS = "config.forgetters.FORGETTERS"
LEDGER_CHECKS = (
    "loyalty.ledger.audit_statements.CHECKS",
    "loyalty.ledger.audit_causes.CHECKS",
    "analytics.audit_statements.CHECKS",
    "rewards.coupons.audit_statements.CHECKS",
    "campaigns.audit.decisions.CHECKS",
    "campaigns.audit.dates.CHECKS",
    "campaigns.audit.sales.CHECKS",
    "campaigns.audit.counters.CHECKS",
)

REDIS_URL = read_address("REDIS_URL", ("redis", "rediss", "unix"))
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Who comes in

AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["password", "phone", "code"]

# Language, time, formats

LANGUAGE_CODE = "en"
#: The one list of languages: pages, files and the check of translations go by it. Which of them the back office and the
#: till are in, ``config.languages`` says.
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("fr", _("French"))]
#: The language in which `make run` names the demo's shops, goods, people and campaigns.
DEMO_LANGUAGE = read_choice("DEMO_LANGUAGE", "en", ("en", "ru"))
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "E164"
PHONENUMBER_DEFAULT_REGION = read_country("PHONE_REGION")

# Files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600

# Letters

EMAIL_FILE_PATH = VAR / "outbox"  # the rest is in config.settings.messages
#: One phone and its fixed code, as +79161234545:000000, for those who review an app. Empty: nobody's.
REVIEW_LOGIN = read_fixed_code("REVIEW_LOGIN")

# What a browser may do

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
    },
}
#: What the back office needs beyond that: Alpine.js evaluates expressions, Unfold writes its colours into the page.
BACK_OFFICE_POLICY = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "config.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 60 * read_number("SESSION_IDLE_MINUTES", 120, least=1, most=60 * 24 * 30)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
_redirect, _insist = read_flag("SECURE_SSL_REDIRECT", True), read_number("SECURE_HSTS_SECONDS", 31_536_000)
_preload = read_flag("SECURE_HSTS_PRELOAD")
if not DEMO:
    SECURE_SSL_REDIRECT, SECURE_HSTS_SECONDS = _redirect, _insist
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = _preload
    # to be in the browsers' own lists is for the domain's owner to wish
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
TRUSTED_PROXIES = read_count("TRUST_PROXY")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# What it says about itself

LOG_LEVEL = read_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = configure_logs(LOG_LEVEL)
METRICS_TOKEN = read_text("METRICS_TOKEN")
PROMETHEUS_EXPORT_MIGRATIONS = False
