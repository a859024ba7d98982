"""A member in the cabinet, in a real browser on a phone: joins, is sold to, sees why, and has the card offline too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy
import pytest
import zxingcpp
from django.conf import LazySettings
from playwright.sync_api import Page, Request, expect

from cabinet.access import COOKIE
from campaigns.occasions import own_events
from loyalty.models import Receipt
from members import devices
from members.lookup import lookup, rotating
from members.lookup.lookup import Manner
from members.models import Card, Event, Member
from tests import factories
from tests.cabinet import post
from tests.flows.conftest import Visitor
from tests.flows.corner import CARD, Corner, open_corner
from tests.flows.test_till_browser import COFFEE, scan, sign_in
from tests.rewards.coupons.build import make_coupon, make_series

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/cabinet/green/"
COUPON = "SPRING24AB"


@pytest.fixture
def corner(transactional_db: None, settings: LazySettings) -> Iterator[Corner]:
    corner = open_corner()
    welcome = {
        "whom": {"who": "members"},
        "what_for": {"of": "event", "event": "member.registered"},
        "what": [{"effect": "points_fixed", "points": "100"}],
    }
    factories.publish_campaign(corner.shop.programme, welcome, code="welcome", name="Welcome")
    friends = welcome | {
        "what_for": {"of": "event", "event": "referral.joined"},
        "what": [{"effect": "points_fixed", "points": "30"}],
    }
    factories.publish_campaign(corner.shop.programme, friends, code="friends", name="Bring a friend")
    spring = welcome | {
        "what_for": {"of": "receipt"},
        "if": {
            "all": [
                {"condition": "coupon", "series": ["spring"]},
                {"condition": "receipt_amount", "at_least": "20"},
            ]
        },
    }
    make_coupon(make_series(corner.shop.programme, code="spring", name="Spring"), COUPON, member=corner.anna)
    factories.publish_campaign(corner.shop.programme, spring, code="spring", name="Spring")
    with post.box(settings):
        yield corner


def be(visitor: Visitor, member: Member) -> Page:
    """Log the member in on the visitor's browser, and open the card."""
    token = devices.open_on(member, "green", "Chrome, Android", datetime.now(UTC))
    visitor.page.context.add_cookies([{"name": COOKIE, "value": token, "url": visitor.home + HOME}])
    visitor.visit(HOME)
    return visitor.page


def pixels(picture: bytes) -> Any:
    """A screenshot as numbers."""
    return cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_COLOR)


def decode(picture: bytes) -> set[str]:
    """What zxing-cpp reads in a screenshot."""
    return {found.text for found in zxingcpp.read_barcodes(pixels(picture))}


def test_a_friends_link_a_code_a_name_and_the_till_knows_the_new_member(
    on_phone: Visitor, at_desk: Visitor, corner: Corner
) -> None:
    page = on_phone.page
    on_phone.visit(f"{HOME}enter/?friend={corner.anna.referral_code}")
    expect(page.get_by_text("Anna invites you")).to_be_visible()
    on_phone.require_accessible()
    page.get_by_label("Phone or e-mail").fill("+49 151 87654321")
    page.keyboard.press("Enter")
    code = page.get_by_label("Code")
    expect(code).to_be_focused()
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    on_phone.require_accessible()
    code.fill(post.SENT[-1].code)
    page.keyboard.press("Enter")
    page.get_by_label("First name").fill("Nina")
    on_phone.require_accessible()
    page.get_by_label(re.compile("kept and used to run")).check()
    page.get_by_role("button", name="Get my card").click()

    expect(page.locator(".pass__points")).to_contain_text("100")
    on_phone.require_accessible()
    on_phone.require_fitting()
    nina = Member.objects.get(first_name="Nina")
    assert nina.referred_by == corner.anna

    [shown] = {text for text in decode(page.locator(".pass__qr").screenshot()) if len(text) == 18}
    till = sign_in(at_desk)
    scan(till, COFFEE, COFFEE, shown)
    expect(till.get_by_role("heading", name="Nina")).to_be_visible()
    till.keyboard.press("F9")
    expect(till.get_by_role("heading", name="Sold")).to_be_visible()
    receipt = Receipt.objects.get()
    assert receipt.member == nina

    page.reload()
    page.get_by_role("link", name=re.compile("Green Corner")).click()
    expect(page.get_by_text("Coffee weeks", exact=True)).to_be_visible()
    expect(page.get_by_text("10% of")).to_be_visible()
    page.locator(".declined summary").click()
    expect(page.locator(".declined")).to_contain_text("Gold extra")
    on_phone.require_accessible()
    on_phone.require_fitting()
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_text("Welcome", exact=True)).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()

    for event in Event.objects.filter(kind="referral.joined"):  # as the task does
        own_events.reward_event(event.id, datetime.now(UTC))
    be(on_phone, corner.anna)
    expect(page.locator(".pass__points")).to_contain_text("150")
    page.get_by_role("link", name="To my link").click()
    came = page.locator("section", has=page.get_by_role("heading", name="Who came"))
    expect(came).to_contain_text("Nina")
    expect(came).to_contain_text("+30")
    expect(page.get_by_text("When a friend joins by your link, you get 30 points.")).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_text("a friend joined")).to_be_visible()


