"""A manager builds mechanics in a real browser and launches them; a cashier sells, and both read why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from backoffice.staff import roles
from campaigns.checkout import checkout
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.desk import states
from campaigns.models import Campaign
from loyalty.ledger.audit import audit
from loyalty.models import Receipt, Transfer
from members.models import User
from rewards.models import CouponUse
from tests.flows import conftest
from tests.flows.conftest import Visitor
from tests.flows.corner import CARD, PASSWORD, PHONE, Corner, open_corner
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db(transaction=True)

COFFEE, RYE = "4600000000017", "4600000000031"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock stands on the last Wednesday at half past one in Berlin, and goes on from there."""
    true = timezone.now
    today = true().astimezone(BERLIN).replace(hour=13, minute=30, second=0, microsecond=0)
    noon = today - timedelta(days=(today.isoweekday() - 3) % 7 or 7)
    late = true() - noon
    monkeypatch.setattr(timezone, "now", lambda: true() - late)
    return noon


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    """The shop and its manager; Anna has bought enough to be silver."""
    corner = open_corner()
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    line = SaleLine(position=1, sku="OLIVE-500", quantity=Decimal(41), price=Decimal("14.50"))
    at = timezone.now() - timedelta(days=20)
    sale = Sale(
        store="corner",
        till="1",
        receipt_number="before",
        purchased_at=at,
        lines=(line,),
        member=Who(phone=PHONE),
    )
    checkout.purchase(sale, at + timedelta(seconds=1))
    return corner


@pytest.fixture
def at_till(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """The cashier's own browser."""
    yield from conftest._visit(chromium, live_server.url, conftest.DESK)


# What a manager does


def enter(visitor: Visitor) -> Page:
    """The manager signs in."""
    page = visitor.page
    visitor.visit(reverse("admin:login"))
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("live campaigns")).to_be_visible()
    return page


def open_gallery(visitor: Visitor) -> Page:
    """The manager signs in and goes to make a campaign."""
    page = enter(visitor)
    page.locator("a", has=page.get_by_text("Campaigns", exact=True)).first.click()
    page.locator("a.addlink").click()
    expect(page.get_by_role("heading", name="What would you like to do?")).to_be_visible()
    return page


