"""What a ladder that is about to be saved would do to members: how many it moves, from which tier to which.

Counted as the recount will count (``analytics.recount_statements``); nothing is written.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError, connection, transaction

from analytics import recount_statements as statements
from loyalty.rules.tiers import Ladder

#: Who saves waits no longer than that, in milliseconds, for what the members would do.
PATIENCE = 10_000
_LIMIT = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"


class Move(NamedTuple):
    """So many members go from one tier to another, by their codes; an empty one is no tier."""

    was: str
    now: str
    members: int


def foresee(programme_id: int, ladder: Ladder, now: datetime) -> list[Move] | None:
    """Who would stand elsewhere on this ladder, most members first; None when that cannot be counted in time.

    Sees what the transaction has written so far.
    """
    params = statements.params(ladder) | {"programme": programme_id, "now": now}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMIT, [str(PATIENCE)])
            (before, _set) = cursor.fetchone()
            cursor.execute(statements.moving(ladder), params)
            found = [Move(*row) for row in cursor.fetchall()]
            cursor.execute(_LIMIT, [before])
    except OperationalError:  # it took too long
        return None
    return found
