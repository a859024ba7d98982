"""A manager makes what a campaign needs where it needs it, by keyboard, and finds the way there and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from backoffice.staff import roles
from campaigns.models import Campaign
from loyalty.models import Payer
from members.models import User
from rewards.models import Coupon, Series
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD, open_corner
from tests.flows.test_constructor_browser import enter, sentence, settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager(transactional_db: None) -> User:
    """The manager of the corner shop."""
    open_corner()
    roles.create()
    user = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=roles.MANAGER))
    return user


def open_mechanic(visitor: Visitor, key: str) -> Page:
    page = enter(visitor)
    visitor.visit(f"/admin/campaigns/campaign/new/?ready={key}")
    return page


def test_a_series_is_made_on_the_spot_by_keyboard_and_nothing_typed_is_lost(
    at_desk: Visitor, manager: User
) -> None:
    page = open_mechanic(at_desk, "promo_code")
    page.get_by_label("Name of the campaign").fill("Poster in the tram")
    page.get_by_label("Percent").fill("12.5")
    expect(page.locator("#constructor")).to_contain_text("The codes are made in a coupon series.")

    opener = page.get_by_role("button", name="+ new series…")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New coupon series")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Tram")
    page.keyboard.press("Enter")  # a code is missing still
    expect(dialog.get_by_role("alert").first).to_contain_text("Give from")
    expect(dialog.get_by_label("The code")).to_be_focused()
    at_desk.require_accessible()
    page.keyboard.type("tram 12")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    settle(page)
    expect(page.get_by_role("listbox")).to_have_count(0)  # nothing lies over what comes next
    chosen = page.locator(".rc-chip", has_text="Tram")
    expect(chosen.get_by_role("link")).to_be_visible()
    expect(sentence(page)).to_contain_text("12.5%")
    expect(page.get_by_label("Name of the campaign")).to_have_value("Poster in the tram")
    expect(page.locator(".rc-needs")).to_contain_text("Coupon series: Tram")
    at_desk.require_accessible()
    settle(page)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Saved. It counts once it is launched.")).to_be_visible()

    made = Series.objects.get(code="tram")
    assert (made.kind, made.uses_each, Coupon.objects.get(series=made).code) == ("mass", None, "TRAM12")
    campaign = Campaign.objects.get(name="Poster in the tram")
    assert campaign.draft["if"] == {"condition": "coupon", "series": ["tram"]}
    assert campaign.draft["what"] == [{"effect": "discount_percent", "percent": "12.5"}]
    with page.expect_popup() as beside:
        page.locator(".rc-needs").get_by_role("link", name="Tram").click()
    expect(
        beside.value.locator(".regulars-card", has_text="Campaigns that know this series")
    ).to_contain_text("Poster in the tram draft · takes them")
    expect(page).to_have_url(f"{at_desk.home}/admin/campaigns/campaign/{campaign.pk}/change/")
    beside.value.get_by_role("link", name="Make a campaign that takes its coupons").click()
    expect(beside.value.locator(".rc-chip", has_text="Tram")).to_be_visible()


def test_a_campaign_that_gives_coupons_has_many_codes_and_a_partner_that_pays(
    on_phone: Visitor, manager: User
) -> None:
    page = open_mechanic(on_phone, "next_coupon")
    page.get_by_label("Name of the campaign").fill("Come again")
    page.get_by_role("button", name="+ new series…").click()
    series = page.get_by_role("dialog", name="New coupon series")
    expect(series.get_by_label("The code")).to_be_hidden()
    on_phone.require_fitting()
    series.get_by_label("Name").fill("Next time")
    series.get_by_role("button", name="Make it and choose it").click()
    expect(page.locator(".rc-needs")).to_contain_text("Next time no codes yet")
    page.get_by_role("button", name="+ who pays for it").click()
    settle(page)
    expect(
        page.get_by_role("option", name="Green points the house")
    ).to_be_visible()  # and the button stays in reach
    page.get_by_role("button", name="+ new payer…").click()
    payer = page.get_by_role("dialog", name="New payer")
    payer.get_by_label("Kind").select_option("partner")
    payer.get_by_label("Partner").select_option(label="Green Corner Ltd")
    on_phone.require_accessible()
    on_phone.require_fitting()
    payer.get_by_role("button", name="Make it and choose it").click()
    expect(page.locator(".rc-needs")).to_contain_text("Payer: Green Corner Ltd")
    expect(sentence(page)).to_contain_text("It is paid for by Green Corner Ltd.")
    settle(page)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Saved. It counts once it is launched.")).to_be_visible()

    draft: dict[str, Any] = Campaign.objects.get(name="Come again").draft
    assert draft["what"] == [{"effect": "issue_coupon", "series": "next-time"}]
    assert draft["lots"] == {"funder": "green-corner-ltd"}
    assert Series.objects.get(code="next-time").kind == "personal"
    assert Payer.objects.get(code="green-corner-ltd").partner is not None
