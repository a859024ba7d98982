"""A crew: processes that work on the stretches of a backtest, one after the other, each on a core of its own."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import msgspec
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from campaigns.backtest import adding_up
from campaigns.backtest.adding_up import Tally
from campaigns.backtest.past_receipts import Stretch

#: How often a crew gives a sign of life while its processes work, seconds.
TICK = 0.5
_END = b"\n"

Reply = tuple[int, Tally]


class Broken(Exception):
    """A process ended before its work was done; the message is the last thing it said."""


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker:
    """One process. It is sent stretches as lines and answers each with a tally as a line."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ``close``
        self._process = subprocess.Popen(
            [sys.executable, "-m", "django", "backtest_part"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=settings.BASE_DIR,
            env=_environment(),
        )
        self._send(msgspec.json.encode(task))

    def work(self, stretch: Stretch) -> Tally:
        """What a stretch comes to. Raises ``Broken``."""
        return self._ask(msgspec.json.encode(stretch))

    def end(self) -> Tally:
        """What is left to tell once nothing more comes. Raises ``Broken``."""
        return self._ask(b"")

    def close(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        with suppress(OSError):
            self._process.communicate()
        self._said.close()

    def _ask(self, line: bytes) -> Tally:
        assert self._process.stdout is not None
        self._send(line)
        answer = self._process.stdout.readline()
        if not answer.endswith(_END):
            raise Broken(self._last_words())
        return adding_up.read(answer)

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # its last words are read where its answer is missing
            self._process.stdin.write(line + _END)
            self._process.stdin.flush()

    def _last_words(self) -> str:
        self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"


def _environment() -> dict[str, str]:
    """The same settings, and the database that this process uses."""
    known = connection.get_connection_params()
    own = {"prepare_threshold", "cursor_factory", "context", "row_factory"}
    dsn = {name: value for name, value in known.items() if name not in own and isinstance(value, str | int)}
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "REGULARS_MODE": settings.MODE,
        "REGULARS_VAR": str(settings.VAR),
        "DATABASE_URL": make_conninfo("", **dsn),
        "OMP_NUM_THREADS": "1",
    }


class Crew:
    """Some workers who share the stretches of a backtest."""

    def __init__(self, task: Mapping[str, Any], processes: int) -> None:
        self._task = task
        self._processes = processes
        self._replies: queue.Queue[Reply | BaseException | None] = queue.Queue()
        self._left: Iterator[Stretch] = iter(())
        self._lock = threading.Lock()

    def work(self, stretches: Sequence[Stretch]) -> Iterator[Reply | None]:
        """The receipts of each stretch and its tally, as they are done; None whenever a moment has passed.

        Raises ``Broken`` when a process ends early. Closing this iterator ends the processes.
        """
        self._left = iter(stretches)
        workers = [Worker(self._task) for _number in range(self._processes)]
        threads = [threading.Thread(target=self._drive, args=(one,), daemon=True) for one in workers]
        try:
            for thread in threads:
                thread.start()
            busy = len(threads)
            while busy:
                try:
                    reply = self._replies.get(timeout=TICK)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(reply, BaseException):
                    raise reply
                busy -= reply is None
                yield reply
        finally:
            for worker in workers:
                worker.close()

    def _drive(self, worker: Worker) -> None:
        """Hand stretches to a worker until none is left. None is put once it is done."""
        try:
            while (stretch := self._next()) is not None:
                self._replies.put((stretch.receipts, worker.work(stretch)))
            self._replies.put((0, worker.end()))
            self._replies.put(None)
        except BaseException as error:
            self._replies.put(error)

    def _next(self) -> Stretch | None:
        with self._lock:
            return next(self._left, None)


def serve(lines: IO[bytes], answers: IO[bytes]) -> None:
    """The other end of a worker: work on the stretches that come in, until an empty line or the end."""
    from django.db import transaction

    from campaigns.backtest.parts import Part
    from campaigns.models import Backtest

    task = msgspec.json.decode(lines.readline())
    read = msgspec.json.Decoder(Stretch).decode
    with transaction.atomic():
        with connection.cursor() as cursor:
            if task["snapshot"]:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [task["snapshot"]])
            cursor.execute("SET LOCAL jit = off")  # compiling costs more than a stretch
        backtest = Backtest.objects.select_related("programme").get(id=task["backtest"])
        part = Part(backtest, one_order=task["one_order"], step=task["step"])
        while line := lines.readline():
            tally = part.work(read(line)) if line.strip() else part.end()
            answers.write(adding_up.write(tally) + _END)
            answers.flush()