def test_an_account_that_the_till_made_is_found_by_its_phone_and_not_made_twice(
    on_phone: Visitor, at_desk: Visitor, corner: Corner
) -> None:
    till = sign_in(at_desk)
    till.keyboard.press("F2")
    till.keyboard.type("+49 151 55667788")
    till.keyboard.press("Enter")
    till.get_by_label("First name").fill("Otto")
    till.keyboard.press("Enter")
    expect(till.get_by_role("heading", name="Otto")).to_be_visible()
    members = Member.objects.count()

    page = on_phone.page
    on_phone.visit(f"{HOME}enter/")
    page.get_by_label("Phone or e-mail").fill("+4915155667788")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill(post.SENT[-1].code)
    page.keyboard.press("Enter")
    # what the till could not ask is asked now
    page.get_by_label("To take part").check()
    page.get_by_role("button", name="Go on").click()

    expect(page.locator(".pass__head")).to_contain_text("Otto")
    expect(page.locator(".pass__points")).to_contain_text("100")
    assert Member.objects.count() == members


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390])
def test_both_codes_are_read_from_the_screen_by_two_decoders(
    on_phone: Visitor, corner: Corner, scheme: str, width: int
) -> None:
    page = on_phone.page
    page.set_viewport_size({"width": width, "height": 568})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    be(on_phone, corner.anna)
    expect(page.locator(".pass__qr svg path").nth(1)).to_be_attached()

    picture = page.screenshot()  # what is seen without scrolling

    device = corner.anna.devices.get().number
    texts = decode(picture)
    assert CARD in texts
    assert any(rotating.proven(text, datetime.now(UTC)) == device for text in texts)
    close = cv2.resize(pixels(page.locator(".pass__qr").screenshot()), None, fx=3, fy=3)
    other, _corners, _code = cv2.QRCodeDetector().detectAndDecode(close)
    assert rotating.proven(other, datetime.now(UTC)) == device
    on_phone.require_accessible()
    on_phone.require_fitting()


def test_the_card_works_without_a_network_once_it_was_opened(on_phone: Visitor, corner: Corner) -> None:
    page = be(on_phone, corner.anna)
    expect(page.locator(".pass__points")).to_contain_text("120")  # the first visit is enough
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.keys().then((names) => names.length > 0)")
    page.wait_for_function(
        "caches.match(location.pathname, {ignoreVary: true}).then((kept) => Boolean(kept))"
    )

    page.context.set_offline(True)
    page.clock.install()
    page.clock.fast_forward("05:00")
    page.goto(on_phone.home + HOME)

    expect(page.locator(".pass__points")).to_contain_text("120")
    expect(page.get_by_text("No network. What you see is as of")).to_be_visible()
    texts = decode(page.locator(".pass").screenshot())
    assert CARD in texts
    page.locator("[data-open-card]").click()
    expect(page.locator("dialog.full")).to_be_visible()
    assert CARD in decode(page.screenshot())
    page.get_by_role("button", name="Close").click()
    coupon = page.locator("details.coupon")
    coupon.locator("summary").click()
    expect(coupon).to_contain_text("at least 20")
    expect(coupon.locator("svg")).to_be_visible()
    assert decode(coupon.screenshot()) == {COUPON}
    on_phone.troubles.clear()  # what could not be fetched was not to be


