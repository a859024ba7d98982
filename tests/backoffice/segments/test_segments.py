"""Segments in the back office: who may do what, and what it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from analytics.models import Segment, SegmentFile, SegmentMember
from backoffice.staff import roles
from campaigns import rulebooks
from campaigns.models import Campaign
from members.models import Event, User
from tests import factories
from tests.backoffice.conftest import NOON


@pytest.fixture
def vip(scene) -> Segment:
    """The segment that Anna is in."""
    return Segment.objects.get(code="vip")


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:analytics_segment_{page}", args=args)


def upload(client: Any, segment: Segment, text: str) -> Any:
    file = SimpleUploadedFile("list.csv", text.encode())
    return client.post(address("load", segment.pk), {"file": file})


def inside(segment: Segment) -> set[Any]:
    return set(segment.memberships.values_list("member_id", flat=True))


def test_the_list_shows_how_many_are_in_each(scene, vip, boss):
    factories.SegmentFactory(name="Nobody yet")
    page = boss.get(address("changelist"))
    sizes = {row.name: row.size for row in page.context["cl"].result_list}
    assert sizes == {"VIP": 1, "Nobody yet": 0}


def test_a_new_segment_leads_to_its_page_where_members_are_put_in(scene, boss):
    answer = boss.post(address("add"), {"name": "Regulars", "code": "regulars", "description": ""})
    segment = Segment.objects.get(code="regulars")
    assert answer.headers["Location"] == address("change", segment.pk)
    assert segment.kind == Segment.Kind.LIST
    assert "Nobody is in this segment yet." in boss.get(answer.headers["Location"]).content.decode()


def test_a_member_is_found_and_put_in(scene, vip, boss):
    oleg = factories.MemberFactory(first_name="Oleg", last_name="Berg")
    found = boss.get(address("candidates", vip.pk), {"who": "Oleg"})
    assert [(member, member.inside) for member in found.context["found"]] == [(oleg, False)]
    answer = boss.post(address("put_in", vip.pk), {"member": str(oleg.id)})
    assert answer.headers["HX-Trigger"] == "segment-changed"
    row = SegmentMember.objects.get(member=oleg)
    assert row.segment == vip
    assert row.added_by == User.objects.get(username="boss")
    assert Event.objects.filter(kind="segment.entered", member=oleg, data={"segment": "vip"}).count() == 1
    assert boss.get(address("candidates", vip.pk), {"who": "Oleg"}).context["found"][0].inside
    assert "Oleg Berg" in LogEntry.objects.get().change_message


def test_a_member_is_taken_out(scene, vip, boss):
    for _ in range(2):
        assert boss.post(address("take_out", vip.pk), {"member": str(scene.member.id)}).status_code == 200
    assert inside(vip) == set()
    assert Event.objects.filter(kind="segment.left", member=scene.member).count() == 1
    assert LogEntry.objects.count() == 1


def test_members_of_a_segment_are_searched_and_paged(scene, vip, boss):
    from analytics import segments

    others = [factories.MemberFactory(first_name="Ira", last_name=f"L{n}") for n in range(40)]
    segments.add(vip, [member.id for member in others], NOON)
    first = boss.get(address("members", vip.pk))
    assert (first.context["size"], len(first.context["rows"])) == (41, 25)
    rest = boss.get(address("members", vip.pk), {"after": first.context["next"]})
    assert len(rest.context["rows"]) == 16 and rest.context["next"] is None
    seen = {row.member_id for row in (*first.context["rows"], *rest.context["rows"])}
    assert seen == inside(vip)
    found = boss.get(address("members", vip.pk), {"find": "Kern"})
    assert [row.member for row in found.context["rows"]] == [scene.member]
    assert found.context["size"] == 41


def test_a_file_is_shown_before_it_is_applied(scene, vip, boss):
    oleg = factories.MemberFactory(phone="+79031112233")
    answer = upload(boss, vip, "phone\n+79031112233\n+79990000000\n")
    file = SegmentFile.objects.get()
    assert answer.headers["Location"] == address("file", file.pk)
    page = boss.get(answer.headers["Location"])
    assert page.context["missing"] == [(3, "+79990000000", "no member has it")]
    assert page.context["effect"] == (1, 0, (1, 1))
    assert inside(vip) == {scene.member.id}  # nothing is done yet

    for _ in range(2):
        answer = boss.post(address("file_apply", file.pk), {"mode": "replace"})
        assert answer.headers["Location"] == address("change", vip.pk)
    assert inside(vip) == {oleg.id}
    assert Event.objects.filter(kind__startswith="segment.").count() == 3
    assert LogEntry.objects.count() == 1
    assert "Applied on" in boss.get(address("file", file.pk)).content.decode()


def test_rows_not_found_go_out_as_a_file(scene, vip, boss):
    upload(boss, vip, "phone\n1\n+79990000000\n")
    answer = boss.get(address("file_missing", SegmentFile.objects.get().pk))
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "line,text,reason",
        "2,1,cannot name a member",
        "3,+79990000000,no member has it",
    ]


def test_a_file_that_will_not_do_is_refused_on_its_form(scene, vip, boss):
    answer = upload(boss, vip, "name,town\nAnna,Omsk\n")
    assert "no column phone, card, email or id" in answer.context["form"].errors["file"][0]
    assert not SegmentFile.objects.exists()


def test_what_is_taken_out_can_be_loaded_again(scene, vip, boss):
    scene.member.first_name = "=1+1"
    scene.member.save()
    text = b"".join(boss.get(address("export", vip.pk)).streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "id,phone,email,first_name,middle_name,last_name,cards,since"
    assert f"{scene.member.id},{scene.member.phone},Anna@example.org,'=1+1,,Kern" in text
    upload(boss, vip, text)
    file = SegmentFile.objects.get()
    assert (file.found, file.lost) == (1, 0)


def test_a_campaign_that_names_a_segment_is_shown_and_keeps_it(scene, vip, boss):
    draft = {
        "whom": {"who": "members", "segments": ["vip"]},
        "what": [{"effect": "points_fixed", "points": "1"}],
    }
    Campaign.objects.filter(code="draft").update(draft=draft)
    other = factories.SegmentFactory(code="other")
    page = boss.get(address("change", vip.pk))
    assert [campaign.code for campaign in page.context["campaigns"]] == ["draft"]
    assert boss.get(address("change", other.pk)).context["campaigns"] == []

    vip.memberships.all().delete()
    assert boss.post(address("delete", vip.pk), {"post": "yes"}).status_code == 403
    assert boss.post(address("delete", other.pk), {"post": "yes"}).status_code == 302
    assert list(Segment.objects.values_list("code", flat=True)) == ["vip"]


def test_a_segment_with_members_is_not_deleted(scene, vip, boss):
    assert boss.post(address("delete", vip.pk), {"post": "yes"}).status_code == 403


def test_a_members_page_tells_the_segments(scene, vip, boss):
    page = boss.get(reverse("admin:members_member_change", args=[scene.member.pk]))
    assert [row.segment for row in page.context["page"].segments] == [vip]


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_those_who_only_look_change_nothing(role, scene, vip, enter):
    client = enter(role)
    assert client.get(address("change", vip.pk)).status_code == 200
    assert client.get(address("members", vip.pk)).status_code == 200
    file = SegmentFile.objects.create(
        segment=vip,
        name="x",
        rows=1,
        repeated=0,
        found=1,
        lost=0,
        members=[scene.member.id],
        uploaded_at=NOON,
    )
    member = {"member": str(scene.member.id)}
    refused = [
        client.get(address("load", vip.pk)),
        client.get(address("candidates", vip.pk), {"who": "Anna"}),
        client.post(address("put_in", vip.pk), member),
        client.post(address("take_out", vip.pk), member),
        client.get(address("file", file.pk)),
        client.get(address("file_missing", file.pk)),
        client.post(address("file_apply", file.pk), {"mode": "remove"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert inside(vip) == {scene.member.id}
    exported = client.get(address("export", vip.pk)).status_code
    assert exported == (200 if role == roles.ANALYST else 403)


def test_members_of_a_segment_by_rule_are_not_changed_by_hand(scene, vip, boss):
    Segment.objects.update(kind=Segment.Kind.RULE)
    assert boss.post(address("take_out", vip.pk), {"member": str(scene.member.id)}).status_code == 403
    assert upload(boss, vip, "phone\n+79031112233\n").status_code == 403
    assert inside(vip) == {scene.member.id}


def test_a_published_version_names_a_segment_too(scene, vip, boss):
    """The draft may speak of it no more while the version in force still does."""
    asked = {"condition": "segment", "in": ["vip"]}
    definition = scene.draft.draft | {"if": {"all": [asked]}}
    rulebooks.Revision.objects.create(
        campaign=scene.draft, number=7, name="Draft", definition=definition, published_at=NOON
    )
    assert [c.code for c in boss.get(address("change", vip.pk)).context["campaigns"]] == ["draft"]
