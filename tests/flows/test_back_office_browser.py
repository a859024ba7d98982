"""A manager in the back office, in a real browser: the day, a caller, a correction, a campaign."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from analytics import recount
from backoffice.staff import roles
from campaigns.models import Campaign
from loyalty.ledger.audit import audit
from loyalty.models import Account, Ladder, Receipt, Tier
from members.models import User
from tests.backoffice.conftest import buy
from tests.factories import ProductFactory, ProductSetFactory, TierFactory
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD, PHONE, Corner, open_corner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    """The shop, its manager, and one purchase of Anna's."""
    corner = open_corner()
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    buy(corner.shop, corner.anna, "000001", redeem="10")
    return corner


def sign_in(visitor: Visitor) -> Page:
    page = visitor.page
    visitor.visit(reverse("admin:login"))
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("live campaigns")).to_be_visible()
    return page


def pages(corner: Corner) -> list[str]:
    """The pages that people work on most, and the one of each kind."""
    campaign = Campaign.objects.get(code="base")
    ladder = Ladder.objects.get_or_create(programme=corner.shop.programme)[0]
    long = ProductSetFactory(name="Of long names")
    long.products.add(
        ProductFactory(partner=corner.shop.partner, name="Oat flakes with apple and cinnamon, " * 4)
    )
    return [
        reverse("admin:loyalty_ladder_change", args=[ladder.pk]),
        reverse("admin:loyalty_productset_change", args=[long.pk]),
        reverse("admin:index"),
        reverse("admin:members_member_changelist"),
        reverse("admin:members_member_add"),
        reverse("admin:members_member_change", args=[corner.anna.pk]),
        reverse("admin:members_member_adjust_points", args=[corner.anna.pk]),
        reverse("admin:members_member_import"),
        reverse("admin:loyalty_receipt_changelist"),
        reverse("admin:loyalty_receipt_change", args=[Receipt.objects.get().pk]),
        reverse("admin:loyalty_transfer_changelist"),
        reverse("admin:loyalty_programme_change", args=[corner.shop.programme.pk]),
        reverse("admin:loyalty_store_change", args=[corner.shop.store.pk]),
        reverse("admin:loyalty_productset_add"),
        reverse("admin:campaigns_campaign_changelist"),
        reverse("admin:campaigns_campaign_change", args=[campaign.pk]),
        reverse("admin:pos_tillkey_add"),
    ]


def test_every_kind_of_page_reads_well_at_a_desk(at_desk: Visitor, corner: Corner) -> None:
    sign_in(at_desk)
    for path in pages(corner):
        at_desk.visit(path)
        at_desk.page.wait_for_load_state("networkidle")
        at_desk.require_accessible()
        at_desk.require_fitting()


def test_every_kind_of_page_reads_well_on_a_phone(on_phone: Visitor, corner: Corner) -> None:
    sign_in(on_phone)
    for path in pages(corner):
        on_phone.visit(path)
        on_phone.page.wait_for_load_state("networkidle")
        on_phone.require_accessible()
        on_phone.require_fitting()


def test_on_a_phone_too_a_list_leads_to_its_import_by_the_keyboard(on_phone: Visitor, corner: Corner) -> None:
    page = sign_in(on_phone)
    on_phone.visit(reverse("admin:loyalty_product_changelist"))
    opener = page.get_by_role("button", name="What can be done here")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("link", name="Export")).to_be_visible()
    page.get_by_role("link", name="Import").click()
    expect(page.locator("[name=file]")).to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).press("Enter")
    expect(page.get_by_role("link", name="Members").first).to_be_visible()


