"""Following the integrators' guide: its commands, run as they stand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "integrating" / "pos-api.md"


def follow(demo: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Run the commands with what ``demo.json`` says there; each command's answer."""
    (folder / "var").mkdir()
    (folder / "var" / "demo.json").write_text(json.dumps(demo))
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL))
    done = subprocess.run(
        ["sh", "-eu"], input=commands, cwd=folder, capture_output=True, text=True, timeout=300
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
