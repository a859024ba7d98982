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

from backoffice import roles
from campaigns import checkout
from campaigns.models import Campaign
from campaigns.sale import Sale, SaleLine, Who
from loyalty.audit import audit
from loyalty.models import Receipt, Transfer
from members.models import User
from tests.flows import conftest
from tests.flows.conftest import Visitor
from tests.flows.corner import CARD, PASSWORD, PHONE, Corner, open_corner

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
    add(page, "who pays for the points", menu="More about the points")
    pick(page, "Budget", "supplier", "supplier")
    add(page, "a limit")
    page.get_by_label("Points", exact=True).last.fill("500")
    expect(sentence(page)).to_contain_text(
        "Members of the tier Silver get double points on Coffee, from Monday to Friday, from 13:00 to 15:00."
    )
    expect(sentence(page)).to_contain_text("At most 500 points a month for each member.")
    expect(sentence(page)).to_contain_text("The points are paid for by supplier.")
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