def add(page: Page, label: str, menu: str = "") -> None:
    """Add a row: by its button, or by a choice of a menu."""
    if menu:
        page.locator("summary", has_text=f"+ {menu}").click()
        page.locator(".rc-menu[open]").get_by_role("button", name=label, exact=True).click()
    else:
        page.get_by_role("button", name=f"+ {label}", exact=True).click()
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has answered."""
    expect(page.locator("#constructor[aria-busy=true]")).to_have_count(0)


def pick(page: Page, field: str, text: str, found: str) -> None:
    """Search for something and choose it."""
    picker = page.get_by_role("combobox", name=field, exact=True).last
    picker.click()
    picker.press_sequentially(text)
    page.locator(".rc-list:not([hidden])").get_by_role("option", name=found).first.click()
    expect(page.locator(".rc-chip", has_text=found).first).to_be_visible()


def launch(page: Page) -> None:
    """Launch what stands in the form, now."""
    page.get_by_role("button", name="Launch…").click()
    expect(page.get_by_role("heading", name="When does it begin?")).to_be_visible()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("is launched: the campaign is live.")).to_be_visible()


def sentence(page: Page) -> Locator:
    """What the campaign does, in words."""
    return page.locator("#sentence")


# What a cashier does


def open_till(visitor: Visitor) -> Page:
    """The cashier signs in."""
    page = visitor.page
    visitor.visit("/till/")
    page.get_by_label("User name").fill("mila")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ready for the next customer")).to_be_visible()
    page.wait_for_load_state("load")
    return page


def scan(page: Page, *codes: str) -> None:
    """What a scanner does: type and press Enter."""
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def sell(page: Page) -> Receipt:
    """Take the money."""
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.wait_for_load_state("load")
    return Receipt.objects.latest("purchased_at")


def read_receipt(visitor: Visitor, receipt: Receipt) -> Page:
    """The manager opens the receipt."""
    visitor.visit(reverse("admin:loyalty_receipt_change", args=[receipt.pk]))
    return visitor.page


# The mechanics


def test_double_points_on_coffee_are_built_launched_sold_and_explained(
    at_desk: Visitor, at_till: Visitor, corner: Corner, at_noon: datetime
) -> None:
    page = open_gallery(at_desk)
    page.get_by_role("link", name="Start from scratch").click()
    page.get_by_label("Name of the campaign").fill("Double coffee")
    add(page, "certain tiers")
    pick(page, "Tiers", "sil", "Silver")
    add(page, "certain weekdays")
    add(page, "certain hours")
    page.get_by_role("radio", name="Certain goods").click()
    settle(page)
    pick(page, "Goods", "coff", "Coffee")
    page.locator("#q-what .rc-row").get_by_role("button", name="Take this row away").first.click()
    settle(page)
    expect(sentence(page)).to_contain_text("still to be filled in")
    add(page, "double points and other boosters", menu="Add something")
    add(page, "who pays for it")
    page.get_by_role("button", name="+ new payer…").click()
    page.get_by_role("dialog", name="New payer").get_by_label("Name").fill("Supplier")
    page.keyboard.press("Enter")
    expect(page.locator(".rc-chip", has_text="Supplier")).to_be_visible()
    add(page, "a limit")
    page.get_by_label("Points", exact=True).last.fill("500")
    expect(sentence(page)).to_contain_text(
        "Members of the tier Silver get double points on Coffee, from Monday to Friday, from 13:00 to 15:00."
    )
    expect(sentence(page)).to_contain_text("At most 500 points a month for each member.")
    expect(sentence(page)).to_contain_text("It is paid for by Supplier.")
    page.get_by_role("button", name="Make a basket that fits").click()
    expect(page.locator("#result")).to_contain_text("2 times the")
    at_desk.require_accessible()
    launch(page)
    assert Campaign.objects.get(name="Double coffee").draft == {
        "whom": {"who": "members", "tiers": ["silver"]},
        "when": {"weekdays": [1, 2, 3, 4, 5], "hours": [["13:00", "15:00"]]},
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "what": [{"effect": "multiplier", "by": "2"}],
        "lots": {"funder": "supplier"},
        "judge": {"limits": [{"per": "member", "period": "month", "points": "500"}]},
    }

    till = open_till(at_till)
    scan(till, COFFEE, RYE, CARD)
    coffee = till.locator(".line", has_text="Coffee beans")
    coffee.locator("summary").click()
    expect(coffee).to_contain_text("Double coffee 2 times the 1.94 points of other campaigns")
    expect(till.locator(".line", has_text="Rye bread")).not_to_contain_text("Double coffee")
    receipt = sell(till)
    expect(till.locator("body")).to_contain_text("Double coffee")

    paid = Transfer.objects.get(receipt=receipt, revision__campaign__name="Double coffee")
    assert (paid.points, paid.source.code) == (Decimal("1.94"), "supplier")
    assert receipt.purchased_at.astimezone(BERLIN).strftime("%a %H") == "Wed 13"
    page = read_receipt(at_desk, receipt)
    expect(page.locator(".regulars-lines")).to_contain_text(
        "+1.94 Double coffee r1 · 2 times the 1.94 points"
    )
    assert audit(corner.shop.programme).clean


def open_card(page: Page, title: str) -> None:
    """Open a ready mechanic of the gallery."""
    page.get_by_role("link", name=title).click()
    expect(page.get_by_label("Name of the campaign")).to_have_value(title)


def test_a_promo_code_is_built_launched_redeemed_and_explained(
    at_desk: Visitor, at_till: Visitor, corner: Corner
) -> None:
    series = make_series(corner.shop.programme, name="Spring leaflet", mass_code="SPRING10", most_in_all=5)
    page = open_gallery(at_desk)
    open_card(page, "A promo code or coupon")
    gap = sentence(page).locator("mark")
    expect(gap).to_have_text("choose the coupon series")
    page.get_by_role("button", name="Launch…").click()
    expect(page.get_by_text("Saved as a draft. What is marked must be fixed")).to_be_visible()
    page.get_by_role("link", name="4 For what?").click()
    expect(page.get_by_role("combobox", name="Coupon series")).to_be_focused()
    expect(page.get_by_role("combobox", name="Coupon series")).to_have_attribute("aria-invalid", "true")
    pick(page, "Coupon series", "spri", "Spring leaflet")
    expect(gap).to_have_count(0)
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    expect(sentence(page)).to_contain_text("All buyers get a discount of 10%.")
    expect(sentence(page)).to_contain_text("Only if a coupon of Spring leaflet is shown.")
    launch(page)

    till = open_till(at_till)
    scan(till, RYE, RYE, CARD)
    expect(till.locator(".sums__pay")).to_contain_text("8.40")
    till.get_by_label("Coupon", exact=True).fill("spring10")
    till.keyboard.press("Enter")
    expect(till.locator(".sums__pay")).to_contain_text("7.56")
    rye = till.locator(".line", has_text="Rye bread")
    rye.locator("summary").click()
    expect(rye).to_contain_text("A promo code or coupon 10% off 8.40")
    receipt = sell(till)
    expect(till.locator(".why")).to_contain_text("A promo code or coupon")
    assert (receipt.discount, receipt.redeemed_amount) == (Decimal("0.84"), Decimal(0))
    assert CouponUse.objects.get(coupon__series=series).receipt == receipt

    page = read_receipt(at_desk, receipt)
    expect(page.locator(".regulars-lines")).to_contain_text("−0.84 A promo code or coupon r1 · 10% off 8.40")
    assert audit(corner.shop.programme).clean


def test_steps_of_the_gallery_are_launched_from_a_phone_and_pay_by_the_amount(
    on_phone: Visitor, at_till: Visitor, corner: Corner
) -> None:
    page = enter(on_phone)
    on_phone.visit(reverse("admin:campaigns_campaign_add"))
    on_phone.require_fitting()
    on_phone.require_accessible()
    open_card(page, "The bigger the receipt, the higher the percent")
    expect(page.locator("#result")).to_be_hidden()
    page.locator("summary", has_text="Try it on a basket").click()
    expect(page.locator("#result")).to_contain_text("This campaign gives")
    on_phone.require_accessible()
    page.locator("summary", has_text="Try it on a basket").click()
    page.get_by_label("Percent", exact=True).nth(1).fill("8")
    expect(sentence(page)).to_contain_text("from 1 EUR: 5%; from 100 EUR: 8%; from 500 EUR: 10%")
    on_phone.require_fitting()
    on_phone.require_accessible()
    launch(page)
    on_phone.require_fitting()

    till = open_till(at_till)
    till.keyboard.type("8*4600000000055")
    till.keyboard.press("Enter")
    scan(till, CARD)
    oil = till.locator(".line", has_text="Olive oil")
    oil.locator("summary").click()
    expect(oil).to_contain_text("The bigger the receipt, the higher the percent 8% of 116.00")
    receipt = sell(till)
    paid = Transfer.objects.get(receipt=receipt, revision__campaign__name__startswith="The bigger")
    assert paid.points == Decimal("9.28")
    read_receipt(on_phone, receipt)
    expect(page.locator(".regulars-lines")).to_contain_text(
        "+9.28 The bigger the receipt, the higher the percent"
    )
    on_phone.require_fitting()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of that name has the focus."""
    for _press in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


