"""Running Regulars' commands as a person would: in a process of their own, in a folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: For processes to start and to end, seconds.
PATIENCE = 240
CLEAN = {
    *("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "REGULARS_MODE", "REGULARS_VAR"),
    *("DATABASE_POOLER", "REDIS_URL", "WEB_WORKERS", "WEB_THREADS", "WORKERS", "PROMETHEUS_MULTIPROC_DIR"),
    *("SECRET_KEY", "DEBUG", "HOST", "PORT", "LOG_LEVEL", "ALLOWED_HOSTS", "DJANGO_ALLOW_ASYNC_UNSAFE"),
}


def build_environment(var: Path, **given: str) -> dict[str, str]:
    """A fresh environment that keeps everything below ``var``."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEAN}
    return kept | {"REGULARS_VAR": str(var), "PYTHONUNBUFFERED": "1"} | given


def manage(*words: str, var: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=build_environment(var, **given),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until what another process does has happened."""
    patience = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.1)


def find_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
