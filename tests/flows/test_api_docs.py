"""The API's documentation page in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.flows.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_integrator_reads_the_page_and_tries_a_quote(at_desk: Visitor) -> None:
    at_desk.visit("/api/v1/docs/")
    page = at_desk.page
    expect(page.locator(".opblock")).to_have_count(15)
    at_desk.require_accessible()

    page.locator("#operations-Quotes_and_purchases-quote .opblock-summary-control").click()
    expect(page.locator("#operations-Quotes_and_purchases-quote textarea")).to_contain_text("purchased_at")


def test_the_page_fits_a_phone(on_phone: Visitor) -> None:
    on_phone.visit("/api/v1/docs/")
    expect(on_phone.page.locator(".opblock")).to_have_count(15)
    on_phone.require_accessible()
    on_phone.require_fitting()