def test_on_a_phone_what_is_done_with_a_record_is_in_sight_and_much_that_was_chosen_is_short(
    on_phone: Visitor, corner: Corner
) -> None:
    page = sign_in(on_phone)
    on_phone.visit(reverse("admin:members_member_change", args=[corner.anna.pk]))
    expect(page.get_by_role("link", name="Give or take points")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Give or take points")).to_have_count(1)
    page.get_by_role("button", name="What can be done here").press("Enter")
    expect(page.get_by_role("link", name="Give or take points")).to_have_count(1)

    many = ProductSetFactory(name="Of many")
    many.products.set(ProductFactory.create_batch(60, partner=corner.shop.partner))
    on_phone.visit(reverse("admin:loyalty_productset_change", args=[many.pk]))
    expect(page.locator(".select2-selection__choice")).to_have_count(60)
    assert page.evaluate("document.documentElement.scrollHeight") < 2 * 844
    page.locator(".select2-search__field").focus()
    expect(page.locator(".select2-search__field")).to_be_in_viewport()
    on_phone.require_accessible()
    on_phone.require_fitting()


def test_a_caller_is_found_told_why_and_given_points(at_desk: Visitor, corner: Corner) -> None:
    page = sign_in(at_desk)
    at_desk.visit(reverse("admin:members_member_changelist"))
    page.get_by_placeholder("Phone or its end").fill(PHONE[-6:])
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Anna Kern").click()
    page.locator("summary", has_text="000001").click()
    expect(page.get_by_text("5% of 20.00").first).to_be_visible()
    page.get_by_role("tab", name="Statement").click()
    expect(page.locator("#part-movements")).to_contain_text("spent")

    page.get_by_role("link", name="Give or take points").click()
    page.get_by_label("Points", exact=False).last.fill("15")
    page.get_by_label("Reason").fill("Cold coffee")
    before = Account.objects.get(kind="member").balance
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Confirm").dblclick()
    expect(page.get_by_text("Given: 15").or_(page.get_by_text("This was done already"))).to_be_visible()
    account = Account.objects.get(kind="member")
    assert account.balance == (before or 0) + Decimal(15)
    page.get_by_role("tab", name="Statement").click()
    expect(page.locator("#part-movements")).to_contain_text("Cold coffee")
    assert audit().clean


def test_a_campaign_is_written_refused_mended_published_and_paused(at_desk: Visitor, corner: Corner) -> None:
    page = sign_in(at_desk)
    address = reverse("admin:campaigns_campaign_change", args=[Campaign.objects.get(code="gold").pk])
    at_desk.visit(address)
    page.get_by_label("Percent").fill("500")
    expect(page.locator("#p-f-what-0")).to_contain_text("give a percent above 0 and at most 100")
    page.get_by_label("Percent").fill("3")
    expect(page.locator("#sentence")).to_contain_text("Members of the tier Gold get 3% back in points.")
    page.get_by_role("button", name="Publish the changes…").click()
    expect(page.get_by_text("What changes from revision 1")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Revision 2 is launched: the campaign is live.")).to_be_visible()

    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_text("Members of the tier Gold get 2% back in points.")).to_be_visible()
    at_desk.visit(address)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The campaign is paused now.")).to_be_visible()
    assert Campaign.objects.get(code="gold").status == Campaign.Status.PAUSED


def test_the_form_of_a_programme_asks_only_for_what_its_expiry_needs(
    at_desk: Visitor, corner: Corner
) -> None:
    page = sign_in(at_desk)
    at_desk.visit(reverse("admin:loyalty_programme_change", args=[corner.shop.programme.pk]))
    kind = page.locator("#id_expiry_kind")
    expect(page.get_by_label("Counted in")).to_be_visible()
    kind.select_option("never")
    expect(page.get_by_label("Counted in")).to_be_hidden()
    kind.select_option("yearly")
    page.locator("#id_expiry_month").select_option("6")
    page.get_by_label("Day of the month").fill("30")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    corner.shop.programme.refresh_from_db()
    assert corner.shop.programme.expiry == {"kind": "yearly", "month": 6, "day": 30}


@pytest.mark.parametrize("screen", ["at_desk", "on_phone"])
def test_whom_a_threshold_moves_is_said_before_it_is_saved(
    screen: str, request: pytest.FixtureRequest, corner: Corner
) -> None:
    visitor: Visitor = request.getfixturevalue(screen)
    programme = corner.shop.programme
    Tier.objects.filter(programme=programme).delete()
    for code, threshold in (("base", 0), ("gold", 9000)):
        TierFactory(programme=programme, code=code, name=code.title(), threshold=threshold)
    Ladder.objects.get_or_create(programme=programme)
    recount.settle(timezone.now())
    page = sign_in(visitor)
    visitor.visit(reverse("admin:loyalty_tier_change", args=[Tier.objects.get(code="gold").pk]))
    page.locator("[name=threshold]").fill("1")
    page.locator("[name=_save]").click()

    expect(page.get_by_text("from “Base” to “Gold”")).to_be_visible()
    visitor.require_accessible()
    visitor.require_fitting()
    assert Tier.objects.get(code="gold").threshold == 9000
    page.get_by_role("button", name="Save and move them").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Tier.objects.get(code="gold").threshold == 1
