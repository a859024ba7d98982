"""What a ladder that is about to be saved would do to members: how many it moves, from which tier to which.

Counted as the recount will count (``analytics.recount_statements``); nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import recount_statements as statements
from loyalty.models import Programme
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


def describe(programme: Programme, ladder: Ladder, names: Mapping[str, str], now: datetime) -> list[str]:
    """Whom a ladder moves, a sentence for each way; empty when it moves nobody.

    ``names`` are the tiers by their codes as they were: one that is gone is named by them.
    """
    found = foresee(programme.pk, ladder, now)
    if found is None:
        seconds = PATIENCE // 1000
        return [
            ngettext(
                "There are so many members that %(seconds)s second is not enough to count whom this moves.",
                "There are so many members that %(seconds)s seconds are not enough to count whom this moves.",
                seconds,
            )
            % {"seconds": seconds}
        ]
    known = {**names, **{step.code: step.name for step in ladder.steps}, "": _("no tier")}
    return [_say(move, known) for move in found]


def _say(move: Move, names: Mapping[str, str]) -> str:
    text = ngettext(
        "%(members)s member goes from “%(was)s” to “%(now)s”.",
        "%(members)s members go from “%(was)s” to “%(now)s”.",
        move.members,
    )
    was, now = (names.get(code, code) for code in (move.was, move.now))
    return text % {"members": intcomma(move.members), "was": was, "now": now}
