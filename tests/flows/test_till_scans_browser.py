"""A keyboard as a scanner at the till page: on every screen, without a network, on a slow one, and when it is back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from loyalty.models import Receipt, Return
from tests import factories
from tests.flows.conftest import Visitor
from tests.flows.corner import CARD, PASSWORD, Corner, open_corner
from tests.flows.test_till_browser import COFFEE, CROISSANT, OLIVE, RYE, scan, sign_in

TEA = "4600000000091"  # its check digit is right

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    corner = open_corner()
    factories.ProductFactory(
        partner=corner.shop.partner, sku="TEA", name="Black tea", barcode=TEA, price="3.00"
    )
    return corner


@pytest.fixture
def page(at_desk: Visitor, corner: Corner) -> Page:
    """The sale screen. Its clock stands still while codes are typed: a scanner, however busy the machine is."""
    page = sign_in(at_desk)
    page.clock.set_fixed_time("2026-03-02T10:00:00Z")
    return page


def quantity(page: Page, name: str, number: str) -> None:
    expect(page.get_by_role("textbox", name=f"Quantity of {name}")).to_have_value(number)


def waiting(page: Page, *codes: str) -> None:
    expect(page.locator("#waiting li")).to_have_text(list(codes))
    expect(page.locator("#waiting")).to_be_visible()


def go_offline(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)


def sell(page: Page) -> None:
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.wait_for_load_state("load")


def test_scans_without_a_network_wait_in_sight_and_go_in_order_once_when_it_is_back(
    page: Page, at_desk: Visitor
) -> None:
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    go_offline(page)
    scan(page, COFFEE, f"2*{CROISSANT}", CARD)
    waiting(page, COFFEE, f"2*{CROISSANT}", CARD)
    expect(page.locator("#offline")).to_contain_text("Go on scanning")
    at_desk.require_accessible()
    page.keyboard.press("F9")
    expect(page.locator("#offline")).to_contain_text("Not paid: scans are still waiting")
    assert not Receipt.objects.exists()

    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator(".line__name")).to_have_text(
        ["Butter croissant", "Coffee beans, 250 g", "Rye bread from the stone oven"]
    )
    quantity(page, "Butter croissant", "2")
    expect(page.get_by_role("heading", name="Anna Kern")).to_be_visible()
    sell(page)
    assert Receipt.objects.get().total == Decimal("21.30")
    at_desk.troubles.clear()  # the browser's own notes of requests without a network


def test_a_scan_whose_answer_is_lost_counts_once(page: Page, at_desk: Visitor) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(str(route.fetch().status))
        route.abort()

    page.route("**/till/lines/", lose, times=1)
    scan(page, RYE)
    waiting(page, RYE)
    assert lost == ["200"]
    scan(page, OLIVE)
    expect(page.locator("#waiting")).to_be_hidden()
    quantity(page, "Olive oil, extra virgin, 500 ml", "1")
    quantity(page, "Rye bread from the stone oven", "1")
    at_desk.troubles.clear()


def test_scans_on_a_slow_network_are_seen_waiting_and_paid_with_the_rest(page: Page) -> None:
    scan(page, OLIVE)
    quantity(page, "Olive oil, extra virgin, 500 ml", "1")
    held: list[Route] = []
    page.route("**/till/lines/", lambda route: held.append(route), times=1)
    scan(page, RYE, COFFEE)
    waiting(page, RYE, COFFEE)
    page.keyboard.press("F9")
    held[0].continue_()
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    assert Receipt.objects.get().total == Decimal("31.60")


def test_an_answer_that_comes_late_leaves_the_focus_where_the_cashier_has_gone(page: Page) -> None:
    scan(page, OLIVE)
    quantity(page, "Olive oil, extra virgin, 500 ml", "1")
    held: list[Route] = []
    page.route("**/till/lines/", lambda route: held.append(route), times=1)
    scan(page, RYE)
    page.keyboard.press("F2")
    page.wait_for_function("() => document.activeElement.id === 'who'")
    with page.expect_response("**/till/lines/"):
        held[0].continue_()
    quantity(page, "Rye bread from the stone oven", "1")
    page.wait_for_load_state("networkidle")  # half a second: the page settled long before
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.type("+49 151 9999 0001")
    page.keyboard.press("Enter")
    expect(page.get_by_label("First name")).to_be_focused()


def test_waiting_scans_outlive_a_reload_and_a_second_tab_sends_them_once(
    page: Page, at_desk: Visitor
) -> None:
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    page.route("**/till/lines/", lambda route: route.abort())
    scan(page, COFFEE, RYE)
    waiting(page, COFFEE, RYE)
    page.reload()
    waiting(page, COFFEE, RYE)
    other = page.context.new_page()
    other.goto(page.url)
    quantity(other, "Coffee beans, 250 g", "1")
    quantity(other, "Rye bread from the stone oven", "2")
    expect(page.locator("#waiting")).to_be_hidden()
    page.unroute("**/till/lines/")
    scan(page, OLIVE)
    quantity(page, "Coffee beans, 250 g", "1")
    quantity(page, "Rye bread from the stone oven", "2")
    at_desk.troubles.clear()


def test_scans_of_a_basket_that_was_sold_meanwhile_are_nobodys_until_somebody_says_so(
    page: Page, at_desk: Visitor
) -> None:
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    page.route("**/till/lines/", lambda route: route.abort())
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_load_state("load")
    other.route("**/till/lines/", lambda route: route.abort())
    sell(other)
    scan(page, COFFEE)
    waiting(page, COFFEE)
    page.unroute("**/till/lines/")
    expect(page.locator("#leftover li")).to_have_text([COFFEE])
    expect(page.locator(".line")).to_have_count(0)
    at_desk.require_accessible()
    page.get_by_role("button", name="Put them into this basket").click()
    quantity(page, "Coffee beans, 250 g", "1")
    expect(page.locator("#leftover")).to_be_hidden()
    assert Receipt.objects.get().total == Decimal("4.20")
    at_desk.troubles.clear()


def test_scans_made_after_the_session_ended_are_kept_for_whoever_signs_in(
    page: Page, at_desk: Visitor
) -> None:
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    Session.objects.all().delete()
    scan(page, COFFEE)
    page.get_by_label("User name").fill("mila")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#leftover li")).to_have_text([COFFEE])
    expect(page.locator(".line")).to_have_count(0)
    page.get_by_role("button", name="Forget them").click()
    expect(page.locator("#leftover")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('till.')).length") == 0


def show_sold(page: Page) -> None:
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    sell(page)


def show_return(page: Page) -> None:
    page.locator("[data-left]").click()


def show_receipts(page: Page) -> None:
    page.keyboard.press("F7")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.wait_for_load_state("load")


def show_slip(page: Page) -> None:
    show_receipts(page)
    page.locator(".slip").first.focus()


def show_question(page: Page) -> None:
    page.get_by_role("button", name="Empty the basket").click()
    expect(page.get_by_role("dialog")).to_contain_text("let the customer go?")


def show_camera(page: Page) -> None:
    page.locator("[data-camera=code]").click()
    expect(page.locator("#camera")).to_be_visible()


def show_newcomer(page: Page) -> None:
    page.keyboard.press("F2")
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.type("+49 151 9999 0001")
    page.keyboard.press("Enter")
    expect(page.get_by_label("First name")).to_be_focused()


def focus(name: str) -> Callable[[Page], None]:
    return lambda page: page.locator(name).first.focus()


PLACES = (
    focus("#who"), focus("#coupon"), focus(".pay__now"), focus(".stepper__number"), focus(".line__remove"),
    focus("#more-1"), show_question, show_camera, show_newcomer,
)  # fmt: skip


def test_a_scan_anywhere_on_the_sale_screen_is_a_scan_and_presses_nothing(
    page: Page, at_desk: Visitor
) -> None:
    scan(page, OLIVE)
    for scanned, show in enumerate(PLACES, start=1):
        quantity(page, "Olive oil, extra virgin, 500 ml", str(scanned))
        show(page)
        scan(page, OLIVE)
        expect(page.locator("dialog[open]")).to_have_count(0)
    quantity(page, "Olive oil, extra virgin, 500 ml", str(len(PLACES) + 1))
    expect(page.get_by_label("First name")).to_be_visible()  # whoever is being registered stays
    page.locator("#phone").focus()
    scan(page, TEA)
    quantity(page, "Black tea", "1")
    scan(page, CARD)
    expect(page.get_by_role("heading", name="Anna Kern")).to_be_visible()
    page.locator("#redeem").focus()
    scan(page, RYE)
    quantity(page, "Rye bread from the stone oven", "1")
    expect(page.locator("#redeem")).to_have_value("")
    expect(page.get_by_label("Goods or card")).to_be_focused()
    expect(page.locator(".line")).to_have_count(3)
    assert not Receipt.objects.exists()
    at_desk.troubles.clear()  # of the camera that this machine has not


def test_a_scan_on_any_page_opens_the_sale_with_the_goods_in_it(page: Page) -> None:
    show_sold(page)
    for scanned, show in enumerate((focus("#code"), show_slip, show_receipts), start=1):
        show(page)
        scan(page, OLIVE)
        quantity(page, "Olive oil, extra virgin, 500 ml", str(scanned))
        page.wait_for_load_state("load")
    sell(page)
    show_return(page)
    scan(page, OLIVE)
    quantity(page, "Olive oil, extra virgin, 500 ml", "1")
    assert not Return.objects.exists()


def test_the_first_scan_after_a_sale_waits_on_its_page_while_the_network_is_away(
    page: Page, at_desk: Visitor
) -> None:
    show_sold(page)
    go_offline(page)
    scan(page, OLIVE, COFFEE)
    waiting(page, OLIVE, COFFEE)
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.context.set_offline(False)
    quantity(page, "Coffee beans, 250 g", "1")
    expect(page.locator(".line__name")).to_have_text(
        ["Coffee beans, 250 g", "Olive oil, extra virgin, 500 ml"]
    )
    at_desk.troubles.clear()
