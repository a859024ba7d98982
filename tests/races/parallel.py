"""Many real threads at once on real PostgreSQL, each with a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection, connections

from foundation.refusals import Refusal
from tests.laws.world import assert_books_balance, problems_of_the_books

THREADS = 16
#: Longer than any race takes, so that threads that wait for each other fail instead of hanging.
PATIENCE = 240.0

T = TypeVar("T")


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all the works at the same moment; what each returned, or how it was refused, in their order.

    Anything else that one raised is raised here: a deadlock or a lost race must never come out.
    """
    start = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(index: int) -> None:
        try:
            start.wait(PATIENCE)
            results[index] = works[index]()
        except BaseException as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "some threads still wait for each other"
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Refusal):
            raise result
    return results


def wait_for_waiter() -> None:
    """Return when somebody waits for a lock of this thread's transaction."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)) LIMIT 1"
            )
            if cursor.fetchone() is not None:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")


def done(results: Sequence[T | Refusal]) -> list[T]:
    """The results of those that were not refused."""
    return [result for result in results if not isinstance(result, Refusal)]


def refusals(results: Sequence[object]) -> list[str]:
    """The codes of those that were refused."""
    return [result.code for result in results if isinstance(result, Refusal)]


@contextmanager
def books_right_after() -> Iterator[None]:
    """What happens here leaves books that balance, counted in two independent ways."""
    yield
    assert_books_balance()
    problems = problems_of_the_books()
    assert problems == [], problems
