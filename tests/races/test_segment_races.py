"""Many hands on one segment: each change happens once, and is told once."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from analytics import segments
from members.models import Event
from tests.factories import START, MemberFactory, SegmentFactory
from tests.races.parallel import THREADS, together

pytestmark = pytest.mark.django_db(transaction=True)


def balance_of(segment: Any) -> dict[Any, int]:
    """By member: events of entering less events of leaving."""
    counts: Counter[Any] = Counter()
    for kind, member_id in Event.objects.filter(data__segment=segment.code).values_list("kind", "member_id"):
        counts[member_id] += 1 if kind == segments.ENTERED else -1
    return {member_id: count for member_id, count in counts.items() if count}


def test_a_member_added_by_many_at_once_enters_once() -> None:
    segment, member = SegmentFactory(), MemberFactory()
    changes = together([partial(segments.add, segment, [member.id], START)] * THREADS)
    assert sum(len(change.entered) for change in changes) == 1
    assert Event.objects.count() == 1


def test_a_member_removed_by_many_at_once_leaves_once() -> None:
    segment, member = SegmentFactory(), MemberFactory()
    segments.add(segment, [member.id], START)
    changes = together([partial(segments.remove, segment, [member.id], START)] * THREADS)
    assert sum(len(change.left) for change in changes) == 1
    assert Event.objects.filter(kind=segments.LEFT).count() == 1


def test_lists_that_overlap_in_any_order_neither_block_nor_double() -> None:
    segment = SegmentFactory()
    people = [MemberFactory().id for _ in range(40)]
    works: list[Any] = []
    for turn in range(THREADS):
        part = people[turn:] + people[:turn]
        part = part[::-1] if turn % 2 else part
        change: Any = (segments.add, segments.replace, segments.remove, segments.replace)[turn % 4]
        works.append(partial(change, segment, part[: 10 + turn], START))
    works += [partial(segments.add, segment, [people[0]], START)] * 4
    together(works)
    inside = {member_id: 1 for member_id in segment.memberships.values_list("member_id", flat=True)}
    assert balance_of(segment) == inside
