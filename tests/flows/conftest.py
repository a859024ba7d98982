"""A real browser for the flow tests: Debian's chromium, at a desk and on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from tests import worlds

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SERIOUS = ("serious", "critical")
#: Milliseconds to wait for what a page shall show: a busy machine is slow, and no failure.
PATIENCE = 120_000
#: Nobody sees the pages: nothing is drawn as a graphics card would.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"]


@dataclass
class Visitor:
    """Somebody with a browser: a page, where it lives, and everything that went wrong on it."""

    page: Page
    home: str
    troubles: list[str] = field(default_factory=list)

    def visit(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.home + path)

    def require_accessible(self) -> None:
        """Fail when axe finds anything serious on the page as it is now."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        serious = [
            f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:4])}"
            for rule in found
            if rule["impact"] in SERIOUS
        ]
        assert not serious, serious

    def require_fitting(self) -> None:
        """Fail when the page is wider than the screen."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} px too wide"

    def watch(self) -> None:
        """Note console errors, errors of scripts, and answers of 400 and above."""

        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.troubles.append(message.text)

        def answer(response: Response) -> None:
            if response.status >= 400:
                self.troubles.append(f"{response.status} {response.url}")

        self.page.on("console", note)
        self.page.on("response", answer)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))


@pytest.fixture(scope="session")
def chromium(django_db_blocker: DjangoDbBlocker) -> Iterator[Browser]:
    """One browser for all tests."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop in the test's thread
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
        with django_db_blocker.unblock():  # beside playwright's loop the thread has connections of its own
            worlds.leave()
            connections.close_all()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _visit(chromium: Browser, home: str, screen: dict[str, int]) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=screen, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    visitor = Visitor(context.new_page(), home)
    visitor.watch()
    yield visitor
    context.close()
    assert not visitor.troubles, visitor.troubles


@pytest.fixture
def at_desk(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """A visitor with a big screen. The test fails when the console shows an error."""
    yield from _visit(chromium, live_server.url, DESK)


@pytest.fixture
def on_phone(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """A visitor with a screen 390 px wide. The test fails when the console shows an error."""
    yield from _visit(chromium, live_server.url, PHONE)
