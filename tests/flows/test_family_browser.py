"""A family in a real browser: a limit set on the phone holds at the till; and a firm that hands out points."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from loyalty.models import Holder, Receipt
from loyalty.sharing import company
from members.models import Card, Member
from tests import factories
from tests.cabinet import post
from tests.flows.conftest import Visitor
from tests.flows.corner import Corner, open_corner
from tests.flows.test_cabinet_browser import HOME, be
from tests.flows.test_till_browser import COFFEE, scan, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
KIDS_CARD = "2000000000022"


@pytest.fixture
def corner(transactional_db: None, settings: LazySettings) -> Iterator[Corner]:
    corner = open_corner()
    with post.box(settings):
        yield corner


def look(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody wants to look at it."""
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def child(corner: Corner) -> Member:
    kid = factories.enrol(
        corner.shop.programme, 8, phone="+4915112345679", first_name="Kim", last_name="Kern"
    )
    Card.objects.filter(member=kid).update(number=KIDS_CARD)
    return kid


def spend(till: Page, points: str) -> None:
    """Six coffees to the child, who wants to spend points."""
    scan(till, *[COFFEE] * 6, KIDS_CARD)
    expect(till.get_by_role("heading", name="Kim Kern")).to_be_visible()
    till.keyboard.press("F4")
    till.keyboard.type(points)
    till.keyboard.press("Enter")


def test_a_family_with_a_limit_that_holds_at_the_till(
    on_phone: Visitor, at_desk: Visitor, corner: Corner
) -> None:
    kid = child(corner)
    page = be(on_phone, corner.anna)
    on_phone.visit(f"{HOME}me/")
    page.get_by_role("link", name="Family").click()
    expect(page.get_by_text("Nobody but you.")).to_be_visible()
    page.get_by_label("What they may do").select_option("limited")
    page.get_by_label("Points a day").fill("15")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link of the invitation").input_value()
    on_phone.require_accessible()
    on_phone.require_fitting()
    look(page, "family-owner")

    be(on_phone, kid)
    page.goto(link)
    expect(page.get_by_role("heading", name="Anna invites you to share an account")).to_be_visible()
    expect(page.get_by_text("may spend up to 15 points a day")).to_be_visible()
    on_phone.require_accessible()
    look(page, "family-invited")
    page.get_by_label(re.compile("^Yes: everybody")).check()
    page.get_by_role("button", name="Share the account").click()
    expect(page.get_by_text("today 15 more")).to_be_visible()
    assert Holder.objects.get(member=kid).account.balance == 128

    till = sign_in(at_desk)
    spend(till, "20")
    expect(till.locator("#points-note")).to_contain_text("this holder may spend 15")
    till.keyboard.press("Escape")
    till.keyboard.press("F4")
    till.keyboard.type("10")
    till.keyboard.press("Enter")
    expect(till.locator(".sums__pay")).to_contain_text("67.40")
    till.keyboard.press("F9")
    expect(till.get_by_role("heading", name="Sold")).to_be_visible()
    assert Receipt.objects.get().redeemed_points == Decimal(10)
    till.keyboard.press("Enter")
    expect(till.get_by_text("Ready for the next customer")).to_be_visible()
    till.wait_for_load_state("load")
    spend(till, "6")
    expect(till.locator("#points-note")).to_contain_text("today 5.00 more")

    page.reload()
    expect(page.get_by_text("today 5 more")).to_be_visible()
    page.get_by_role("link", name="Leave the shared account").click()
    expect(page.get_by_text("points of the shared account stay with it")).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
    look(page, "family-leave")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("Nobody but you.")).to_be_visible()
    be(on_phone, corner.anna)
    on_phone.visit(f"{HOME}history/")
    expect(page.get_by_text(re.compile("· Kim")).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_firm_hands_out_points_from_a_file_and_takes_back_what_is_not_spent(
    on_phone: Visitor, corner: Corner, scheme: str
) -> None:
    kid = child(corner)
    page = on_phone.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 320, "height": 640})
    account = Holder.objects.get(member=corner.anna).account
    company.make(account.pk, "Corner Joinery")
    company.employ(account.pk, kid, datetime.now(UTC))
    be(on_phone, corner.anna)
    on_phone.visit(f"{HOME}company/")
    rows = f"Card;Points\n{KIDS_CARD};12,50\n0151 00000;3\n"
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "points.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_text("12.50 points for 1 employee, of 120 that there are.")).to_be_visible()
    expect(page.get_by_text("1 row is wrong")).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
    look(page, f"firm-preview-{scheme}")
    page.get_by_role("button", name="Hand out 12.50 points").click()
    expect(page.get_by_text("12.50 points for 1 employee.")).to_be_visible()
    expect(page.get_by_text("has 107.50 points to hand out")).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
    look(page, f"firm-{scheme}")
    page.get_by_role("button", name="Undo what is not spent").click()
    expect(page.get_by_text("12.50 points are back.")).to_be_visible()
    expect(page.get_by_text("has 120 points to hand out")).to_be_visible()
