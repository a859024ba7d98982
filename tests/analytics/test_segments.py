"""Who is in which segment, and what is written when that changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from analytics import segments
from analytics.models import Segment, SegmentMember
from members.models import Event, Member
from members.timeline import events
from members.timeline.events import EventRow, Subscribers
from tests import factories
from tests.factories import START, MemberFactory, ProgrammeFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db
LATER = START + timedelta(days=1)


@pytest.fixture
def people() -> list[Any]:
    """Ids of five members, in order."""
    return sorted(MemberFactory().id for _ in range(5))


def inside(segment: Segment) -> list[Any]:
    return sorted(segment.memberships.values_list("member_id", flat=True))


def told() -> list[tuple[str, Any, str]]:
    found = Event.objects.order_by("at", "kind", "member_id")
    return [(event.kind, event.member_id, event.data["segment"]) for event in found]


def test_members_enter_with_the_moment_the_user_and_an_event_each(people: list[Any]) -> None:
    segment, user = SegmentFactory(code="vip"), UserFactory()
    change = segments.add(segment, people[:2], START, user.id)
    assert change == (tuple(people[:2]), ())
    rows = SegmentMember.objects.order_by("member_id").values_list("member_id", "added_at", "added_by_id")
    assert list(rows) == [(people[0], START, user.id), (people[1], START, user.id)]
    assert told() == [("segment.entered", people[0], "vip"), ("segment.entered", people[1], "vip")]


def test_whoever_is_in_a_segment_does_not_enter_again(people: list[Any]) -> None:
    segment = SegmentFactory()
    segments.add(segment, people[:1], START)
    assert segments.add(segment, people[:2], LATER) == ((people[1],), ())
    assert segment.memberships.get(member=people[0]).added_at == START
    assert Event.objects.count() == 2


def test_members_leave_with_an_event_each_and_others_do_not(people: list[Any]) -> None:
    segment = SegmentFactory(code="vip")
    segments.add(segment, people[:1], START)
    assert segments.remove(segment, people[:3], LATER) == ((), (people[0],))
    assert inside(segment) == []
    assert told() == [("segment.entered", people[0], "vip"), ("segment.left", people[0], "vip")]


def test_replacing_moves_only_those_who_differ(people: list[Any]) -> None:
    segment = SegmentFactory()
    segments.add(segment, people[:3], START)
    change = segments.replace(segment, people[2:], LATER)
    assert change == (tuple(people[3:]), tuple(people[:2]))
    assert inside(segment) == people[2:]
    assert segment.memberships.get(member=people[2]).added_at == START
    assert segments.replace(segment, people[2:], LATER) == ((), ())
    assert Event.objects.count() == 3 + 4


def test_replacing_by_nobody_empties_this_segment_alone(people: list[Any]) -> None:
    segment, other = SegmentFactory(), SegmentFactory()
    segments.add(segment, people, START)
    segments.add(other, people, START)
    assert segments.replace(segment, [], LATER).left == tuple(people)
    assert inside(other) == people


def test_erased_and_unknown_members_do_not_enter(people: list[Any]) -> None:
    segment = SegmentFactory()
    factories.erase(Member.objects.get(id=people[0]))
    assert segments.add(segment, [people[0], people[1], uuid4()], START).entered == (people[1],)


def test_a_member_named_twice_enters_once(people: list[Any]) -> None:
    segment = SegmentFactory()
    assert segments.add(segment, [people[0], people[0]], START).entered == (people[0],)
    assert Event.objects.count() == 1


def test_listeners_hear_of_each_change(people: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[EventRow] = []
    table = {kind: Subscribers(now=(heard.append,)) for kind in (segments.ENTERED, segments.LEFT)}
    monkeypatch.setattr(events, "_table", lambda: table)
    segment = SegmentFactory()
    segments.add(segment, people[:1], START)
    segments.replace(segment, people[1:2], LATER)
    assert [(row.kind, row.member_id) for row in heard] == [
        ("segment.entered", people[0]),
        ("segment.left", people[0]),
        ("segment.entered", people[1]),
    ]
    assert Event.objects.filter(id__in=[row.id for row in heard]).count() == 3


def test_codes_of_a_member_are_those_of_the_programme_and_of_all_programmes(people: list[Any]) -> None:
    ours, theirs = ProgrammeFactory(), ProgrammeFactory()
    for code, programme in (("everywhere", None), ("ours", ours), ("theirs", theirs)):
        segments.add(SegmentFactory(code=code, programme=programme), people[:1], START)
    assert segments.codes_of(people[0]) == {"everywhere", "ours", "theirs"}
    assert segments.codes_of(people[0], ours.id) == {"everywhere", "ours"}
    assert segments.codes_of(people[1]) == frozenset()


def test_the_fragments_fit_into_statements_of_others(people: list[Any]) -> None:
    segments.add(SegmentFactory(code="a"), people[:2], START)
    segments.add(SegmentFactory(code="b"), people[1:3], START)
    with connection.cursor() as cursor:
        codes = segments.codes_sql("m.id", "NULL::bigint")
        cursor.execute(f"SELECT {codes} FROM members_member m ORDER BY m.id")
        assert [row[0] for row in cursor.fetchall()] == [["a"], ["a", "b"], ["b"], [], []]
        cursor.execute(segments.members_sql("%(codes)s"), {"codes": ["a", "b", "c"]})
        assert sorted(row[0] for row in cursor.fetchall()) == people[:3]


def test_sizes_tell_an_empty_segment_from_none(people: list[Any]) -> None:
    SegmentFactory(code="nobody")
    segments.add(SegmentFactory(code="some"), people[:3], START)
    assert segments.sizes(["nobody", "some", "unknown"]) == {"nobody": 0, "some": 3}
    assert [segments.empty(code) for code in ("nobody", "some", "unknown")] == [True, False, True]
