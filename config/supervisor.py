"""Several processes as one: started together, their output in one place, stopped together."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import suppress
from pathlib import Path

import honcho.manager
import honcho.printer

SECONDS_TO_STOP = 10
ASKED_TO_STOP = (128 + signal.SIGINT, 128 + signal.SIGTERM)
ROOT = Path(__file__).resolve().parent.parent


class Printer(honcho.printer.Printer):
    """Prints while somebody reads: a terminal that is gone must not keep anything from being stopped."""

    def write(self, message: honcho.printer.Message) -> None:
        """Print a line, or leave it."""
        with suppress(OSError, ValueError):
            super().write(message)


def supervise(commands: dict[str, list[str]], environment: dict[str, str]) -> int:
    """Run the commands until one ends or a signal comes, then stop the others.

    Returns the exit status: 0 after a signal, as that was asked for, else that of the one that ended.

    Each runs in a session of its own, so that a terminal's Ctrl-C reaches only this process, which passes
    it on in order. What has not stopped after ``SECONDS_TO_STOP`` is killed.
    """
    honcho.manager.KILL_WAIT = SECONDS_TO_STOP
    manager = honcho.manager.Manager(Printer(sys.stdout))
    for name, command in commands.items():
        manager.add_process(name, f"exec {shlex.join(command)}", env=environment, cwd=str(ROOT))
    manager.loop()
    return 0 if manager.returncode in ASKED_TO_STOP else int(manager.returncode or 0)
