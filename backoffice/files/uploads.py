"""Files that people bring to the back office: checked, agreed to, done. Small ones at once, others by a worker.

Each step (the check, and the writing) is one transaction that ends with the file's new state, under a lock of the
file's own: a step that a crash ends has left nothing, and the next worker begins it again, so many times; two workers
never do one file at once. How far a step is, is told on a connection of its own, for all to see while it lasts.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import psycopg
import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from backoffice.models import Upload
from foundation import beginnings

log = structlog.get_logger(__name__)

#: A file of more rows is a worker's: nobody waits for it in front of an empty page.
INLINE = 500
#: How long files and what came of them are kept: they tell of people.
KEPT = timedelta(days=7)
OPEN = (Upload.State.CHECKING, Upload.State.WRITING)
#: A row that somebody else makes at the same moment is there when it is tried again.
_ATTEMPTS = 3

Tell = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended, and what the page is to tell of it."""

    state: str
    result: dict[str, Any] = field(default_factory=dict)


class Kind(Protocol):
    """What can be brought. Both steps run in a transaction; ``tell`` hears how many rows are done."""

    def count(self, content: bytes) -> int:
        """How many rows the file has. Raises ``FileFault`` for one that cannot be read at all."""

    def check(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """What the file would do, or all that is wrong with it; writes nothing that stays."""

    def write(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Do what was shown. May run again after a conflict with somebody else's work."""


def bring(
    kind: str, name: str, content: bytes, rows: int, user_id: int, at: datetime, *,
    agreed: bool = False, **options: Any,
) -> Upload:  # fmt: skip
    """Keep a file whose check is to come; one that was ``agreed`` to elsewhere is to be done."""
    return Upload.objects.create(
        kind=kind, name=name[-200:], content=zlib.compress(content, 1), rows=rows, options=options,
        state=Upload.State.WRITING if agreed else Upload.State.CHECKING,
        language=get_language() or "en", by_id=user_id, created_at=at, touched_at=at,
    )  # fmt: skip


def content_of(upload: Upload) -> bytes:
    """The file itself."""
    return zlib.decompress(bytes(upload.content or b""))


def agree(upload_id: UUID, user_id: int, at: datetime) -> bool:
    """Let what was shown be done. False when it is not theirs, or not (or no more) to be agreed to."""
    return _move(upload_id, user_id, at, Upload.State.READY, Upload.State.WRITING)


def try_again(upload_id: UUID, user_id: int, at: datetime) -> bool:
    """Begin a file anew that failed."""
    return _move(upload_id, user_id, at, Upload.State.FAILED, Upload.State.CHECKING)


def _move(upload_id: UUID, user_id: int, at: datetime, old: str, new: str) -> bool:
    found = Upload.objects.filter(pk=upload_id, by=user_id, state=old)
    return found.update(state=new, position=0, attempts=0, touched_at=at, finished_at=None, error="") == 1


def work(upload_id: UUID, kinds: dict[str, Kind], at: datetime) -> None:
    """Do the step that is due; nothing when there is none, or another worker is at it.

    What goes wrong with the file stands in its row, and so does that its work was cut off again and
    again. Raises the database's errors when it went away: the step is still due then.
    """
    if not _begin(upload_id):
        return
    try:
        with transaction.atomic():
            upload = _take(upload_id)
            if upload is None:
                return
            with override(upload.language), _telling(upload) as tell:
                outcome = _step(upload, kinds[upload.kind], at, tell)
            _close(upload, outcome, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("upload_failed", upload=str(upload_id))
        told = _("The database refuses it: %(reason)s") if isinstance(error, IntegrityError) else "%(reason)s"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        Upload.objects.filter(pk=upload_id, state__in=OPEN).update(
            state=Upload.State.FAILED, error=(told % {"reason": reason})[:500], finished_at=at
        )


def forgotten(since: datetime) -> list[UUID]:
    """Files with a step to be done that nobody has touched since then."""
    lost = Upload.objects.filter(state__in=OPEN, touched_at__lt=since).order_by("created_at")
    return list(lost.values_list("pk", flat=True))


def forget(before: datetime) -> int:
    """Delete files that were brought before a moment, with what was told of them. Returns how many."""
    return Upload.objects.filter(created_at__lt=before).exclude(state__in=OPEN).delete()[0]


def _begin(upload_id: UUID) -> bool:
    """Count that the step is begun: committed before it is, so that it outlives whatever ends the worker.

    False when there is nothing to do, another worker is at it, or it was begun often enough: then it has failed.
    """
    with transaction.atomic():
        if not _lock(upload_id):
            return False
        found = Upload.objects.filter(pk=upload_id, state__in=OPEN)
        if beginnings.begin(found):
            return True
        language = found.values_list("language", flat=True).first()
        with override(language or "en"):
            told = _(
                "The work on the file was cut off each time before its end. Bring the file in smaller parts; "
                "if that does not help, tell those who run the server."
            )
        if beginnings.give_up(found, state=Upload.State.FAILED, error=told):
            log.error("upload_given_up", upload=str(upload_id))
    return False


def _lock(upload_id: UUID) -> bool:
    """The file for this transaction alone. Its row stays unlocked, so that its progress can be told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('upload ' || %s, 0))", [str(upload_id)]
        )
        return bool(cursor.fetchone()[0])


def _take(upload_id: UUID) -> Upload | None:
    if not _lock(upload_id):
        return None
    return Upload.objects.filter(pk=upload_id, state__in=OPEN).first()


def _step(upload: Upload, kind: Kind, at: datetime, tell: Tell) -> Outcome:
    step = kind.check if upload.state == Upload.State.CHECKING else kind.write
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return step(upload, at, tell)
        except (IntegrityError, OperationalError) as error:
            met = isinstance(error, IntegrityError) or isinstance(
                error.__cause__, psycopg.errors.DeadlockDetected
            )
            if not met or attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _close(upload: Upload, outcome: Outcome, at: datetime) -> None:
    fields: dict[str, Any] = {"state": outcome.state, "result": outcome.result, "position": upload.rows}
    if outcome.state != Upload.State.READY:
        fields |= {"content": None, "finished_at": at}
    Upload.objects.filter(pk=upload.pk).update(**fields, touched_at=at)


@contextmanager
def _telling(upload: Upload) -> Iterator[Tell]:
    """Tells how far a long step is, on a connection of its own."""
    if upload.rows <= INLINE:
        yield lambda position: None
        return
    beside = connection.copy()

    def tell(position: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute(
                "UPDATE backoffice_upload SET position = %s, touched_at = now() WHERE id = %s AND state = %s",
                [position, upload.pk, upload.state],
            )

    try:
        yield tell
    finally:
        beside.close()