def test_devices_are_listed_and_ended(on_phone: Visitor, corner: Corner) -> None:
    other = devices.open_on(corner.anna, "green", "Firefox, Windows", datetime.now(UTC))
    page = be(on_phone, corner.anna)
    page.get_by_role("link", name="About me").click()
    on_phone.require_accessible()
    on_phone.require_fitting()

    page.get_by_role("button", name="Log out Firefox, Windows").click()

    expect(page.get_by_text("Logged out there.")).to_be_visible()
    assert devices.find(other, "green", datetime.now(UTC)) is None
    page.get_by_role("link", name="Messages, and what I agreed to").click()
    on_phone.require_accessible()
    on_phone.require_fitting()
    page.get_by_role("button", name=re.compile("^Agree news and offers: e-mail", re.I)).click()
    expect(page.get_by_text("Noted: yes.")).to_be_visible()


def test_the_first_visit_is_light(on_phone: Visitor, corner: Corner) -> None:
    """Bytes as they travel, but for pictures and fonts, and requests: those of somebody who was never here."""
    sizes: dict[str, int] = {}
    page = on_phone.page

    def note(request: Request) -> None:
        response = request.response()
        sizes[request.url] = len(response.body()) if response else 0

    page.on("requestfinished", note)
    be(on_phone, corner.anna)
    page.wait_for_load_state("networkidle")

    light = {url: size for url, size in sizes.items() if not url.endswith((".png", ".svg"))}
    assert len(light) <= 12, sorted(light)
    assert sum(light.values()) <= 100_000, light


def test_whoever_logged_out_leaves_no_card_behind(on_phone: Visitor, corner: Corner) -> None:
    page = be(on_phone, corner.anna)
    page.evaluate("navigator.serviceWorker.ready")
    page.get_by_role("link", name="About me").click()

    page.get_by_role("button", name="Log out", exact=True).click()

    expect(page.get_by_label("Phone or e-mail")).to_be_visible()
    kept = page.evaluate("caches.match('/cabinet/green/', {ignoreVary: true}).then((kept) => Boolean(kept))")
    assert not kept
    assert Card.objects.filter(member=corner.anna).exists()


def test_an_old_picture_of_the_code_opens_nothing(on_phone: Visitor, corner: Corner) -> None:
    page = be(on_phone, corner.anna)
    expect(page.locator(".pass__qr svg path").nth(1)).to_be_attached()
    [shown] = {text for text in decode(page.locator(".pass__qr").screenshot()) if len(text) == 18}
    now = datetime.now(UTC)

    assert lookup.find(lookup.seek("code", shown, Manner()), now) == corner.anna
    assert lookup.find(lookup.seek("code", shown, Manner()), now.replace(year=now.year + 1)) is None


def keep_card(visitor: Visitor, member: Member) -> Page:
    """Open the card, and have the worker keep it."""
    page = be(visitor, member)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_function(
        "caches.match(location.pathname, {ignoreVary: true}).then((kept) => Boolean(kept))"
    )
    return page


def test_a_server_that_is_unwell_takes_the_card_from_nobody(
    on_phone: Visitor, corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = keep_card(on_phone, corner.anna)

    def fail(*_args: object) -> None:
        raise RuntimeError("The database is away.")

    monkeypatch.setattr("cabinet.home.balance", fail)
    for _visit in range(2):
        page.goto(on_phone.home + HOME)
        expect(page.locator(".pass__points")).to_contain_text("120")
        expect(page.get_by_text("No network. What you see is as of")).to_be_visible()
    on_phone.troubles.clear()


def test_on_a_shared_phone_nobody_is_left_the_card_of_who_was_there_before(
    on_phone: Visitor, corner: Corner
) -> None:
    """The login was ended from elsewhere, so nobody logged out here; the next one comes straight to the way in."""
    page = keep_card(on_phone, corner.anna)
    devices.end(corner.anna, datetime.now(UTC))

    page.goto(f"{on_phone.home}{HOME}enter/")

    expect(page.get_by_label("Phone or e-mail")).to_be_visible()
    page.wait_for_function(f"caches.match('{HOME}', {{ignoreVary: true}}).then((kept) => !kept)")


@pytest.mark.parametrize("points", ["7.77", "123.45", "1234567.89"])
def test_however_many_points_there_are_they_fit_on_the_card(
    on_phone: Visitor, corner: Corner, points: str
) -> None:
    rich = factories.enrol(corner.shop.programme, points, phone="+4915100000099")
    on_phone.page.set_viewport_size({"width": 320, "height": 568})
    page = be(on_phone, rich)

    number = page.locator(".pass__points strong")
    expect(number).to_contain_text(points[-2:])
    wide = number.evaluate(
        "(one) => { const text = document.createRange(); text.selectNodeContents(one);"
        " return text.getBoundingClientRect().right - document.querySelector('.pass').getBoundingClientRect().right; }"
    )
    assert wide <= -8
