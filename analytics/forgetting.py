"""What analytics forgets: who was in which segment, and rows of files that name a person."""

from __future__ import annotations

from django.db import connection

from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person, mentions

_SEGMENTS = """
DELETE FROM analytics_segmentmember WHERE member_id = %(member)s;
UPDATE analytics_segmentfile SET members = array_remove(members, %(member)s::uuid)
 WHERE %(member)s::uuid = ANY(members);
"""
#: Rows ``[line, text, reason]`` of which nobody was found, and the file's name.
_FILES = f"""
UPDATE analytics_segmentfile
   SET missing = (SELECT coalesce(jsonb_agg(row_), '[]') FROM jsonb_array_elements(missing) row_
                   WHERE NOT {mentions("row_")}) WHERE {mentions("missing")};
UPDATE analytics_segmentfile SET name = '' WHERE {mentions("name")};
"""
_HANDED = """
UPDATE analytics_memberfacts SET member_id = %(new)s WHERE member_id = %(old)s AND programme_id = %(programme_id)s;
DELETE FROM analytics_segmentmember m USING analytics_segment s
 WHERE s.id = m.segment_id AND m.member_id = %(old)s AND s.programme_id = %(programme_id)s;
"""


def forget(person: Person) -> None:
    """See the module."""
    with connection.cursor() as cursor:
        cursor.execute(_SEGMENTS, person.params)
        if person.marks:
            cursor.execute(_FILES, person.params)


def hand_over(handed: Handed) -> None:
    """What they did in the programme; they leave its segments."""
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, handed._asdict())


FORGETTER = Forgetter(forget, hand_over)
