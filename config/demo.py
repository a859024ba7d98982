"""The demo shop: loaded once, on the first start, by the command ``load_demo``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.core.management import get_commands

LOAD = "load_demo"


def load_once(record: Path) -> None:
    """Load the demo shop unless ``record`` (var/demo.json) says that it is there.

    In a process of its own: the receipts of a year take memory that the supervisor should not keep.
    Raises ``CalledProcessError`` when it fails; the next start tries again.
    """
    if record.exists() or LOAD not in get_commands():
        return
    print("Loading the demo shop (once) ...", flush=True)
    subprocess.run([sys.executable, "manage.py", LOAD], check=True)


def note_address(record: Path, base_url: str) -> None:
    """Keep the address in ``record`` true: another start may use another port."""
    if not record.exists():
        return
    content = json.loads(record.read_text(encoding="utf-8"))
    if content.get("base_url") == base_url:
        return
    fresh = record.with_suffix(".new")
    fresh.write_text(
        json.dumps(content | {"base_url": base_url}, ensure_ascii=False, indent=2), encoding="utf-8"
    )
    os.replace(fresh, record)
