"""A guest on the public site, in a real browser on a phone: reads, looks for a store, and joins by a landing page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.conf import LazySettings
from PIL import Image
from playwright.sync_api import Page, Request, expect

from campaigns.models import LandingPage
from loyalty.appearance import look, pictures
from loyalty.models import Appearance, Receipt
from members.models import Member
from tests import factories
from tests.cabinet import post
from tests.flows.conftest import Visitor
from tests.flows.corner import Corner, open_corner
from tests.flows.test_till_browser import COFFEE, scan, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
HOME, PAGE = "/site/green/", "/site/green/p/coffee/"


def draw() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (1200, 630), "#e0a526").save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def corner(transactional_db: None, settings: LazySettings) -> Iterator[Corner]:
    """The corner in a colour that is no text's, with a landing page for its welcome campaign."""
    corner = open_corner()
    appearance = Appearance(
        programme=corner.shop.programme, colour="#ffb000", accent="#c43c00", slogan="Coffee that counts",
        about="One.\n\nTwo.",
    )  # fmt: skip
    pictures.put_logo(appearance, draw(), "logo")
    appearance.save()
    store = corner.shop.store
    store.town, store.hours, store.latitude, store.longitude = (
        "Berlin",
        "24/7",
        Decimal("52.52"),
        Decimal("13.405"),
    )
    store.save()
    factories.StoreFactory(
        partner=corner.shop.partner,
        name="Corner South",
        town="Potsdam",
        latitude="52.396",
        longitude="13.058",
    )
    welcome = {
        "whom": {"who": "members"},
        "what_for": {"of": "event", "event": "member.registered"},
        "what": [{"effect": "points_fixed", "points": "100"}],
    }
    campaign = factories.publish_campaign(corner.shop.programme, welcome, code="welcome", name="Welcome")
    LandingPage.objects.create(
        campaign=campaign, code="coffee", title="A hundred points to begin with", lead="For everybody who joins.",
        text="No app.\n\nNo password.", picture=pictures.keep_photo(draw(), "picture"), picture_text="A yellow field",
        published=True,
    )  # fmt: skip
    look.forget()
    with post.box(settings):
        yield corner


def test_a_landing_page_leads_to_the_first_purchase_and_its_source_is_known(
    on_phone: Visitor, at_desk: Visitor, corner: Corner
) -> None:
    page = on_phone.page
    on_phone.visit(f"{PAGE}?from=flyer")
    expect(page.get_by_role("heading", name="A hundred points to begin with")).to_be_visible()
    expect(page.get_by_text("When the member joins, all members get 100 points", exact=False)).to_be_visible()
    page.get_by_label("Phone or e-mail").fill("+49 151 87654321")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(post.SENT[-1].code)
    page.keyboard.press("Enter")
    page.get_by_label("First name").fill("Nina")
    page.get_by_label(re.compile("kept and used to run")).check()
    page.get_by_role("button", name="Get my card").click()
    expect(page.locator(".pass__points")).to_contain_text("100")
    on_phone.require_accessible()

    nina = Member.objects.get(first_name="Nina")
    till = sign_in(at_desk)
    scan(till, COFFEE, COFFEE, nina.cards.get().number)
    expect(till.get_by_role("heading", name="Nina")).to_be_visible()
    till.keyboard.press("F9")
    expect(till.get_by_role("heading", name="Sold")).to_be_visible()
    assert Receipt.objects.get().member == nina

    desk = enter_as_boss(at_desk, "/admin/loyalty/appearance/sources/")
    row = desk.get_by_role("row", name=re.compile("Landing page coffee, link “flyer”"))
    expect(row).to_contain_text(re.compile(r"1\s*1\s*1"))
    at_desk.require_accessible()


def enter_as_boss(visitor: Visitor, path: str) -> Page:
    """Sign in to the back office, on a page."""
    boss = factories.UserFactory(username="boss", is_staff=True, is_superuser=True)
    boss.set_password("secret")
    boss.save()
    page = visitor.page
    page.context.clear_cookies()
    visitor.visit(f"/admin/login/?next={path}")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("secret")
    page.keyboard.press("Enter")
    page.wait_for_url(visitor.home + path)
    return page


def test_the_look_is_seen_while_it_is_chosen_and_guests_see_it_once_it_is_saved(
    at_desk: Visitor, corner: Corner
) -> None:
    appearance = Appearance.objects.get()
    page = enter_as_boss(at_desk, f"/admin/loyalty/appearance/{appearance.pk}/change/")
    expect(page.locator("[data-preview]")).to_contain_text("Coffee that counts")
    page.locator("#id_colour").fill("#c8e600")
    expect(page.locator("[data-preview]")).to_contain_text("could not be read on light ground (1.2 : 1")
    at_desk.require_accessible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    look.forget()
    at_desk.visit(HOME)
    assert page.locator('meta[name="theme-color"]').get_attribute("content") == "#c8e600"
    for path in (
        f"/admin/campaigns/landingpage/{LandingPage.objects.get().pk}/change/",
        "/admin/loyalty/store/",
    ):
        at_desk.visit(path)
        at_desk.require_accessible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_reads_well_at_every_width_in_the_programmes_own_colours(
    on_phone: Visitor, corner: Corner, scheme: str
) -> None:
    page = on_phone.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in (HOME, f"{HOME}stores/", PAGE, "/cabinet/green/enter/"):
        on_phone.visit(path)
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            on_phone.require_fitting()
            on_phone.require_accessible()


def test_stores_are_sorted_from_here_on_a_press_and_from_a_typed_place(
    on_phone: Visitor, corner: Corner
) -> None:
    page = on_phone.page
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 52.40123456, "longitude": 13.06})
    on_phone.visit(f"{HOME}stores/")
    page.get_by_role("button", name="From here").click()
    expect(page.get_by_text("The nearest to where you are come first.")).to_be_visible()
    assert page.url.endswith("?near=52.401%2C13.060")
    names = page.locator(".rows > li b:first-child")
    expect(names.first).to_have_text("Corner South")
    page.get_by_label("Town, street or name of a store").fill("Berlin")
    page.get_by_role("button", name="Search").click()
    expect(names.first).to_have_text("Green Corner")


@pytest.mark.parametrize("path", [HOME, f"{HOME}stores/", PAGE])
def test_the_first_visit_of_a_guest_is_light(on_phone: Visitor, corner: Corner, path: str) -> None:
    """Bytes as they travel, but for pictures and fonts, and requests."""
    sizes: dict[str, int] = {}
    page = on_phone.page

    def note(request: Request) -> None:
        response = request.response()
        sizes[request.url] = len(response.body()) if response else 0

    page.on("requestfinished", note)
    on_phone.visit(path)
    page.wait_for_load_state("networkidle")

    light = {
        url: size
        for url, size in sizes.items()
        if "/pictures/" not in url and not url.endswith((".png", ".svg"))
    }
    assert len(light) <= 6, sorted(light)
    assert sum(light.values()) <= 100_000, light
