"""Many codes at once: generated or imported, in parts, each of them one transaction with its progress.

Whoever works on a batch locks its row for each part, so several workers take turns and none makes a code
twice; a worker that dies leaves the parts that were committed, and the next one goes on after them, unless the same
part has ended so many workers. A file imported again adds nothing and says so.
Generated codes go in by COPY; a part that meets a code that
is there already is made anew. Imported ones go in by one INSERT per part, sorted, so that importers of
the same codes wait for each other in one order; what was there already stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation import beginnings, copying, prepared
from foundation.refusals import Fault, Invalid
from foundation.violations import constraint_of
from rewards import codes
from rewards.coupons import code_files, validity
from rewards.coupons.code_files import CodeLine
from rewards.models import CodeBatch, Coupon, Series

log = structlog.get_logger(__name__)

#: Codes or lines of a part: it takes some tenths of a second, so progress is smooth and locks are short.
PART = 25_000
#: The database holds it too (``CodeBatch``).
MOST_AT_ONCE = 10_000_000
MOST_FAULTS = 1_000
#: Why a line will not do: the counters of a batch.
BAD = ("malformed", "repeated", "present", "taken")
OPEN = (CodeBatch.Status.WAITING, CodeBatch.Status.WORKING)
_ATTEMPTS = 5
CUT_OFF = gettext_noop(
    "The work was cut off again and again at the same place. Tell those who run the server; what was made stays."
)
#: What all coupons of a batch have in common, beside their codes.
_COMMON = ("programme_id", "series_id", "state", "most", "valid_until", "issued_at", "batch_id")

_INSERT = """
INSERT INTO rewards_coupon (programme_id, series_id, code, state, most, valid_until, issued_at, batch_id)
SELECT %(programme_id)s::bigint, %(series_id)s::bigint, code, %(state)s::text, %(most)s::int,
       %(valid_until)s::timestamptz, %(issued_at)s::timestamptz, %(batch_id)s::uuid
  FROM unnest(%(codes)s::text[]) AS given(code) ORDER BY code
    ON CONFLICT (programme_id, code) DO NOTHING
RETURNING code
"""
_WHOSE = """
SELECT code, CASE WHEN batch_id = %(batch_id)s::uuid THEN 'repeated'
                  WHEN series_id = %(series_id)s::bigint THEN 'present' ELSE 'taken' END AS kind
  FROM rewards_coupon WHERE programme_id = %(programme_id)s::bigint AND code = ANY(%(codes)s::text[])
"""

#: A line that would not do: its number, why (a counter of the batch), and what stands there.
BadLine = tuple[int, str, str]


def generate(series: Series, count: int, at: datetime, user_id: int | None = None) -> CodeBatch:
    """Ask for so many new codes of a series; ``work`` makes them. They are issued at ``at``.

    Raises ``Invalid`` when the number will not do, or the codes are too short for so many.
    """
    _require_personal(series)
    if not 1 <= count <= MOST_AT_ONCE:
        detail = _("Give a number from 1 to %(most)s.") % {"most": MOST_AT_ONCE}
        raise Invalid(Fault("count", "out_of_range", detail))
    room = codes.room(series.length)
    if Coupon.objects.filter(series=series).count() + count > room:
        detail = _(
            "Codes of %(length)s characters can be guessed when there are more than %(room)s of them: "
            "make the codes of the series longer."
        ) % {"length": series.length, "room": room}
        raise Invalid(Fault("count", "too_many", detail))
    return CodeBatch.objects.create(
        series=series, kind=CodeBatch.Kind.GENERATE, wanted=count, created_by_id=user_id, created_at=at, touched_at=at
    )  # fmt: skip


def take_in(series: Series, content: bytes, name: str, at: datetime, user_id: int | None = None) -> CodeBatch:
    """Ask for the codes of a file; ``work`` reads them. They are issued at ``at``.

    Raises ``Invalid`` when the file cannot be read as one of codes.
    """
    _require_personal(series)
    packed, lines = code_files.pack(content)
    return CodeBatch.objects.create(
        series=series, kind=CodeBatch.Kind.IMPORT, wanted=lines, name=name[:200], content=packed,
        created_by_id=user_id, created_at=at, touched_at=at,
    )  # fmt: skip


def work(
    batch_id: UUID, told: Callable[[CodeBatch, list[BadLine]], object] | None = None, part: int = PART
) -> CodeBatch:
    """Work on a batch until it is done or stopped. ``told`` hears of it after each part, with its bad lines.

    Each part is a transaction, unless the caller holds one. Safe to repeat, and to run in several workers. A batch
    whose workers died several times without a part in between has failed.
    """
    if not _begin(batch_id):
        return CodeBatch.objects.defer("content").get(pk=batch_id)
    reader = _Reader()
    while True:
        try:
            with transaction.atomic():
                batch, bad = _step(batch_id, reader, part)
        except (OperationalError, InterfaceError):
            raise  # the database went away: the batch stays open, and is taken up again
        except Exception as error:
            CodeBatch.objects.filter(id=batch_id, status__in=OPEN).update(
                status=CodeBatch.Status.FAILED, error=str(error)[:500], finished_at=Now()
            )
            raise
        if told is not None:
            told(batch, bad)
        if batch.status not in OPEN:
            return batch


def stop(batch_id: UUID) -> bool:
    """Stop a batch after the part at hand; what was made stays. False when there was nothing to stop."""
    stopped = CodeBatch.objects.filter(id=batch_id, status__in=OPEN).update(
        status=CodeBatch.Status.STOPPED, finished_at=Now()
    )
    return bool(stopped)


def resume(batch_id: UUID) -> bool:
    """Let a batch that was stopped or failed go on. False when it is done, or at work."""
    halted = (CodeBatch.Status.STOPPED, CodeBatch.Status.FAILED)
    return bool(
        CodeBatch.objects.filter(id=batch_id, status__in=halted).update(
            status=CodeBatch.Status.WAITING, attempts=0, touched_at=Now(), finished_at=None, error=""
        )
    )


def forgotten(since: datetime) -> list[UUID]:
    """Batches that are to be worked on and that nobody has touched since then."""
    return list(
        CodeBatch.objects.filter(Q(status__in=OPEN), touched_at__lt=since)
        .order_by("created_at")
        .values_list("id", flat=True)
    )


class _Reader:
    """The lines of a batch's file, opened where the batch is; opened anew when another worker went on."""

    def __init__(self) -> None:
        self.position = -1
        self.lines: Iterator[CodeLine] = iter(())

    def read(self, batch: CodeBatch, count: int) -> list[CodeLine]:
        """The next lines; the batch's row is locked."""
        if self.position != batch.position:
            content = CodeBatch.objects.values_list("content", flat=True).get(pk=batch.pk)
            self.lines = code_files.read(bytes(content or b""), batch.position)
        return list(islice(self.lines, count))


