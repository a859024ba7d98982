"""Is it well: the database and the broker, asked for real; and whether this process answers at all."""

from __future__ import annotations

import dataclasses
from typing import Any

from celery import current_app
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from health_check.base import HealthCheck
from health_check.checks import Database
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView


@dataclasses.dataclass
class Broker(HealthCheck):
    """The broker takes connections, so that tasks can be sent."""

    def run(self) -> None:
        """Connect once, without retrying."""
        try:
            with current_app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=3)
        except Exception as error:
            raise ServiceUnavailable("The broker does not answer") from error


NAMES = {Database: _("Database"), Broker: _("Task queue")}


class CheckView(HealthCheckView):
    """Every check: a page for a person, JSON for ``Accept: application/json`` or ``?format=json``.

    Status 200 when all is well, 500 otherwise.
    """

    checks = (Database, Broker)
    template_name = "health.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page shows."""
        answers = [(NAMES[type(result.check)], result.error) for result in self.results]
        well = not any(error for name, error in answers)
        return super().get_context_data(**kwargs) | {"answers": answers, "well": well}


def answer_alive(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked. For a load balancer."""
    return HttpResponse("ok", content_type="text/plain")
