"""The till's camera as a scanner, in a real browser whose camera plays a video of a code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from loyalty.models import Product
from tests import factories
from tests.flows import pictures
from tests.flows.conftest import CHROMIUM, DESK, PATIENCE, PHONE, Visitor
from tests.flows.corner import CARD, Corner, open_corner
from tests.flows.test_till_browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

TEA = "4600000000091"
Opener = Callable[..., Any]


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    corner = open_corner()
    factories.ProductFactory(
        partner=corner.shop.partner, sku="TEA", name="Black tea", barcode=TEA, price="3.00"
    )
    return corner


@pytest.fixture
def open_till(chromium: Browser, live_server: Any, corner: Corner) -> Opener:
    """Opens the till page in a browser of its own, with a camera that shows a video, or with none."""

    @contextmanager
    def opener(film: Path | None, *flags: str, screen: dict[str, int] = DESK) -> Iterator[Visitor]:
        fake = (
            ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
            if film
            else []
        )
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", *fake, *flags])
        try:
            context = browser.new_context(viewport=screen, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE)
            visitor = Visitor(context.new_page(), live_server.url)
            visitor.watch()
            sign_in(visitor)
            yield visitor
            assert not visitor.troubles, visitor.troubles
        finally:
            browser.close()

    return opener


ALLOWED = "--use-fake-ui-for-media-stream"


def test_a_card_shown_as_qr_finds_its_member(open_till: Opener, tmp_path: Path) -> None:
    with open_till(pictures.film_qr(tmp_path / "card.y4m", CARD), ALLOWED, screen=PHONE) as visitor:
        page = visitor.page
        page.locator("[data-camera=who]").click()
        expect(page.get_by_role("heading", name="Anna Kern")).to_be_visible()
        expect(page.locator("#camera")).to_be_hidden()
        visitor.require_fitting()


def test_a_barcode_adds_its_goods_and_the_camera_goes_off(open_till: Opener, tmp_path: Path) -> None:
    with open_till(pictures.film_barcode(tmp_path / "tea.y4m", TEA), ALLOWED) as visitor:
        page = visitor.page
        for times in ("1", "2"):
            page.locator("[data-camera=code]").click()
            expect(page.locator("#camera")).to_be_hidden()
            expect(page.locator(".line", has_text="Black tea").locator("input").first).to_have_value(times)
        assert page.evaluate("document.querySelector('#camera video').srcObject") is None


def test_a_card_is_known_in_the_field_of_goods_too(open_till: Opener, tmp_path: Path) -> None:
    with open_till(pictures.film_barcode(tmp_path / "card.y4m", CARD), ALLOWED) as visitor:
        visitor.page.locator("[data-camera=code]").click()
        expect(visitor.page.get_by_role("heading", name="Anna Kern")).to_be_visible()


def test_the_camera_waits_for_a_code_until_it_is_closed(open_till: Opener, tmp_path: Path) -> None:
    with open_till(pictures.film_nothing(tmp_path / "nothing.y4m"), ALLOWED) as visitor:
        page = visitor.page
        page.locator("[data-camera=code]").click()
        expect(page.get_by_text("Hold the code in front of the camera.")).to_be_visible()
        page.wait_for_function("document.querySelector('#camera video').videoWidth > 0")
        visitor.require_accessible()
        tracks = page.evaluate_handle("document.querySelector('#camera video').srcObject.getTracks()")
        page.keyboard.press("Escape")
        expect(page.locator("#camera")).to_be_hidden()
        assert page.evaluate("tracks => tracks.map(track => track.readyState)", tracks) == ["ended"]
        expect(page.locator(".line")).to_have_count(0)


def test_a_camera_that_is_refused_says_so(open_till: Opener, tmp_path: Path) -> None:
    film = pictures.film_nothing(tmp_path / "nothing.y4m")
    with open_till(film, "--deny-permission-prompts") as visitor:
        visitor.page.locator("[data-camera=code]").click()
        expect(visitor.page.get_by_text("The browser was not allowed to use the camera.")).to_be_visible()
        visitor.require_accessible()
        visitor.page.get_by_role("button", name="Close").click()
        expect(visitor.page.locator("#camera")).to_be_hidden()


def test_a_till_without_a_camera_says_so(open_till: Opener) -> None:
    with open_till(None, ALLOWED) as visitor:
        visitor.page.context.grant_permissions(["camera"], origin=visitor.home)
        visitor.page.locator("[data-camera=who]").click()
        expect(visitor.page.get_by_text("No camera was found.")).to_be_visible()


def test_a_reader_that_does_not_load_says_so_and_is_tried_again(open_till: Opener, tmp_path: Path) -> None:
    with open_till(pictures.film_barcode(tmp_path / "tea.y4m", TEA), ALLOWED) as visitor:
        page = visitor.page
        page.context.route("**/zxing_reader*.js", lambda route: route.abort())
        page.locator("[data-camera=code]").click()
        expect(page.get_by_text("the reader did not load")).to_be_visible()
        page.get_by_role("button", name="Close").click()
        visitor.troubles.clear()  # the browser's own note of the file that did not come
        page.context.unroute("**/zxing_reader*.js")
        page.locator("[data-camera=code]").click()
        expect(page.locator(".line", has_text="Black tea")).to_be_visible()
    assert Product.objects.filter(barcode=TEA).count() == 1
