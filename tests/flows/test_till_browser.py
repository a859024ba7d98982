"""A cashier at the till page, in a real browser: everything from signing in to taking goods back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from loyalty.ledger.audit import audit
from loyalty.models import Account, Receipt
from members.models import Member
from tests import factories
from tests.flows.conftest import DESK, PHONE, Visitor
from tests.flows.corner import CARD, PASSWORD, TELL_SILVER, Corner, open_corner

pytestmark = pytest.mark.django_db(transaction=True)

COFFEE, RYE, CROISSANT, OLIVE = "4600000000017", "4600000000031", "4600000000048", "4600000000055"


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    return open_corner()


def sign_in(visitor: Visitor) -> Page:
    """Sign in; the only till of the shop is chosen by itself."""
    page = visitor.page
    visitor.visit("/till/")
    page.get_by_label("User name").fill("mila")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ready for the next customer")).to_be_visible()
    page.wait_for_load_state("load")
    expect(page.get_by_label("Goods or card")).to_be_focused()
    return page


def scan(page: Page, *codes: str) -> None:
    """What a scanner does: type and press Enter, without waiting for anything."""
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def sell_with_points(page: Page) -> None:
    """Two coffees, bread and oil to Anna, who spends 20 points."""
    scan(page, COFFEE, RYE, COFFEE, OLIVE, CARD)
    expect(page.get_by_role("heading", name="Anna Kern")).to_be_visible()
    page.keyboard.press("F4")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    expect(page.locator(".sums__pay")).to_contain_text("24.50")


def test_a_basket_is_sold_with_points_spent_and_earned_and_half_of_it_comes_back(
    at_desk: Visitor, corner: Corner
) -> None:
    page = sign_in(at_desk)
    at_desk.require_accessible()
    sell_with_points(page)

    expect(page.locator(".line")).to_have_count(3)
    expect(page.locator(".applied")).to_contain_text("Coffee weeks 10% of")
    coffee = page.locator(".line", has_text="Coffee beans, 250 g")
    coffee.locator("summary").click()
    expect(coffee).to_contain_text("Coffee weeks 10% of")
    expect(page.locator(".hints")).to_contain_text(TELL_SILVER)
    page.locator(".declined summary").click()
    expect(page.locator(".declined")).to_contain_text("Gold extra")
    at_desk.require_accessible()

    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.wait_for_load_state("load")
    expect(page.locator(".paper__pay")).to_contain_text("24.50 EUR")
    expect(page.locator(".paper__message")).to_contain_text("fresh bread on Friday")
    at_desk.require_accessible()
    receipt = Receipt.objects.get()
    assert (receipt.redeemed_points, receipt.cashier) == (Decimal(20), "mila")
    assert receipt.earned > 0

    page.get_by_role("button", name="One more of Coffee beans, 250 g").click()
    foreseen = page.locator(".foreseen__refund dd")
    expect(foreseen).to_be_visible()
    refund = foreseen.inner_text()
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".status")).to_contain_text("partially returned")
    expect(page.locator(".paper__back")).to_contain_text(refund.split()[0])
    expect(page.locator(".give-back")).to_contain_text(refund.split()[0])
    at_desk.require_accessible()
    back = receipt.returns.get()
    more = page.get_by_role("button", name="One more of Coffee beans, 250 g")
    for _press in range(2):
        more.click()
    expect(page.locator("[data-left]").first).to_have_value("1")  # and no more: one of two is left
    assert page.locator(".paper__back").inner_text().count(f"−{back.refund} EUR") == 1
    assert back.restored > 0 and back.revoked > 0
    assert audit(corner.shop.programme).clean


def test_customer_sums_and_pay_stay_in_view_beside_a_basket_of_any_length(
    at_desk: Visitor, corner: Corner
) -> None:
    for number in range(30):
        factories.ProductFactory(
            partner=corner.shop.partner, sku=f"S{number}", name=f"Tea number {number}", price="1.00"
        )
    page = sign_in(at_desk)
    scan(page, CARD, *(f"S{number}" for number in range(30)))
    expect(page.locator(".line")).to_have_count(30)
    page.wait_for_load_state("networkidle")
    for screen in (DESK, PHONE):
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        page.locator(".line").last.scroll_into_view_if_needed()
        for seen in (".customer__name", ".facts__points", ".pay__now", ".pay__sum"):
            expect(page.locator(seen)).to_be_in_viewport(ratio=1)
        at_desk.require_fitting()
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.evaluate("window.scrollTo(0, 0)")
    for seen in (".earning", ".sums__pay", ".pay__now"):
        expect(page.locator(seen)).to_be_in_viewport(ratio=1)
    covered = """() => { const box = document.querySelector('.earning').getBoundingClientRect();
        return document.elementFromPoint(box.x + box.width / 2, box.bottom - 4).closest('.earning') === null; }"""
    assert not page.evaluate(covered)
    quantity = page.locator(".stepper__number").first
    quantity.fill("0.345")
    quantity.press("Enter")
    expect(quantity).to_have_value("0.345")
    assert page.evaluate("field => field.scrollWidth <= field.clientWidth", quantity.element_handle())


def test_a_receipt_is_found_by_its_number_and_printed_on_paper_alone(
    at_desk: Visitor, corner: Corner
) -> None:
    page = sign_in(at_desk)
    sell_with_points(page)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.wait_for_load_state("load")
    number = Receipt.objects.get().number

    page.keyboard.press("F7")
    expect(page.get_by_role("heading", name="Receipts", exact=True)).to_be_visible()
    page.wait_for_load_state("load")
    expect(page.get_by_role("searchbox")).to_be_focused()
    at_desk.require_accessible()
    scan(page, number)
    page.locator(".slip").click()
    expect(page.get_by_role("heading", name=f"Receipt {number}")).to_be_visible()
    page.wait_for_load_state("load")
    page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1 } }")
    page.keyboard.press("F10")
    assert page.evaluate("window.printed") == 1

    page.emulate_media(media="print")
    expect(page.locator(".paper")).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()


def test_a_phone_is_enough_to_sell_and_take_back(on_phone: Visitor, corner: Corner) -> None:
    page = sign_in(on_phone)
    on_phone.require_fitting()
    sell_with_points(page)
    on_phone.require_fitting()
    on_phone.require_accessible()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.wait_for_load_state("load")
    on_phone.require_fitting()
    on_phone.require_accessible()
    page.get_by_role("button", name="Everything").click()
    expect(page.locator(".foreseen__refund")).to_contain_text("24.50")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".status")).to_have_text("returned")
    corner.anna.refresh_from_db()
    account = Account.objects.get(holders__member=corner.anna)
    assert account.balance == 120


#: Hints in fields that are wider than the field which shows them.
CUT = """[...document.querySelectorAll("[placeholder]")].filter((field) => {
    const style = getComputedStyle(field), hint = getComputedStyle(field, "::placeholder");
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${hint.fontWeight} ${hint.fontSize} ${hint.fontFamily}`;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return field.offsetParent && pen.measureText(field.placeholder).width > room;
}).map((field) => field.placeholder)"""


def test_the_hints_in_the_fields_of_a_phone_are_read_whole_in_russian(
    on_phone: Visitor, corner: Corner
) -> None:
    page = sign_in(on_phone)
    scan(page, RYE)
    expect(page.locator(".line")).to_have_count(1)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    page.context.add_cookies([{"name": "django_language", "value": "ru", "url": on_phone.home}])
    for path in (page.url.removeprefix(on_phone.home), "/till/", "/till/receipts/"):
        on_phone.visit(path)
        expect(page.locator("html")).to_have_attribute("lang", "ru")
        assert page.locator("[placeholder]").count(), path
        assert page.evaluate(CUT) == [], path
        on_phone.require_fitting()
        on_phone.require_accessible()


def test_a_new_customer_is_registered_in_two_fields_without_the_mouse(
    at_desk: Visitor, corner: Corner
) -> None:
    page = sign_in(at_desk)
    scan(page, RYE)
    page.keyboard.press("F2")
    page.keyboard.type("+49 151 9999 0001")
    page.keyboard.press("Enter")
    expect(page.get_by_label("First name")).to_be_focused()
    at_desk.require_accessible()
    page.keyboard.type("Clara")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Clara")).to_be_visible()
    expect(page.locator(".earning")).to_contain_text("points to earn")
    assert Member.objects.get(phone="+4915199990001").first_name == "Clara"


def test_a_burst_of_scans_loses_nothing_and_a_reload_keeps_the_basket(
    at_desk: Visitor, corner: Corner
) -> None:
    page = sign_in(at_desk)
    scan(page, *([COFFEE, RYE, CROISSANT] * 5))
    for name in ("Coffee beans, 250 g", "Rye bread from the stone oven", "Butter croissant"):
        expect(page.get_by_role("textbox", name=f"Quantity of {name}")).to_have_value("5")
    page.wait_for_load_state("networkidle")
    page.reload()
    page.wait_for_load_state("load")
    expect(page.locator(".line")).to_have_count(3)
    more = page.get_by_role("button", name="One more of Butter croissant")
    for _press in range(3):
        more.click()
    expect(page.get_by_role("textbox", name="Quantity of Butter croissant")).to_have_value("8")


def test_goods_are_found_by_letters_and_chosen_with_the_arrows(at_desk: Visitor, corner: Corner) -> None:
    page = sign_in(at_desk)
    page.keyboard.type("coff")
    expect(page.get_by_role("option")).to_have_count(2)
    at_desk.require_accessible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".line__name")).to_have_text("Coffee beans, 250 g")
    page.keyboard.type("2*croissant")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Quantity of Butter croissant")).to_have_value("2")


def test_too_many_points_are_refused_beside_the_points(at_desk: Visitor, corner: Corner) -> None:
    page = sign_in(at_desk)
    scan(page, COFFEE, CARD)
    expect(page.get_by_label("Points to spend")).to_be_visible()
    page.keyboard.press("F4")
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    expect(page.locator("#points-note")).to_contain_text("At most 6.45 points can be spent")
    page.keyboard.press("F9")
    expect(page.get_by_label("Points to spend")).to_be_focused()
    assert not Receipt.objects.exists()
    at_desk.require_accessible()


def test_a_held_basket_is_completed_later(at_desk: Visitor, corner: Corner) -> None:
    page = sign_in(at_desk)
    scan(page, COFFEE, CARD)
    expect(page.locator(".line")).to_have_count(1)
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="Held")).to_be_visible()
    page.wait_for_load_state("load")
    at_desk.require_accessible()
    page.keyboard.press("F9")
    expect(page.locator(".status")).to_have_text("completed")


def test_the_store_is_chosen_once_where_there_are_several_tills(at_desk: Visitor, corner: Corner) -> None:
    factories.TillFactory(store=corner.shop.store, code="2")
    page = at_desk.page
    at_desk.visit("/till/login/")
    at_desk.require_accessible()
    page.get_by_label("User name").fill("mila")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Where are you?")).to_be_visible()
    at_desk.require_accessible()
    page.get_by_role("button", name="Green Corner, Till 2").click()
    expect(page.get_by_text("Ready for the next customer")).to_be_visible()
    at_desk.visit("/till/")
    expect(page.locator(".bar__place")).to_have_text("Green Corner · till 2")
