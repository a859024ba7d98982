"""Settings of the processes: where the web listens, and how many do what. Read with all others, so that no
process starts on a value that makes no sense.
"""

from __future__ import annotations

import os

from config.settings.environment import read_folder, read_host, read_number

HOST = read_host("HOST", "127.0.0.1")
PORT = read_number("PORT", 8000, least=1, most=65_535)
WEB_WORKERS = read_number("WEB_WORKERS", min(os.cpu_count() or 1, 4), least=1, most=1000)
WEB_THREADS = read_number("WEB_THREADS", 8, least=1, most=1000)
WORKERS = read_number("WORKERS", 2, least=1, most=1000)
PROMETHEUS_MULTIPROC_DIR = read_folder("PROMETHEUS_MULTIPROC_DIR")
