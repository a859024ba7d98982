"""Logs: one JSON object a line on standard output, without secrets and without full phone numbers.

Whatever logs (structlog, the standard library, Celery, gunicorn) passes through ``redact`` last, keys and
text alike, so no caller needs to remember it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.typing import EventDict, WrappedLogger

SECRET_NAME = re.compile(
    r"(authorization|api[-_]?key|passw|secret|token|cookie|session|csrf|confirmation|otp|^code$|^dsn$|conn_string)",
    re.IGNORECASE,
)
PHONE_NAME = re.compile(r"phone|msisdn", re.IGNORECASE)
SECRET_TEXT = (
    re.compile(r"(?P<kept>\b(?:Api-Key|Bearer|Basic)\s+)[^\s\"',;]+", re.IGNORECASE),
    re.compile(
        r"(?P<kept>\b(?:authorization|api[-_]?key|password|secret|token|confirmation_code)[\"']?\s*[=:]\s*[\"']?)"
        r"(?!Api-Key|Bearer|Basic)[^\s\"',;&]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>://[^\s:/@]*:)[^\s/@]+(?=@)"),
    re.compile(r"(?P<kept>\b[A-Za-z0-9]{8}\.)[A-Za-z0-9]{32}\b"),
)
PHONE_TEXT = re.compile(r"(?:\+|%2B)\d(?:[\s().-]*\d){8,14}")
HIDDEN = "[hidden]"


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Hide secrets by name and by shape, and all but the ends of phone numbers; a structlog processor."""
    return {name: _redact_named(name, value) for name, value in event.items()}


def redact_text(text: str) -> str:
    """The same for one piece of text."""
    for pattern in SECRET_TEXT:
        text = pattern.sub(lambda match: f"{match['kept']}{HIDDEN}", text)
    return PHONE_TEXT.sub(lambda match: mask_phone(match[0]), text)


def mask_phone(phone: str) -> str:
    """``+79161234545`` as ``+79•••••••45``: enough to recognise, too little to call."""
    digits = re.sub(r"\D", "", phone.replace("%2B", "+"))
    if len(digits) < 7:
        return "•" * len(digits)
    return f"+{digits[:2]}{'•' * (len(digits) - 4)}{digits[-2:]}"


def _redact_named(name: str, value: Any) -> Any:
    if SECRET_NAME.search(name) and value not in (None, "", False, True):
        return HIDDEN
    if PHONE_NAME.search(name) and isinstance(value, str):
        return mask_phone(value)
    return _redact_value(value)


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return redact_text(value.decode(errors="replace"))
    if isinstance(value, Mapping):
        return {name: _redact_named(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value))


def _add_extra(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What the standard library's callers gave as ``extra``, but for request objects."""
    event.pop("request", None)
    return event


BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    _add_extra,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logs(level: str) -> dict[str, Any]:
    """Set structlog up and return Django's ``LOGGING``."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *BEFORE,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": build_formatter}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.server": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "celery.beat": {"level": "WARNING"},
            "gunicorn.error": {"handlers": [], "propagate": True, "level": level},
            "urllib3": {"level": "INFO"},  # below that, it tells whole addresses, with what is in them
            "pgmq": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "pyBarcode": {"level": "WARNING"},
        },
    }


def build_formatter() -> structlog.stdlib.ProcessorFormatter:
    """The one formatter of every handler."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=BEFORE,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


class RequestLogMiddleware:
    """One line a request: method, path without its query, status, milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.log = structlog.get_logger("regulars.request")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        taken = round((time.perf_counter() - started) * 1000, 1)
        self.log.info(
            "request", method=request.method, path=request.path, status=response.status_code, ms=taken
        )
        return response
