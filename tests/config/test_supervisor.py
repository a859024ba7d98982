"""Several processes as one: what dies comes back, and when one asks for it, all of them end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.config.processes import ROOT

SUPERVISE = """
import os, sys
from config import supervisor
supervisor.FIRST_PAUSE = 0.05
supervisor._Process.pause = 0.05
commands = {name: [sys.executable, "-c", "import time; time.sleep(600)"] for name in ("one", "two")}
commands["grim"] = ["sh", "-c", "trap '' TERM; sleep 600 & sleep 600"]
supervisor.SECONDS_TO_STOP = 0.5
sys.exit(supervisor.supervise(commands, dict(os.environ)))
"""


@pytest.fixture
def supervisor() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISE], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


def read_start(process: subprocess.Popen[str], name: str) -> int:
    """The number of the process of that name, when it is started next."""
    assert process.stdout is not None
    for line in process.stdout:
        if f"{name} " in line and "started (pid=" in line:
            return int(line.rpartition("pid=")[2].rstrip(")\n"))
    raise AssertionError(f"{name} was not started")


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_all_end_even_when_nobody_reads_what_they_print(
    supervisor: subprocess.Popen[str], asked: signal.Signals
) -> None:
    read_start(supervisor, "grim")
    children = psutil.Process(supervisor.pid).children(recursive=True)
    assert supervisor.stdout is not None
    supervisor.stdout.close()  # the terminal is gone

    supervisor.send_signal(asked)

    assert supervisor.wait(timeout=120) == 0
    _gone, alive = psutil.wait_procs(children, timeout=120)
    assert len(children) >= 3
    assert alive == []


def test_what_is_killed_is_started_again_and_the_others_run_on(supervisor: subprocess.Popen[str]) -> None:
    one, two = read_start(supervisor, "one"), read_start(supervisor, "two")
    for _ in range(3):
        os.kill(one, signal.SIGKILL)
        again = read_start(supervisor, "one")
        assert again != one
        one = again
    os.kill(two, signal.SIGTERM)
    assert read_start(supervisor, "two") != two
    assert supervisor.poll() is None
    assert psutil.pid_exists(one)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells only on Linux")
def test_a_supervisor_that_is_killed_leaves_nothing_running(supervisor: subprocess.Popen[str]) -> None:
    children = [psutil.Process(read_start(supervisor, name)) for name in ("one", "two")]
    supervisor.kill()
    supervisor.wait(timeout=120)
    _gone, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []


def test_a_process_that_dies_at_once_is_started_less_and_less_often() -> None:
    from config import supervisor as module

    with module.selectors.DefaultSelector() as output:
        process = module._Process("sad", [sys.executable, "-c", ""], dict(os.environ), output)
        now, pauses = 0.0, []
        for _ in range(8):
            process.look_after(now)
            assert process.running is not None
            process.running.wait()
            process.look_after(now)
            pauses.append(process.due - now)
            now = process.due
        assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
        process.look_after(now)
        assert process.running is not None
        process.running.wait()
        process.look_after(now + module.SETTLED)  # it ran well for a while
        assert process.due - (now + module.SETTLED) == module.FIRST_PAUSE


def test_a_command_that_is_not_there_keeps_no_other_from_running(tmp_path: Path) -> None:
    from config import supervisor as module

    with module.selectors.DefaultSelector() as output:
        process = module._Process("lost", [str(tmp_path / "missing")], dict(os.environ), output)
        process.look_after(0.0)
        assert process.running is None
        assert process.due == module.FIRST_PAUSE
