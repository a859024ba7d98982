"""Who is in which segment. The only place that writes it.

A list kept by hand, a file and (later) a rule all end here: they say who enters and who leaves, this
module writes the rows and the events ``segment.entered`` and ``segment.left`` in one transaction. A
row is inserted or deleted exactly once, whoever else is at it, and there is one event for each row
that was; a change that changes nothing leaves no trace. Changes of many members of one segment wait
for each other on the segment's row, so that two of them can never wait in a circle; the entry of a
single member waits for nobody.

Whoever reads needs not care of what kind a segment is: ``codes_of`` and ``codes_sql`` for a member,
``empty`` and ``sizes`` for segments, ``members_sql`` to join with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from analytics.models import Segment, SegmentMember
from members.timeline import events

ENTERED, LEFT = "segment.entered", "segment.left"


class Change(NamedTuple):
    """Who entered and who left a segment, each in the order of their ids."""

    entered: tuple[UUID, ...] = ()
    left: tuple[UUID, ...] = ()


def add(segment: Segment, member_ids: Collection[UUID], at: datetime, by: int | None = None) -> Change:
    """Put members into a segment; those who are in it stay as they were, erased ones are left out.

    ``by`` is the user who did it, None for a rule. Locks the segment when there are several members.
    """
    with transaction.atomic():
        _queue(segment, member_ids)
        return _note(segment, at, entered=_insert(segment, member_ids, at, by))


def remove(segment: Segment, member_ids: Collection[UUID], at: datetime) -> Change:
    """Take members out of a segment; those who are not in it do not matter. Locks as ``add`` does."""
    with transaction.atomic():
        _queue(segment, member_ids)
        return _note(segment, at, left=_delete(segment, "member_id = ANY(%s)", member_ids))


def replace(segment: Segment, member_ids: Collection[UUID], at: datetime, by: int | None = None) -> Change:
    """Make these the members of a segment, and nobody else. Who was in it stays as before. Locks the segment."""
    with transaction.atomic():
        _queue(segment)
        left = _delete(segment, "member_id <> ALL(%s)", member_ids)
        return _note(segment, at, entered=_insert(segment, member_ids, at, by), left=left)


def codes_of(member_id: UUID, programme_id: int | None = None) -> frozenset[str]:
    """Codes of the segments that a member is in: of the programme and of those for all; of any when None."""
    with connection.cursor() as cursor:
        member, programme = "%(member)s::uuid", "%(programme)s::bigint"
        statement = codes_sql(member, None if programme_id is None else programme)
        cursor.execute(f"SELECT {statement}", {"member": member_id, "programme": programme_id})
        return frozenset(cursor.fetchone()[0])


def codes_sql(member: str, programme: str | None) -> str:
    """A scalar expression of SQL: an array of the codes of the segments that a member is in, empty for none.

    ``member`` and ``programme`` are expressions of the statement around it, such as ``w.id`` or
    ``%(programme)s::bigint``; segments for all programmes always count, ``None`` counts all others too.
    """
    of_programme = (
        "" if programme is None else f" AND (s.programme_id IS NULL OR s.programme_id = {programme})"
    )
    return (
        "ARRAY(SELECT s.code::text FROM analytics_segmentmember sm JOIN analytics_segment s ON s.id = sm.segment_id"
        f" WHERE sm.member_id = {member}{of_programme} ORDER BY s.code)"
    )


def members_sql(codes: str) -> str:
    """A query of SQL: ids of the members who are in at least one segment of the array of codes, each once."""
    return (
        "SELECT DISTINCT sm.member_id FROM analytics_segmentmember sm"
        f" JOIN analytics_segment s ON s.id = sm.segment_id WHERE s.code = ANY({codes})"
    )


def empty(code: str) -> bool:
    """Whether nobody is in the segment; true of a segment that does not exist."""
    return not SegmentMember.objects.filter(segment__code=code).exists()


def sizes(codes: Iterable[str]) -> dict[str, int]:
    """How many members each of these segments has now. A code that means no segment is left out."""
    found = Segment.objects.filter(code__in=list(codes)).order_by()
    return dict(found.annotate(size=Count("memberships")).values_list("code", "size"))


def _queue(segment: Segment, member_ids: Collection[UUID] | None = None) -> None:
    """Wait for others who change many members of the segment; the row may still be referred to meanwhile."""
    if member_ids is None or len(member_ids) > 1:
        Segment.objects.select_for_update(no_key=True).get(id=segment.id)


def _insert(segment: Segment, member_ids: Collection[UUID], at: datetime, by: int | None) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO analytics_segmentmember (segment_id, member_id, added_at, added_by_id)
            SELECT %s, id, %s, %s FROM members_member
             WHERE id = ANY(%s) AND status <> 'erased' ORDER BY id
            ON CONFLICT (segment_id, member_id) DO NOTHING
            RETURNING member_id
            """,
            [segment.id, at, by, list(member_ids)],
        )
        return [member_id for (member_id,) in cursor.fetchall()]


def _delete(segment: Segment, which: str, member_ids: Collection[UUID]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM analytics_segmentmember WHERE segment_id = %s AND {which}
            RETURNING member_id
            """,
            [segment.id, list(member_ids)],
        )
        return [member_id for (member_id,) in cursor.fetchall()]


def _note(segment: Segment, at: datetime, entered: Iterable[UUID] = (), left: Iterable[UUID] = ()) -> Change:
    """Write the events of a change and announce them."""
    change = Change(tuple(sorted(entered)), tuple(sorted(left)))
    rows = [
        events.new(kind, member_id, at, at, segment=segment.code)
        for kind, member_ids in ((LEFT, change.left), (ENTERED, change.entered))
        for member_id in member_ids
    ]
    if rows:
        events.copy(rows)
        events.announce(rows)
    return change
