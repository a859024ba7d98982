"""Files of members: what is read, who is found, what applying does."""

from __future__ import annotations

import codecs
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics import segment_files, segments
from analytics.models import SegmentFile
from foundation.text_files import FileFault
from members.models import Event, Member
from tests.factories import START, CardFactory, MemberFactory, SegmentFactory, UserFactory, erase

LATER = START + timedelta(days=1)

READ = [
    pytest.param("+79160000001\n+79160000002\n", None, {1: "+79160000001", 2: "+79160000002"}, id="bare rows"),
    pytest.param("Phone\n+79160000001\n", "phone", {2: "+79160000001"}, id="a column with a title"),
    pytest.param("customers\n+79160000001\n", None, {2: "+79160000001"}, id="a title that says nothing"),
    pytest.param("name;телефон\nАнна;+79160000001\n", "phone", {2: "+79160000001"}, id="semicolons, in Russian"),
    pytest.param("name,card\n\nAnna,2001\nOleg,\n\nIra,2002\n", "card", {3: "2001", 6: "2002"}, id="empty rows"),
    pytest.param('name\temail\n"A\nB"\ta@x.org\nC\tc@x.org\n', "email", {2: "a@x.org", 4: "c@x.org"}, id="long cells"),
    pytest.param("id,phone\nabc,+79160000001\n", "id", {2: "abc"}, id="the id goes before the phone"),
    pytest.param("\r\n2001\r\n2002", None, {2: "2001", 3: "2002"}, id="Windows' line ends"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form", "rows"), READ)
def test_a_file_is_read_as_people_make_them(text: str, form: str | None, rows: dict[int, str]) -> None:
    table = segment_files.read(text.encode())
    assert (table.form, dict(table.rows)) == (form, rows)


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + "телефон\n+7916".encode(),
        "телефон\n+7916".encode("cp1251"),
        "телефон\n+7916".encode("utf-16"),
    ],
    ids=["UTF-8 with a mark", "Windows' Cyrillic", "UTF-16"],
)
def test_any_usual_encoding_will_do(content: bytes) -> None:
    assert segment_files.read(content) == ([(2, "+7916")], "phone")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\n ,\n", "The file is empty."),
        (b"phone\n", "The file names no members."),
        (b"PK\x03\x04", "This is a workbook: save its sheet as CSV and load that."),
        (
            b"name,town\nAnna,Omsk\n",
            "The first line names no column phone, card, email or id: it has name, town.",
        ),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(FileFault) as caught:
        segment_files.read(content)
    assert str(caught.value) == said


@pytest.mark.django_db
def test_members_are_found_by_whatever_a_row_holds() -> None:
    anna = MemberFactory(phone="+79160000001", email="Anna@Example.org")
    oleg, ira = MemberFactory(phone="+79160000002"), MemberFactory(phone="+79160000003")
    CardFactory(number="2000000000015", member=oleg, blocked=True)
    rows = [
        "8(916)",
        "+7 (916) 000-00-01",
        "2000 0000 00015",
        str(ira.id).upper(),
        "anna@example.ORG",
        "79160000003",
    ]
    found = segment_files.find(segment_files.read("\n".join(rows).encode()))
    assert found.members == [anna.id, oleg.id, ira.id]
    assert found.repeated == 2
    assert found.missing == [(1, "8(916)", "unreadable")]


@pytest.mark.django_db
def test_rows_that_name_nobody_are_reported_with_their_lines() -> None:
    erase(MemberFactory(phone="+79160000001"))
    twin = MemberFactory(phone="+79160000002")
    CardFactory(number="79160000002", member=MemberFactory())
    CardFactory(number="2001", member=None)
    said = "+79160000001\n79160000002\n2001\nÄ\n\n+79160000002\n"
    found = segment_files.find(segment_files.read(b"list\n" + said.encode()))
    assert found.members == [twin.id]
    assert found.missing == [
        (2, "+79160000001", "unknown"),  # erased
        (3, "79160000002", "ambiguous"),  # a phone, and the card of somebody else
        (4, "2001", "unknown"),  # a card that nobody has
        (5, "Ä", "unreadable"),
    ]


