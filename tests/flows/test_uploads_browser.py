"""A manager brings files in a real browser: mistakes, what would change, a yes, the progress, the result."""

from __future__ import annotations

import os

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from backoffice.files import uploads
from backoffice.files.upload_kinds import KINDS
from backoffice.models import Upload
from backoffice.staff import roles
from loyalty.models import Product, Programme
from members.models import User
from tests import factories
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "admin:loyalty_product_import"


def sign_in(visitor: Visitor) -> User:
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    visitor.visit(reverse("admin:login"))
    visitor.page.locator("[name=username]").fill("olga")
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.home + reverse("admin:index"))
    return manager


def bring(visitor: Visitor, text: str) -> None:
    file = {"name": "goods.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visitor.page.locator("[name=file]").set_input_files(file)  # type: ignore[arg-type]
    visitor.page.get_by_role("button", name="See what would change").click()


def look(visitor: Visitor, name: str) -> None:
    visitor.require_accessible()
    visitor.require_fitting()
    if folder := os.environ.get("LOOK"):
        visitor.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def walk(visitor: Visitor, width: str) -> None:
    shop = factories.open_shop()
    factories.ProductFactory(partner=shop.partner, sku="C1", name="Coffee", price="10.00")
    sign_in(visitor)
    page, code = visitor.page, shop.partner.code
    if width == "1440":
        visitor.visit(reverse("admin:loyalty_product_changelist"))
        page.get_by_role("link", name="Import").first.click()
    else:
        visitor.visit(reverse(PRODUCTS))
    expect(page.get_by_text("Columns, in any order:")).to_be_visible()
    look(visitor, f"load-{width}")
    bring(visitor, f"partner,sku,name,price\n{code},C1,Coffee,much\nnobody,T1,Tea,2\n{code},T1,,1e3\n")
    expect(page.get_by_text("3 rows will not do. Nothing was changed.")).to_be_visible()
    expect(page.get_by_text("There is no partner “nobody”.")).to_be_visible()
    look(visitor, f"mistakes-{width}")
    page.get_by_role("link", name="Another file").click()
    bring(visitor, f"partner,sku,name,price\n{code},C1,Better coffee,11\n{code},T1,Tea,2\n")
    expect(page.get_by_text("name: Coffee → Better coffee")).to_be_visible()
    look(visitor, f"ready-{width}")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("heading", name="Done", exact=True)).to_be_visible()
    look(visitor, f"done-{width}")
    assert set(Product.objects.values_list("name", flat=True)) == {"Better coffee", "Tea"}


def test_products_come_in_from_a_file(at_desk: Visitor, transactional_db: None) -> None:
    walk(at_desk, "1440")


def test_products_come_in_from_a_file_on_a_phone(on_phone: Visitor, transactional_db: None) -> None:
    walk(on_phone, "390")


def test_the_page_of_a_large_file_tells_how_far_it_is_and_shows_the_result_by_itself(
    on_phone: Visitor, transactional_db: None
) -> None:
    """Without a click: whoever waits sees the bar move, and then what came of it."""
    shop = factories.open_shop()
    manager = sign_in(on_phone)
    rows = "".join(f"{shop.partner.code},N{number},Thing {number}\n" for number in range(600))
    content = f"partner,sku,name\n{rows}".encode()
    now = timezone.now()
    upload = uploads.bring(
        "loyalty.product", "a-rather-long-name-of-a-file-of-goods.csv", content, 600, manager.pk, now
    )
    on_phone.visit(reverse(f"{PRODUCTS}_shown", args=[upload.pk]))
    page = on_phone.page
    expect(page.get_by_text("The file is being checked.")).to_be_visible()
    look(on_phone, "progress-390")
    Upload.objects.filter(pk=upload.pk).update(position=300)
    expect(page.get_by_text("300 of 600 rows")).to_be_visible()
    uploads.work(upload.pk, KINDS, now)
    expect(page.get_by_role("button", name="Do it")).to_be_visible()
    look(on_phone, "large-390")


def test_a_programme_comes_in_from_a_file(at_desk: Visitor, transactional_db: None) -> None:
    factories.open_shop(code="main", name="Main")
    sign_in(at_desk)
    page = at_desk.page
    at_desk.visit(reverse("admin:loyalty_programme_file"))
    bring(at_desk, "version: 1\nprogramme: {code: main, colour: red, time_zone: Mars/Base}\n")
    expect(page.get_by_text("This file will not do, for 2 reasons. Nothing was changed.")).to_be_visible()
    look(at_desk, "programme-mistakes-1440")
    page.get_by_role("link", name="Another file").click()
    bring(at_desk, "version: 1\nprogramme: {code: main, return_days: 31}\n")
    page.get_by_role("button", name="Do it: 1 change").click()
    expect(page.get_by_text("“Main” is as the file says now: 1 change.")).to_be_visible()
    look(at_desk, "programme-done-1440")
    assert Programme.objects.get().return_days == 31
