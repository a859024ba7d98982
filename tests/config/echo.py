"""A tiny web application: says how long the body was; ``/large`` answers with megabytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from config.web import worker

if os.environ.get("IMPATIENT"):
    worker.SECONDS = 0.0
LARGE = 40_000_000


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer."""
    body = environ["wsgi.input"].read()
    answer = b"x" * LARGE if environ["PATH_INFO"] == "/large" else f"{len(body)} bytes".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
