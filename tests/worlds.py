"""Worlds that many tests look at: made once for each worker, and given to each test as if it were alone.

A folder says in its ``conftest.py`` how its world is made (``make_world``); a test that asks for ``kept_world``
gets a copy of what was made. The rows lie in a transaction around the test's own, which takes back what the test
did; the world itself goes when a test comes that stands on another one, or on none.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import connection, connections, transaction

Make = Callable[[], Any]

_scope: transaction.Atomic | None = None
_made_by: Make | None = None
_made: Any = None
_within: Any = None
_opened: Any = None


def stand_on(make: Make | None) -> None:
    """Have the world of ``make`` in place, and no other; None for the empty database."""
    global _scope, _made_by, _made, _within, _opened
    if make is not None and _made_by is make and _is_whole():
        _forget()
        return
    leave()
    if make is None:
        return
    scope = transaction.atomic()
    scope._from_testcase = True  # type: ignore[attr-defined]  # lets in what insists on a transaction of its own
    scope.__enter__()
    _scope, _made_by, _within, _opened = scope, make, connections["default"], connection.connection
    try:
        _made = make()
    except BaseException:
        leave()
        raise
    connection.run_on_commit.clear()
    _forget()


def leave() -> None:
    """Take back the world that is in place, if one is."""
    global _scope, _made_by, _made, _within, _opened
    scope, within, whole = _scope, _within, _is_whole()
    _scope = _made_by = _made = _within = _opened = None
    if scope is None:
        return
    if whole:
        transaction.set_rollback(True)
        scope.__exit__(None, None, None)
    else:  # closed by a test, or out of reach: beside an event loop a thread has other connections
        within.in_atomic_block = False
        within.close()
    _forget()


def take() -> Any:
    """A copy of the world that is in place: what a test changes in it stays with the test."""
    assert _scope is not None, "a test that commits keeps no world: let it make its own"
    return copy.deepcopy(_made)


def is_kept() -> bool:
    """Whether a world is in place."""
    return _scope is not None


def _is_whole() -> bool:
    """Whether the transaction is the one that was begun, on the connection that this thread has now."""
    if _scope is None or connections["default"] is not _within:
        return False
    return connection.connection is _opened and connection.in_atomic_block


def _forget() -> None:
    """Nothing that the process keeps for a second or two is of a test before: here numbers come again."""
    from campaigns.occasions import awaited
    from loyalty.shops import places
    from messaging import webhooks
    from pos import guard, keys

    for module in (awaited, places, webhooks, keys, guard):
        module.forget()
    cache.clear()