def _require_personal(series: Series) -> None:
    if series.kind == Series.Kind.MASS:
        raise Invalid(Fault("series", "one_code", _("This series has one code for all.")))


def _begin(batch_id: UUID) -> bool:
    """Count that a worker begins, so that it outlives the worker. False when nothing is to be done, or no more."""
    found = CodeBatch.objects.filter(id=batch_id, status__in=OPEN)
    if beginnings.begin(found):
        return True
    if beginnings.give_up(found, status=CodeBatch.Status.FAILED, error=CUT_OFF):
        log.error("codes_given_up", batch=str(batch_id))
    return False


def _step(batch_id: UUID, reader: _Reader, part: int) -> tuple[CodeBatch, list[BadLine]]:
    """Do one part of a batch, under the lock of its row."""
    batch = CodeBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch_id)
    bad: list[BadLine] = []
    if batch.status not in OPEN:
        return batch, bad
    batch.status = CodeBatch.Status.WORKING
    if batch.kind == CodeBatch.Kind.GENERATE:
        _generate(batch, min(part, batch.wanted - batch.position))
    else:
        bad = _import(batch, reader.read(batch, part), part)
        reader.position = batch.position
        for _line, kind, _text in bad:
            setattr(batch, kind, getattr(batch, kind) + 1)
        batch.faults += bad[: MOST_FAULTS - len(batch.faults)]
    fields = {name: getattr(batch, name) for name in ("position", "made", "faults", "status", *BAD)}
    if batch.position >= batch.wanted:
        batch.status = CodeBatch.Status.DONE
        fields |= {"status": batch.status, "finished_at": Now(), "content": None}
    CodeBatch.objects.filter(pk=batch.pk).update(**fields, attempts=0, touched_at=Now())
    return batch, bad


def _generate(batch: CodeBatch, count: int) -> None:
    series, fields = batch.series, _common(batch)
    common = [fields[name] for name in _COMMON]
    for attempt in range(_ATTEMPTS):
        made = set(codes.generate(count, series.length, series.prefix))
        rows = ((*common, code) for code in made)
        try:
            with transaction.atomic():
                copying.copy(Coupon._meta.db_table, (*_COMMON, "code"), rows)
            break
        except IntegrityError as error:
            if attempt == _ATTEMPTS - 1 or constraint_of(error) != "coupon_code_in_programme":
                raise
    batch.made += len(made)
    batch.position += len(made)


def _import(batch: CodeBatch, lines: list[CodeLine], part: int) -> list[BadLine]:
    """Write the codes of these lines. Returns those that would not do."""
    first: dict[str, CodeLine] = {}
    again: list[CodeLine] = []
    bad: list[BadLine] = []
    for line in lines:
        if not line.code:
            bad.append((line.number, "malformed", line.text))
        elif line.code in first:
            again.append(line)
        else:
            first[line.code] = line
    common = _common(batch)
    made = {row["code"] for row in prepared.run(_INSERT, common | {"codes": list(first)})}
    again += [line for code, line in first.items() if code not in made]
    if again:
        params = {name: common[name] for name in ("programme_id", "series_id", "batch_id")}
        rows = prepared.run(_WHOSE, params | {"codes": [line.code for line in again]})
        kinds = {row["code"]: row["kind"] for row in rows}
        bad += [(line.number, kinds[line.code], line.text) for line in again]
    batch.made += len(made)
    batch.position = lines[-1].number if len(lines) == part else batch.wanted
    return sorted(bad)


def _common(batch: CodeBatch) -> dict[str, object]:
    """What all coupons of a batch have in common."""
    series, pooled = batch.series, batch.series.from_pool
    return {
        "programme_id": series.programme_id,
        "series_id": series.pk,
        "state": Coupon.State.WAITING.value if pooled else Coupon.State.ISSUED.value,
        "most": series.uses_each,
        "valid_until": None if pooled else validity.end_of_issue(series, batch.created_at),
        "issued_at": None if pooled else batch.created_at,
        "batch_id": batch.pk,
    }
