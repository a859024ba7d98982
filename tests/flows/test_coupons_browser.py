"""A manager keeps coupons in a real browser: makes a series, codes and paper, gives one to a member, revokes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from backoffice.staff import roles
from members.models import User
from rewards.coupons import batches, handouts
from rewards.models import Coupon, Series
from tests import factories
from tests.flows.conftest import Visitor
from tests.flows.corner import PASSWORD
from tests.rewards.coupons.build import make_receipt, make_series, spend

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor: Visitor) -> None:
    roles.create()
    manager = User.objects.create_user("olga", password=PASSWORD, is_staff=True)
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    visitor.visit(reverse("admin:login"))
    visitor.page.locator("[name=username]").fill("olga")
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.home + reverse("admin:index"))


def test_a_series_is_made_with_codes_that_are_printed(at_desk: Visitor, transactional_db: None) -> None:
    factories.open_shop()
    sign_in(at_desk)
    page = at_desk.page
    at_desk.visit(reverse("admin:rewards_series_add"))
    page.locator("[name=name]").fill("Spring leaflet")
    page.locator("[name=kind]").select_option("mass")
    expect(page.locator("[name=mass_code]")).to_be_visible()
    expect(page.locator("[name=prefix]")).to_be_hidden()
    page.locator("[name=kind]").select_option("personal")
    page.locator("[name=prefix]").fill("sun")
    at_desk.require_accessible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("There are no codes yet.")).to_be_visible()

    page.get_by_role("link", name="Generate codes").first.click()
    page.get_by_label("How many codes").fill("12")
    at_desk.require_accessible()
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text("made: 12")).to_be_visible()
    at_desk.require_accessible()

    page.get_by_role("link", name="Load codes from a file").first.click()
    page.locator("[name=file]").set_input_files(
        {"name": "more.csv", "mimeType": "text/csv", "buffer": b"code\nNEW1\nNEW2\n???\n"}
    )
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("malformed: 1")).to_be_visible()

    page.locator("#coupon-codes").get_by_role("link", name="Print").last.click()
    expect(page.locator(".coupon-card")).to_have_count(12)
    expect(page.get_by_role("img", name="Barcode of SUN-")).to_have_count(12)
    at_desk.require_accessible()


def test_a_member_is_given_a_coupon_and_it_is_revoked(at_desk: Visitor, transactional_db: None) -> None:
    shop = factories.open_shop()
    anna = factories.enrol(shop.programme, first_name="Anna", last_name="Kern")
    make_series(shop.programme, name="Birthday", prefix="BD", days=14)
    sign_in(at_desk)
    page = at_desk.page
    at_desk.visit(reverse("admin:members_member_change", args=[anna.pk]))
    expect(page.get_by_text("No coupons.")).to_be_visible()
    page.get_by_role("link", name="Give a coupon").click()
    page.locator("[name=series]").select_option(label="Birthday")
    at_desk.require_accessible()
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.get_by_text("can be used")).to_be_visible()
    at_desk.require_accessible()

    page.get_by_role("link", name="BD-").click()
    expect(page.locator(".coupon-card")).to_be_visible()
    at_desk.require_accessible()
    at_desk.visit(reverse("admin:rewards_coupon_changelist"))
    at_desk.require_accessible()
    coupon = Coupon.objects.get()
    with transaction.atomic():
        handouts.revoke([coupon.pk], timezone.now())
    at_desk.visit(reverse("admin:members_member_change", args=[anna.pk]))
    expect(page.get_by_text("The coupon is no longer in force.")).to_be_visible()


def test_coupons_read_well_on_a_phone(on_phone: Visitor, transactional_db: None) -> None:
    shop = factories.open_shop()
    anna = factories.enrol(shop.programme)
    series = make_series(shop.programme, name="Spring", offer="200 off a receipt over 1000", prefix="SPRING")
    batches.work(batches.generate(series, 3, timezone.now()).pk)
    mass = make_series(shop.programme, mass_code="WELCOME10", most_in_all=5000)
    with transaction.atomic():
        given = handouts.issue(series, anna.id, timezone.now(), "k")
    assert given is not None
    spend(series, given, member=anna, receipt=make_receipt(shop.programme, shop.store))
    sign_in(on_phone)
    for path in (
        reverse("admin:rewards_series_changelist"),
        reverse("admin:rewards_series_add"),
        reverse("admin:rewards_series_change", args=[series.pk]),
        reverse("admin:rewards_series_change", args=[mass.pk]),
        reverse("admin:rewards_series_generate", args=[series.pk]),
        reverse("admin:rewards_series_load", args=[series.pk]),
        reverse("admin:rewards_series_print", args=[series.pk]),
        reverse("admin:rewards_coupon_changelist"),
        reverse("admin:rewards_coupon_change", args=[given.pk]),
        reverse("admin:rewards_coupon_give", args=[anna.pk]),
        reverse("admin:members_member_change", args=[anna.pk]),
    ):
        on_phone.visit(path)
        on_phone.page.wait_for_load_state("networkidle")
        on_phone.require_accessible()
        on_phone.require_fitting()
    assert Series.objects.count() == 2
