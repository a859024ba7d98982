"""Several processes as one: started together, restarted when they die, their output in one place, stopped together."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

SECONDS_TO_STOP = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a process that died is started again; twice as long each time."""
SETTLED = 60.0
"""Seconds after which a process counts as well: its next death is a first one again."""
GLANCE = 0.2
ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1


def supervise(commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> int:
    """Keep the commands running until a signal comes, then stop them. Returns 0: that was asked for.

    A command that ends, however, is started again after a pause. Each runs in a session of its own, so that
    a terminal's Ctrl-C reaches only this process, which passes it on; what has not stopped after
    ``SECONDS_TO_STOP`` is killed. Should this process be killed itself, the commands are asked to stop by
    the kernel (on Linux).
    """
    with selectors.DefaultSelector() as output, _listening() as asked:
        processes = [_Process(name, command, environment, output) for name, command in commands.items()]
        while not asked:
            now = time.monotonic()
            for process in processes:
                process.look_after(now)
            _print_output(output)
        _say("system", f"{signal.Signals(asked[0]).name} received, stopping")
        for process in processes:
            process.ask_to_stop()
        until = time.monotonic() + SECONDS_TO_STOP
        while any(process.is_alive() for process in processes) and time.monotonic() < until:
            _print_output(output)
        for process in processes:
            process.kill()
        _print_output(output)
    return 0


@dataclass
class _Process:
    """One command, and how often it died of late."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    output: selectors.BaseSelector
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE

    def look_after(self, now: float) -> None:
        """Start it if it is time, notice if it has died."""
        if self.running is not None and self.running.poll() is not None:
            status = self.running.returncode
            _signal_group(self.running.pid, signal.SIGTERM)  # what it left behind
            self.running = None
            if now - self.started >= SETTLED:
                self.pause = FIRST_PAUSE
            self.due, pause = now + self.pause, self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            _say(self.name, f"ended ({_describe(status)}); starts again in {pause:g} s")
        if self.running is None and now >= self.due:
            self._start(now)

    def _start(self, now: float) -> None:
        self.started = now
        try:
            self.running = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=bind_to_parent,
            )
        except OSError as error:  # no memory or no more processes just now
            self.due = now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            _say(self.name, f"cannot be started ({error.strerror})")
            return
        assert self.running.stdout is not None
        os.set_blocking(self.running.stdout.fileno(), False)
        self.output.register(self.running.stdout, selectors.EVENT_READ, _Lines(self.name))
        _say(self.name, f"started (pid={self.running.pid})")

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.running is not None and self.running.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self.running is not None and self.is_alive():
            self.running.terminate()

    def kill(self) -> None:
        """What is left of it and of what it started."""
        if self.running is not None:
            _signal_group(self.running.pid, signal.SIGKILL)
            self.running.wait()


class _Lines:
    """Puts a process's output together to lines."""

    def __init__(self, name: str) -> None:
        self.name, self.rest = name, b""

    def take(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            _say(self.name, line.decode(errors="replace"))


@contextmanager
def _listening() -> Iterator[list[int]]:
    """The signals that asked to stop, as they come."""
    asked: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, hear) for number in ASKED_TO_STOP}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_output(output: selectors.BaseSelector) -> None:
    """Print what the processes have said; wait a moment for it."""
    if not output.get_map():
        time.sleep(GLANCE)
        return
    for key, _events in output.select(GLANCE):
        pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
        data = pipe.read(65536)
        if data:
            key.data.take(data)
        elif data is not None:  # everybody who could write there is gone
            output.unregister(pipe)
            pipe.close()


def _say(name: str, text: str) -> None:
    """Print a line while somebody reads: a terminal that is gone must not keep anything from going on."""
    with suppress(OSError, ValueError):
        print(f"{time.strftime('%H:%M:%S')} {name:<8} | {text}", flush=True)


def _describe(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def _signal_group(pid: int, number: int) -> None:
    with suppress(OSError):
        os.killpg(pid, number)


def _find_prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None).prctl  # type: ignore[no-any-return]


_prctl = _find_prctl()


def bind_to_parent() -> None:
    """In the child, before it becomes the command: SIGTERM when the parent dies."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
