"""Sending points in a real browser on a phone: double clicks and two tabs send them once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from loyalty.models import Programme, Remittance
from tests import factories
from tests.cabinet import post
from tests.flows.conftest import Visitor
from tests.flows.corner import Corner, open_corner
from tests.flows.test_cabinet_browser import be
from tests.laws.world import account_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corner(transactional_db: None, settings: LazySettings) -> Iterator[Corner]:
    corner = open_corner()
    Programme.objects.filter(pk=corner.shop.programme.pk).update(transfers=True, transfer_fee_percent=5)
    with post.box(settings):
        yield corner


def test_transfer_under_double_clicks_and_two_tabs(on_phone: Visitor, corner: Corner) -> None:
    boris = factories.enrol(corner.shop.programme, phone="+4915187654321", first_name="Boris")
    page = be(on_phone, corner.anna)
    page.get_by_role("link", name="Send points to a member").click()
    on_phone.require_accessible()
    on_phone.require_fitting()
    page.get_by_label("Their phone number").fill("+49 151 87654321")
    page.get_by_label("How many points").fill("40")
    page.get_by_label("For what").fill("For the tea")
    page.get_by_role("button", name="Send me a code").dblclick()
    code = page.get_by_label("Code")
    expect(code).to_be_focused()
    assert len(post.SENT) == 1
    on_phone.require_accessible()
    on_phone.require_fitting()

    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):  # the second finds it approved already
        tab.get_by_label("Code").fill(post.SENT[-1].code)
        tab.get_by_role("button", name="Go on").dblclick()
        expect(tab.get_by_text("B…, +4915187654321")).to_be_visible()
    expect(page.get_by_text("−42")).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()

    for tab in (page, other):
        tab.get_by_role("button", name="Send 40 points").dblclick()
        expect(tab.get_by_role("heading", name="Sent")).to_be_visible()

    assert Remittance.objects.filter(transfer__isnull=False).count() == 1
    assert account_of(corner.anna).balance == 120 - 42
    assert account_of(boris).balance == 40
    page.get_by_role("link", name="To the history").click()
    expect(page.get_by_text("To B…, +49•••••••••21", exact=True)).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