FOCUSED = """() => {
    const one = document.activeElement;
    const label = one.labels && one.labels.length ? one.labels[0].innerText : "";
    return (one.getAttribute("aria-label") || label || one.innerText || one.value || "").trim();
}"""


def test_every_second_purchase_is_built_and_launched_by_keyboard_alone(
    at_desk: Visitor, at_till: Visitor, corner: Corner
) -> None:
    page, keys = enter(at_desk), at_desk.page.keyboard
    at_desk.visit(reverse("admin:campaigns_campaign_add"))
    tab_to(page, "counter_5")
    keys.press("Enter")
    expect(page.get_by_label("Name of the campaign")).to_have_value("Every fifth purchase")
    tab_to(page, "Name of the campaign")
    keys.press("Control+A")
    keys.type("Every second")
    tab_to(page, "+ certain tiers")
    keys.press("Enter")
    expect(page.get_by_role("combobox", name="Tiers")).to_be_focused()
    keys.type("silv")
    keys.press("Enter")
    expect(page.locator(".rc-chip", has_text="Silver")).to_be_visible()
    tab_to(page, "Number")
    keys.press("Control+A")
    keys.type("2")
    expect(sentence(page)).to_contain_text("every 2nd purchase of at least 10 EUR")
    tab_to(page, "+ Add something")
    keys.press("Enter")
    tab_to(page, "a badge")
    keys.press("Escape")
    expect(page.locator("#add-what summary")).to_be_focused()
    expect(sentence(page)).to_contain_text("Members of the tier Silver get 50 points.")
    tab_to(page, "Launch…")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="When does it begin?")).to_be_visible()
    tab_to(page, "Launch")
    keys.press("Enter")
    expect(page.get_by_text("is launched: the campaign is live.")).to_be_visible()

    till = open_till(at_till)
    scan(till, COFFEE, CARD)
    expect(till.locator(".line")).to_be_visible()
    sell(till)
    till.keyboard.press("F3")
    expect(till.get_by_text("Ready for the next customer")).to_be_visible()
    till.wait_for_load_state("load")
    scan(till, COFFEE, CARD)
    expect(till.locator("body")).to_contain_text("Every second")
    receipt = sell(till)
    expect(till.locator(".why")).to_contain_text("Every second")
    assert Transfer.objects.get(receipt=receipt, revision__campaign__name="Every second").points == 50


