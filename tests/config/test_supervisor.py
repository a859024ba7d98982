"""Several processes as one: however it ends, all of them end."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from tests.config.processes import ROOT

SUPERVISE = "import os; from config.supervisor import supervise; supervise({'one': ['sleep', '60']}, dict(os.environ))"


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_all_end_even_when_nobody_reads_what_they_print(asked: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISE], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "one started" in process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    process.stdout.close()  # the terminal is gone

    process.send_signal(asked)
    process.wait(timeout=120)

    assert children
    _gone, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
