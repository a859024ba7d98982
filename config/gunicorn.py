"""How gunicorn serves Regulars: a process per core, a few threads each, our own logs."""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import multiprocess

from config.logs import configure_logs
from config.settings.environment import read_number, read_text

bind = f"{read_text('HOST', '127.0.0.1')}:{read_number('PORT', 8000)}"
worker_class = "gthread"
workers = read_number("WEB_WORKERS", min(os.cpu_count() or 1, 4))
threads = read_number("WEB_THREADS", 8)
keepalive = 75
timeout = 60
graceful_timeout = 5
max_requests = 0
worker_tmp_dir = read_text("REGULARS_VAR", "var")
control_socket_disable = True
logconfig_dict = configure_logs(read_text("LOG_LEVEL", "INFO"))


def child_exit(server: Any, worker: Any) -> None:
    """Forget the metrics of a web process that has ended."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
