"""The start page: what this is and where to go; in demo mode also with which login, key and card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest) -> HttpResponse:
    """The start page."""
    demo = read_demo(settings.VAR / "demo.json") if settings.DEMO else None
    return render(request, "start.html", {"demo": demo})


def read_demo(path: Path) -> dict[str, Any] | None:
    """What ``load_demo`` wrote down, or ``None`` before it has run."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