@pytest.mark.django_db
def test_a_titled_column_is_read_as_nothing_else() -> None:
    owner = MemberFactory()
    MemberFactory(phone="+79160000002")
    CardFactory(number="79160000002", member=owner)
    found = segment_files.find(segment_files.read(b"card\n79160000002\n+79160000002"))
    assert found == ([owner.id], 0, [(3, "+79160000002", "unreadable")])


def in_file(*members: Any) -> bytes:
    return "\n".join(["phone", *(member.phone for member in members)]).encode()


MODES = [("add", (1, 0), "abc"), ("replace", (1, 1), "bc"), ("remove", (0, 1), "a")]


@pytest.mark.django_db
@pytest.mark.parametrize(("mode", "counts", "after"), MODES)
def test_a_file_is_shown_first_and_then_applied_once(mode: str, counts: Any, after: str) -> None:
    people = dict(zip("abc", (MemberFactory() for _ in range(3)), strict=True))
    segment, user = SegmentFactory(), UserFactory()
    segments.add(segment, [people["a"].id, people["b"].id], START)
    file = segment_files.keep(segment, "list.csv", in_file(people["b"], people["c"]) + b"\n1", LATER, user.id)
    assert (file.rows, file.found, file.repeated, file.lost) == (3, 2, 0, 1)
    assert segment_files.foresee(file) == (1, 1, (1, 1))
    assert segment.memberships.count() == 2 and Event.objects.count() == 2  # nothing is done yet

    first = segment_files.apply(file.id, mode, LATER, user.id)
    again = segment_files.apply(file.id, mode, LATER, user.id)
    assert (first.entered, first.left) == (again.entered, again.left) == counts
    inside = set(segment.memberships.values_list("member_id", flat=True))
    assert inside == {people[name].id for name in after}
    assert Event.objects.count() == 2 + sum(counts)
    assert first.members == [] and first.missing == [[4, "1", "unreadable"]]


@pytest.mark.django_db
def test_the_same_file_loaded_again_changes_nothing() -> None:
    segment, members = SegmentFactory(), [MemberFactory(), MemberFactory()]
    for mode, counts in (("add", (2, 0)), ("add", (0, 0)), ("replace", (0, 0))):
        file = segment_files.keep(segment, "list.csv", in_file(*members), LATER)
        done = segment_files.apply(file.id, mode, LATER)
        assert (done.entered, done.left) == counts
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_file_that_names_nobody_empties_no_segment() -> None:
    segment, member = SegmentFactory(), MemberFactory()
    segments.add(segment, [member.id], START)
    file = segment_files.keep(segment, "list.csv", b"phone\n+70000000", START)
    with pytest.raises(FileFault):
        segment_files.apply(file.id, "replace", LATER)
    assert segment.memberships.count() == 1


@pytest.mark.django_db
def test_what_old_files_say_of_people_is_forgotten() -> None:
    segment = SegmentFactory()
    old = segment_files.keep(segment, "old.csv", in_file(MemberFactory()) + b"\n12", START)
    segment_files.keep(segment, "new.csv", in_file(MemberFactory()), START + segment_files.KEPT * 2)
    old.refresh_from_db()
    assert (old.members, old.missing, old.found, old.lost) == ([], [], 1, 1)
    with pytest.raises(FileFault):
        segment_files.apply(old.id, "add", LATER)


@pytest.mark.django_db
def test_a_long_list_enters_in_few_statements(django_assert_max_num_queries: Any) -> None:
    members = Member.objects.bulk_create(
        Member(phone=f"+7916{n:07d}", referral_code=f"R{n}") for n in range(2000)
    )
    segment = SegmentFactory()
    rows = "\n".join(str(member.phone) for member in members).encode()
    with django_assert_max_num_queries(30):
        file = segment_files.keep(segment, "list.csv", rows, START)
        assert segment_files.apply(file.id, SegmentFile.Mode.REPLACE, START).entered == 2000
    assert all(isinstance(member_id, UUID) for member_id in file.members)
