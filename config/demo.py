"""The demo shop: loaded once, on the first start, by the command ``load_demo``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management import get_commands

LOAD = "load_demo"


def load_once(record: Path) -> None:
    """Load the demo shop unless ``record`` (var/demo.json) says that it is there.

    A record that was cut off half-way, by a power cut or a full disk, is none. In a process of its own: the
    receipts of a year take memory that the supervisor should not keep.
    Raises ``CalledProcessError`` when it fails; the next start tries again.
    """
    if read(record) is not None or LOAD not in get_commands():
        return
    record.unlink(missing_ok=True)
    print("Loading the demo shop (once) ...", flush=True)
    subprocess.run([sys.executable, "manage.py", LOAD], check=True)


def read(record: Path) -> dict[str, Any] | None:
    """What ``load_demo`` wrote down; ``None`` before it has run, or where the record is not whole."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def note_address(record: Path, base_url: str) -> None:
    """Keep the address in ``record`` true: another start may use another port."""
    content = read(record)
    if content is None or content.get("base_url") == base_url:
        return
    fresh = record.with_suffix(".new")
    fresh.write_text(
        json.dumps(content | {"base_url": base_url}, ensure_ascii=False, indent=2), encoding="utf-8"
    )
    os.replace(fresh, record)
