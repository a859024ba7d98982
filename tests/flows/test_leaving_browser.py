"""Leaving in a real browser on a phone: what is lost, the days to come back, and what remains when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from campaigns.leaving import carrying_out
from loyalty.ledger import audit
from loyalty.models import Receipt
from members.models import Member
from tests import factories
from tests.cabinet import post
from tests.campaigns.leaving import search
from tests.flows.conftest import Visitor
from tests.flows.corner import Corner, open_corner
from tests.flows.test_cabinet_browser import be
from tests.races.selling import sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corner(transactional_db: None, settings: LazySettings) -> Iterator[Corner]:
    with post.box(settings):
        yield open_corner()


def test_leaving_and_what_remains(corner: Corner, on_phone: Visitor) -> None:
    member = factories.enrol(
        corner.shop.programme, 250, phone="+4915155555578", first_name="Zoraida", last_name="Quill"
    )
    receipt = sell(member, "last", store=corner.shop.store.code, till=corner.shop.till.code).body["id"]
    page = be(on_phone, member)
    on_phone.visit("/cabinet/green/me/")
    page.get_by_role("link", name="My data").click()
    expect(page.locator("body")).to_contain_text("Quill")
    on_phone.require_accessible()
    on_phone.require_fitting()
    on_phone.visit("/cabinet/green/me/leave/")
    expect(page.locator("body")).to_contain_text("points, those that wait too")
    on_phone.require_accessible()
    on_phone.require_fitting()
    page.get_by_label("I want to leave").check()
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.locator("h2")).to_contain_text("You leave")
    page.get_by_role("button", name="Stay").click()
    expect(page.locator("body")).to_contain_text("You stay.")
    on_phone.visit("/cabinet/green/me/leave/")
    page.get_by_label("I want to leave").check()
    page.get_by_role("button", name="Leave", exact=True).dblclick()
    expect(page.locator("h2")).to_contain_text("You leave")

    assert carrying_out.carry_out_due(datetime.now(UTC) + timedelta(days=15)) == 1

    on_phone.visit("/cabinet/green/")
    expect(page.get_by_label("Phone or e-mail")).to_be_visible()
    assert search.places(["15155555578", "Zoraida", "Quill"]) == set()
    assert Receipt.objects.get(id=receipt).member == Member.objects.get(pk=member.pk, status="erased")
    assert audit.audit().problems == []
