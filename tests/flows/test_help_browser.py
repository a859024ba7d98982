"""A member asks about an amount that looks wrong, in a real browser on a phone; a manager answers; the member rates."""

from __future__ import annotations

import io
import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from backoffice.staff import roles
from members.models import User
from messaging.models import HelpRequest
from tests.backoffice.conftest import buy
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD, Corner, open_corner
from tests.flows.test_back_office_browser import sign_in
from tests.flows.test_cabinet_browser import HOME, be

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corner(transactional_db: None) -> Corner:
    corner = open_corner()
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    buy(corner.shop, corner.anna, "000042", redeem="10")
    return corner


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (600, 800), "#d9c7a0").save(out, "JPEG")
    return out.getvalue()


def require_well(visitor: Visitor) -> None:
    """The page is readable and fits, on a phone and on the narrowest one."""
    for width in (320, 390):
        visitor.page.set_viewport_size({"width": width, "height": 760})
        visitor.require_fitting()
    visitor.require_accessible()


def test_an_amount_that_looks_wrong_is_asked_about_with_its_receipt_and_answered(
    on_phone: Visitor, at_desk: Visitor, corner: Corner
) -> None:
    page = be(on_phone, corner.anna)
    page.get_by_role("link", name="History").first.click()
    require_well(on_phone)
    page.get_by_role("link", name=re.compile("Paid with points")).click()
    page.get_by_role("link", name="Does an amount look wrong? Ask about it").click()
    expect(page.get_by_text("receipt 000042")).to_be_visible()
    require_well(on_phone)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Write what it is about.")).to_be_visible()
    require_well(on_phone)
    on_phone.troubles.clear()  # 422 is what was asked for
    page.get_by_label("What did you expect, and why?").fill("I wanted to keep my points.")
    page.get_by_label("A photo, if it helps").set_input_files(
        {"name": "r.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_text("We have your request.")).to_be_visible()
    picture = page.get_by_role("img", name="The photo that you attached")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (img) => { await img.decode(); return img.naturalWidth; }") == 600
    require_well(on_phone)
    row = HelpRequest.objects.get()
    assert row.receipt is not None

    desk = sign_in(at_desk)
    at_desk.visit(reverse("admin:messaging_helprequest_changelist"))
    at_desk.require_accessible()
    desk.get_by_role("link", name=re.compile(r"^\d{4}-")).first.click()
    expect(desk.get_by_text("I wanted to keep my points.")).to_be_visible()
    at_desk.require_accessible()
    desk.get_by_role("link", name="Work on it").click()
    desk.get_by_label("Answer").fill("You chose to pay with them at the till.")
    at_desk.require_accessible()
    desk.get_by_role("button", name="Send the answer").click()
    expect(desk.get_by_text("Answered.")).to_be_visible()

    page.reload()
    expect(page.get_by_text("You chose to pay with them at the till.")).to_be_visible()
    page.get_by_label("4").check()
    require_well(on_phone)
    page.get_by_role("button", name="Rate").click()
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    for path in ("help/", f"help/{row.id}/", "help/ask/", "history/?kind=purchases", "recommendations/"):
        on_phone.visit(HOME + path)
        require_well(on_phone)
    row.refresh_from_db()
    assert (row.status, row.rating, HelpRequest.objects.count()) == ("answered", 4, 1)
