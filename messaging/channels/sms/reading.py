"""Reading what a gateway says: one value out of JSON, by a path of names and numbers. It may say anything."""

from __future__ import annotations

import json
from typing import Any

#: Characters of an id or a status, at most.
LONGEST = 100


def parse(content: bytes) -> Any:
    """The JSON document. Raises ``ValueError`` for what is none, and for what is nested too deep."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("too deep") from error


def reach(document: Any, path: str) -> Any:
    """What stands at a path such as ``messages.0.id``, None where nothing does."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and len(step) < 5 and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def find(document: Any, path: str) -> str:
    """The text or whole number at a path; empty where there is none that can be kept."""
    document = reach(document, path)
    if isinstance(document, bool) or not isinstance(document, str | int):
        return ""
    try:
        text = str(document).strip()
    except ValueError:  # a number of thousands of digits
        return ""
    return text if len(text) <= LONGEST and text.isprintable() else ""