def test_passing_a_button_by_tab_changes_nothing_and_pressing_it_does(
    at_desk: Visitor, corner: Corner
) -> None:
    page, keys = enter(at_desk), at_desk.page.keyboard
    at_desk.visit(reverse("admin:campaigns_campaign_new"))
    add(page, "certain hours")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.get_by_label("To", exact=True).fill("16:45")
    tab_to(page, "+ hours")
    expect(sentence(page)).to_contain_text("16:45")
    page.get_by_label("Percent", exact=True).first.fill("6")
    tab_to(page, "Take this row away")
    expect(sentence(page)).to_contain_text("6%")
    page.wait_for_load_state("networkidle")
    assert [text for text in sent if "16%3A45" in text]
    assert not [text for text in sent if "&op=" in text]
    expect(page.locator(".rc-window")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("#q-what .rc-row .rc-remove")).to_have_count(0)


def constructor_pages(corner: Corner) -> list[str]:
    """Every page of the constructor: the gallery, six mechanics, and those about a campaign that was changed."""
    new = reverse("admin:campaigns_campaign_new")
    campaign = Campaign.objects.get(code="base")
    campaign.draft = {**campaign.draft, "what": [{"effect": "points_percent", "percent": "6"}]}
    campaign.save()
    paused = Campaign.objects.get(code="big")
    states.pause(paused, timezone.now())
    about = [
        reverse(f"admin:campaigns_campaign_{name}", args=[one.pk])
        for one in (campaign, paused)
        for name in ("change", "launch", "versions", "template")
    ]
    ready = ("steps", "goods_double", "together", "stamps", "promo_code", "birthday_gift")
    return [
        reverse("admin:campaigns_campaign_add"),
        *[f"{new}?ready={key}" for key in ready],
        *about,
        reverse("admin:campaigns_campaign_calendar") + "?by=weeks",
        reverse("admin:campaigns_campaigntemplate_changelist"),
    ]


@pytest.mark.parametrize("screen", ["at_desk", "on_phone"])
def test_every_page_of_the_constructor_is_accessible_and_fits(
    request: pytest.FixtureRequest, corner: Corner, screen: str
) -> None:
    visitor: Visitor = request.getfixturevalue(screen)
    pages = constructor_pages(corner)
    enter(visitor)
    for path in pages:
        visitor.visit(path)
        visitor.page.wait_for_load_state("networkidle")
        visitor.require_accessible()
        visitor.require_fitting()


def test_a_paused_campaign_goes_on_at_the_till_at_once(
    at_desk: Visitor, at_till: Visitor, corner: Corner
) -> None:
    page = enter(at_desk)
    at_desk.visit(reverse("admin:campaigns_campaign_change", args=[Campaign.objects.get(code="coffee").pk]))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("It gives nothing until it is resumed.")).to_be_visible()
    till = open_till(at_till)
    scan(till, COFFEE, CARD)
    coffee = till.locator(".line", has_text="Coffee beans")
    coffee.locator("summary").click()
    expect(coffee).to_contain_text("Every purchase")
    expect(coffee).not_to_contain_text("Coffee weeks")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The campaign is live now.")).to_be_visible()
    scan(till, COFFEE)
    if not coffee.locator("details[open]").count():
        coffee.locator("summary").click()
    expect(coffee).to_contain_text("Coffee weeks 10% of")
