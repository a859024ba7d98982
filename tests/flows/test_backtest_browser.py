"""A manager tries a draft on past receipts in a real browser: asks, reads, compares."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from backoffice.staff import roles
from campaigns.models import Backtest, Campaign
from members.models import User
from tests import factories
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD
from tests.races.selling import sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(transactional_db: None) -> Campaign:
    """Two members bought tea while 5% was live; a draft would give 10% more."""
    shop = factories.open_shop(store="s")
    factories.publish_campaign(shop.programme, name="Base 5%")
    for number in range(2):
        sell(factories.enrol(shop.programme), number)
    ten: Any = factories.percent_of_receipt("10")
    return factories.CampaignFactory(programme=shop.programme, code="ten", name="Ten percent", draft=ten)


def sign_in(visitor: Visitor) -> None:
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    visitor.visit(reverse("admin:login"))
    visitor.page.locator("[name=username]").fill("olga")
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.home + reverse("admin:index"))


def ask(visitor: Visitor, draft: Campaign) -> Backtest:
    """Ask for March, and come to its page."""
    page = visitor.page
    visitor.visit(reverse("admin:campaigns_backtest_add") + f"?campaigns={draft.pk}")
    page.locator("[name=period][value=own]").check()
    page.locator("[name=begins]").fill("2026-03-01")
    page.locator("[name=ends]").fill("2026-03-31")
    visitor.require_accessible()
    page.locator("button[type=submit]:visible, input[type=submit]:visible").last.click()
    page.wait_for_url("**/change/")
    return Backtest.objects.latest("pk")


def test_a_draft_is_tried_on_march_and_the_page_tells_what_it_would_have_cost(
    at_desk: Visitor, draft: Campaign
) -> None:
    sign_in(at_desk)
    page = at_desk.page
    ask(at_desk, draft)
    expect(page.get_by_text("It would have cost 20.00 EUR in points")).to_be_visible()
    expect(page.get_by_text("100% of the members who bought would have gained")).to_be_visible()
    at_desk.require_accessible()
    at_desk.require_fitting()


def test_backtests_read_well_on_a_phone(on_phone: Visitor, draft: Campaign) -> None:
    sign_in(on_phone)
    tests = [ask(on_phone, draft) for _number in range(2)]
    compared = reverse("admin:campaigns_backtest_compare") + "?ids=" + ",".join(str(one.pk) for one in tests)
    for path in (
        reverse("admin:campaigns_backtest_changelist"),
        reverse("admin:campaigns_backtest_change", args=[tests[0].pk]),
        compared,
    ):
        on_phone.visit(path)
        on_phone.page.wait_for_load_state("networkidle")
        on_phone.require_accessible()
        on_phone.require_fitting()
