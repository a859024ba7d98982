"""The back office shows the programme's own time, as the shop's people know it, not UTC."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from loyalty.models import Programme


class ProgrammeClock:
    """Middleware: pages of the back office are made and read in the first active programme's time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.prefix = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the right time zone."""
        if not request.path.startswith(self.prefix) or not request.user.is_authenticated:
            return self.get_response(request)
        name = (
            Programme.objects.filter(active=True).order_by("code").values_list("time_zone", flat=True).first()
        )
        with timezone.override(ZoneInfo(name or "UTC")):
            return self.get_response(request)
