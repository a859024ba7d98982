"""When the periodic tasks run. Celery-beat copies this table into the back office, for changes there."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {}
