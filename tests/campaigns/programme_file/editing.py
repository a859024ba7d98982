"""A programme's file as somebody edits it and reads it in again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from campaigns.models import Campaign
from campaigns.programme_file import importing, notation, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import Plan
from loyalty.models import Programme

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 2, 12, tzinfo=UTC)


def coffee(percent: str = "5", **parts: Any) -> dict[str, Any]:
    effect = {"effect": "points_percent", "percent": percent}
    return {"whom": {"who": "members"}, "what": [effect]} | parts


def campaign(programme: Programme, code: str, name: str, draft: dict[str, Any]) -> Campaign:
    return Campaign.objects.create(programme=programme, code=code, name=name, draft=draft)


def edited(programme: Programme, edit: Callable[[dict[str, Any]], object]) -> str:
    """The programme's file after somebody edited it."""
    document = notation.read(snapshot.export(programme)).value
    edit(document)
    return notation.write(document)


def apply(text: str, prune: bool = False, at: datetime = LATER, **options: Any) -> Plan:
    return importing.apply(text, Moment(at), prune, **options)


def told(plan: Plan) -> list[str]:
    return [f"{c.kind} {c.subject}: {'; '.join(c.lines)}".removesuffix(": ") for c in plan.changes]
