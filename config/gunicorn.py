"""How gunicorn serves Regulars: a process per core, a few threads each, our own logs."""

from __future__ import annotations

import os
import select
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import multiprocess

try:
    from config import settings
    from config.settings import processes
except ImproperlyConfigured as error:
    sys.exit(f"{error}")

bind = (
    f"[{processes.HOST}]:{processes.PORT}" if ":" in processes.HOST else f"{processes.HOST}:{processes.PORT}"
)
worker_class = "config.web.worker.Worker" if hasattr(select, "epoll") else "gthread"
worker_connections = 2000  # clients of one process, most of them idle
sendfile = False  # the loop sends
workers = processes.WEB_WORKERS
threads = processes.WEB_THREADS
keepalive = 75
timeout = 60
graceful_timeout = 5
max_requests = 0
worker_tmp_dir = str(settings.VAR)
control_socket_disable = True
logconfig_dict = settings.LOGGING


def child_exit(server: Any, worker: Any) -> None:
    """Forget the metrics of a web process that has ended."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
