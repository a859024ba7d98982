"""How often a piece of work is begun that may end its worker each time: counted before it begins, so that the count
outlives the worker, and given up when it has led to nothing often enough.

The rows have ``attempts``, ``touched_at`` and ``finished_at``. Whoever gets on sets ``attempts`` back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

#: How often one step is begun by a worker. A step that was cut off so often is what cuts it off.
MOST_BEGINNINGS = 3
#: For so long after a beginning its worker may still be at the step, unseen by those who begin beside it.
BESIDE = timedelta(seconds=30)
#: So many beginnings at one step are no workers beside each other.
MOST_BESIDE = 50

#: Work that was begun often enough, and by nobody for a while; or by very many.
SPENT = Q(attempts__gte=MOST_BEGINNINGS, touched_at__lt=Now() - BESIDE) | Q(attempts__gte=MOST_BESIDE)


def begin(work: QuerySet[Any]) -> bool:
    """Count that a worker begins. False when nothing is to be done, or no more: ``give_up`` says which.

    Whoever began a moment ago may be at work beside this one: only beginnings that led to nothing for a while count
    against the work, or very many. Looked at and counted in one statement.
    """
    return bool(work.exclude(SPENT).update(attempts=F("attempts") + 1, touched_at=Now()))


def give_up(work: QuerySet[Any], **failed: Any) -> bool:
    """Write down that the work has failed, when it was begun often enough. Returns whether it was."""
    return bool(work.filter(SPENT).update(**failed, finished_at=Now()))
