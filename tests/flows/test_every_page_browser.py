"""Every page of members and guests, as the urlconf has it, on every screen: accessible, fitting, light, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Page, Request

from cabinet.access import COOKIE
from loyalty.shops import places
from members import consent_texts, consents, devices
from members.consents import Said
from members.models import Member, Purpose
from tests import factories
from tests.cabinet import post
from tests.cabinet.doors import DOORS, World, furnish, log_in
from tests.flows.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (1440, 390, 320)
#: Bytes of a page and what it is made of, as a first visit loads them, but for pictures and fonts; and how many loads.
MOST_BYTES, MOST_LOADS = 100_000, 12
#: What a page is, beside its own pictures.
_HEAVY = (".png", ".svg", ".jpg", ".webp", ".woff2", ".webmanifest")


@dataclass
class Walk:
    """A browser that goes from page to page and notes what is wrong with each."""

    visitor: Visitor
    sizes: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note how large everything is that is loaded."""

        def note(request: Request) -> None:
            response = request.response()
            if response is not None and response.status == 200:
                self.sizes[response.url] = len(response.body())

        self.visitor.page.on("requestfinished", note)

    def look(self, path: str) -> None:
        """Open a page and look at it on every screen."""
        page = self.visitor.page
        self.seen.append(path)
        page.set_viewport_size({"width": 1440, "height": 900})
        self.visitor.visit(path)
        page.wait_for_load_state("networkidle")
        self._weigh(path, page)
        self._tab(path, page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                self._try(f"{path} {width} {scheme}", self.visitor.require_accessible)
            self._try(f"{path} {width}", self.visitor.require_fitting)
        page.set_viewport_size({"width": 720, "height": 450})  # 1440 at 200 %
        self._try(f"{path} at 200%", self.visitor.require_fitting)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        self._try(f"{path} with letters of twice the size", self.visitor.require_fitting)

    def _try(self, where: str, check: object) -> None:
        try:
            check()  # type: ignore[operator]
        except AssertionError as fault:
            self.faults.append(f"{where}: {str(fault).splitlines()[0]}")

    def _weigh(self, path: str, page: Page) -> None:
        """Weigh the page and what it loads; pictures and fonts are not counted."""
        loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        light = {url for url in (page.url, *loaded) if not url.partition("?")[0].endswith(_HEAVY)}
        weight = sum(self.sizes.get(url.partition("#")[0], 0) for url in light)
        if weight > MOST_BYTES or len(light) > MOST_LOADS or not weight:
            self.faults.append(f"{path}: {weight} bytes in {len(light)} loads")

    def _tab(self, path: str, page: Page) -> None:
        """Follow the keyboard: the first stop leads past the head, and nothing jumps the queue."""
        if page.evaluate(
            'document.querySelectorAll(\'[tabindex]:not([tabindex="-1"],[tabindex="0"])\').length'
        ):
            self.faults.append(f"{path}: something is before its turn")
        order = page.evaluate(
            "[...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]"
            ".filter((one) => one.checkVisibility() && !one.disabled)[0]?.className"
        )
        if page.locator("nav").count() and order != "skip":
            self.faults.append(f"{path}: no way past the head")


@pytest.fixture
def world(transactional_db: None, settings: LazySettings) -> Iterator[World]:
    with post.box(settings):
        yield furnish(
            factories.open_shop(store="s", code="club", name="The Club", country="DE", currency="EUR")
        )
    places.forget()


@pytest.fixture
def walk(on_phone: Visitor) -> Walk:
    walk = Walk(on_phone)
    walk.watch()
    return walk


def be(walk: Walk, member: Member, *, asked: bool = True) -> None:
    """Log the member in on the walk's browser."""
    token = devices.open_on(member, "club", "Chrome, Android", datetime.now(UTC), asked=asked)
    home = f"{walk.visitor.home}/cabinet/club/"
    walk.visitor.page.context.add_cookies([{"name": COOKIE, "value": token, "url": home}])


def pages(world: World, *, of_anybody: bool) -> list[str]:
    """The addresses whose answer is a page."""
    client, found = log_in(world.anna), []
    for route, door in DOORS.items():
        if door.anybody != of_anybody or door.form or door.answers != 200:
            continue
        path = reverse(route, kwargs=dict(door.names(world)))
        answer = client.get(path) if not of_anybody else type(client)().get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            found.append(path)
    return found


def test_every_page_of_a_member_is_accessible_fits_every_screen_and_is_light(
    world: World, walk: Walk
) -> None:
    consents.write(world.anna, [Said(Purpose.MARKETING, True, "sms")], datetime.now(UTC), "till", {})
    be(walk, world.anna)
    for path in pages(world, of_anybody=False):
        walk.look(path)

    assert {"/cabinet/club/", "/cabinet/club/history/", "/cabinet/club/me/consents/"} <= set(walk.seen)
    assert walk.faults == []


def test_every_page_of_a_guest_is_accessible_fits_every_screen_and_is_light(world: World, walk: Walk) -> None:
    factories.ProgrammeFactory(code="other", name="Another one")
    for path in ["/cabinet/", *pages(world, of_anybody=True)]:
        walk.look(path)
    page = walk.visitor.page
    walk.visitor.visit("/cabinet/club/enter/")
    page.get_by_label("Phone or e-mail").fill("+49 151 87654321")
    page.keyboard.press("Enter")
    page.wait_for_url("**/enter/code/")
    walk.look("/cabinet/club/enter/code/")
    page.get_by_label("Code", exact=True).fill(post.SENT[-1].code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/enter/join/")
    walk.look("/cabinet/club/enter/join/")

    assert {"/site/club/", "/cabinet/club/enter/", "/cabinet/club/offline/"} <= set(walk.seen)
    assert walk.faults == []


def test_what_is_asked_of_a_member_is_one_calm_page_in_french_too(world: World, walk: Walk) -> None:
    be(walk, world.anna, asked=False)
    text = consent_texts.current("club", Purpose.PROCESSING, "fr")
    address = {"name": "django_language", "value": "fr", "url": walk.visitor.home}
    walk.visitor.page.context.add_cookies([address])  # type: ignore[list-item]
    walk.visitor.visit("/cabinet/club/history/")
    page = walk.visitor.page
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("input[type=checkbox]:checked").count() == 0
    assert text.text in page.locator("main").inner_text()
    walk.look("/cabinet/club/asked/")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Rien n’est supprimé").wait_for()
    walk.look("/cabinet/club/asked/")

    assert walk.faults == []
