"""The WSGI application that gunicorn serves.

Tills' requests go by a short way: no cookies, sessions, users, messages or pages are met on it, so the
middleware that serves those is left out (a third of a millisecond of each request; ``docs/performance.md``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

#: What is asked for by programs alone.
API_PATHS = tuple(f"/api/v1/{name}" for name in ("purchases", "quotes", "members", "events"))
API_MIDDLEWARE = (
    "config.addresses.ClientAddress",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.logs.RequestLogMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
)


class ApiHandler(WSGIHandler):
    """Django's handler with the middleware that the API needs."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain, the last first."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for path in reversed(API_MIDDLEWARE):
            middleware = import_string(path)(chain)
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, middleware.process_view)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            chain = convert_exception_to_response(middleware)
        self._middleware_chain = chain


pages = get_wsgi_application()
api = ApiHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request, by the short way if it is a till's."""
    handler = api if environ.get("PATH_INFO", "").startswith(API_PATHS) else pages
    return handler(environ, start_response)
