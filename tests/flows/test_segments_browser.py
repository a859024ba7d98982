"""A manager keeps a segment in a real browser: makes it, puts a member in, loads a file, takes somebody out."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from analytics import segments
from analytics.models import Segment, SegmentFile
from backoffice.staff import roles
from members.models import Event, User
from tests.factories import START, MemberFactory, SegmentFactory
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor: Visitor) -> None:
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    visitor.visit(reverse("admin:login"))
    visitor.page.locator("[name=username]").fill("olga")
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.home + reverse("admin:index"))


def test_a_segment_is_made_filled_and_changed(at_desk: Visitor, transactional_db: None) -> None:
    people = [MemberFactory(first_name=name, last_name="Kern") for name in ("Anna", "Oleg", "Ira")]
    sign_in(at_desk)
    page = at_desk.page
    at_desk.visit(reverse("admin:analytics_segment_add"))
    page.get_by_label("Name").fill("Tea lovers")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nobody is in this segment yet.")).to_be_visible()

    page.get_by_role("searchbox", name="Put somebody in").fill("Anna")
    page.get_by_role("button", name="Put Anna Kern in").click()
    expect(page.get_by_text("✓ in the segment")).to_be_visible()
    found = page.locator("#segment-found tbody tr")
    expect(found).to_have_count(1)
    expect(page.locator("#segment-members")).to_contain_text("Members 1")
    at_desk.require_accessible()

    page.get_by_role("link", name="Load from a file").first.click()
    list_of_two = f"phone\n{people[1].phone}\n{people[2].phone}\nnobody\n"
    page.locator("[name=file]").set_input_files(
        {"name": "two.csv", "mimeType": "text/csv", "buffer": list_of_two.encode()}
    )
    page.get_by_role("button", name="See what it holds").click()
    expect(page.get_by_text("cannot name a member")).to_be_visible()
    at_desk.require_accessible()
    page.get_by_label("Replace all by those in the file").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("entered 2, left 1")).to_be_visible()

    page.get_by_role("searchbox", name="Find a member").fill("Oleg")
    expect(found).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take out Oleg Kern").click()
    expect(page.get_by_text("Nobody in this segment is called so.")).to_be_visible()
    expect(page.locator("#segment-members")).to_contain_text("Members 1")

    segment = Segment.objects.get(code="tea-lovers")
    assert [row.member for row in segment.memberships.all()] == [people[2]]
    assert Event.objects.filter(data__segment="tea-lovers").count() == 5


def test_every_page_of_a_segment_reads_well_on_a_phone(on_phone: Visitor, transactional_db: None) -> None:
    segment, members = SegmentFactory(name="Tea lovers"), [MemberFactory().id for _ in range(30)]
    segments.add(segment, members, START)
    sign_in(on_phone)
    file = SegmentFile.objects.create(
        segment=segment, name="a-rather-long-name-of-a-file-of-members.csv", rows=2, repeated=0, found=1, lost=1,
        members=members[:1], missing=[[3, "nobody", "unreadable"]], uploaded_at=START,
        uploaded_by=User.objects.get(username="olga"),
    )  # fmt: skip
    for page, *args in (
        ("changelist",),
        ("add",),
        ("change", segment.pk),
        ("load", segment.pk),
        ("file", file.pk),
    ):
        on_phone.visit(reverse(f"admin:analytics_segment_{page}", args=args))
        on_phone.page.wait_for_load_state("networkidle")
        on_phone.require_accessible()
        on_phone.require_fitting()
    on_phone.visit(reverse("admin:analytics_segment_change", args=[segment.pk]))
    on_phone.page.get_by_role("button", name="Show more").click()
    expect(on_phone.page.locator("#segment-found tbody tr")).to_have_count(30)
