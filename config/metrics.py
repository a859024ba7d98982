"""Prometheus' page: for whoever knows ``METRICS_TOKEN``; in demo mode without one, for this machine."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView

from config.addresses import is_local


def show(request: HttpRequest) -> HttpResponse:
    """The metrics of all web processes; 404 for anybody else, so that the page does not show itself."""
    if not may_read(request):
        raise Http404
    return ExportToDjangoView(request)


def may_read(request: HttpRequest) -> bool:
    """Whether the request carries the token, or comes from this machine in demo mode."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    return settings.DEMO and is_local(request)
