"""How much memory this machine, or the container we run in, has for a database server."""

from __future__ import annotations

import os
from pathlib import Path

#: Where a container's bound stands: cgroup version 2, then version 1.
BOUNDS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
MB = 1024 * 1024
LEAST, MOST = 128, 1024


def count_memory() -> int:
    """The memory in bytes that all processes here may use together."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in BOUNDS:
        try:
            found.append(int(path.read_text()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return min(found)


def choose_buffers(memory: int) -> int:
    """``shared_buffers`` in MB: an eighth of the memory, 128 MB (PostgreSQL's default) to 1 GB.

    PostgreSQL's manual says a quarter for a machine of its own; here web server and workers live beside it.
    """
    return max(LEAST, min(memory // 8 // MB, MOST))
