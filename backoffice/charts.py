"""Charts as unfold's component reads them: bars by day, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language


def bars(label: str, by_day: Mapping[date, float], *, whole: bool = False) -> dict[str, str]:
    """A bar a day. ``whole``: what is counted has no parts, and the axis shows none."""
    ticks = {"display": True} | ({"precision": 0} if whole else {})
    data = {
        "labels": [date_format(day, "j M") for day in by_day],
        "datasets": [
            {"label": label, "data": list(by_day.values()), "backgroundColor": "var(--color-primary-600)"}
        ],
    }
    options = {
        "locale": get_language(),
        "animation": False,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"display": False}},
        "scales": {"x": {"grid": {"display": False}}, "y": {"beginAtZero": True, "ticks": ticks}},
    }
    return {"data": json.dumps(data), "options": json.dumps(options)}
