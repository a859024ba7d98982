"""The demo's outbox in a real browser: a code that was sent appears by itself, and one press copies it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from members.delivery import deliver
from tests.flows.conftest import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_code_appears_and_is_copied(at_desk: Visitor, settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    (tmp_path / "demo.json").write_text('{"base_url": "http://localhost:8000"}')
    page = at_desk.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=at_desk.home)
    at_desk.visit("/")
    page.get_by_role("link", name="Outbox").click()
    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()
    at_desk.require_accessible()

    deliver("email", "anna@example.org", "Your code: 120345", subject="Your code")
    deliver("sms", "+79161234545", "Tell the cashier this code: 654321")
    newest = page.locator(".sent").first
    expect(newest).to_contain_text("+7 916 123-45-45")
    expect(page.get_by_role("status")).to_have_text("There is a new message.")
    expect(newest.locator("time")).not_to_contain_text("UTC")
    newest.get_by_role("button").click()
    expect(newest.get_by_role("button")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "654321"

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        at_desk.require_accessible()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    at_desk.require_accessible()
    at_desk.require_fitting()
    page.locator('button[lang="ru"]').click()
    expect(page.get_by_role("heading", name="Исходящие")).to_be_visible()
    at_desk.require_fitting()
