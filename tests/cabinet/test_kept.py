"""Parts of a page that are kept, and addresses that are looked for once: nobody sees a difference."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest
from django.template import Context, Template
from django.urls import reverse, set_script_prefix
from django.utils import translation

from cabinet.templatetags.ways import way


def test_a_kept_part_is_written_once_for_the_same_values_and_anew_for_others() -> None:
    written: list[str] = []

    def write(name: str) -> str:
        written.append(name)
        return name

    template = Template("{% load kept %}{{ whose }}: {% kept name tier %}{{ write }}{% endkept %}")
    pages = [
        template.render(Context({"whose": whose, "name": name, "tier": tier, "write": partial(write, name)}))
        for whose, name, tier in (
            ("Anna", "a", None),
            ("Bob", "a", None),
            ("Anna", "b", None),
            ("Anna", "b", 1),
        )
    ]

    assert pages == ["Anna: a", "Bob: a", "Anna: b", "Anna: b"]
    assert written == ["a", "b", "b"]


def test_a_kept_part_is_written_in_the_language_of_the_page() -> None:
    template = Template("{% load i18n kept %}{% kept %}{% translate 'Card' %}{% endkept %}")
    pages = []
    for language in ("en", "ru", "en"):
        with translation.override(language):
            pages.append(template.render(Context()))
            assert pages[-1] == translation.gettext("Card")

    assert pages[0] == pages[2] != pages[1]


def test_what_is_kept_stays_safe_and_what_is_shown_in_it_is_escaped() -> None:
    template = Template("{% load kept %}{% kept name %}<b>{{ name }}</b>{% endkept %}")

    for _again in range(2):
        assert template.render(Context({"name": "<Tom & Co>"})) == "<b>&lt;Tom &amp; Co&gt;</b>"


CODES = ("SPRING-1", "Ж 1%?#", "a&b=c;d", "äöü~@:")
PAGES = [(page, code) for page in ("coupon_picture", "why_coupon") for code in CODES]


@pytest.mark.parametrize(("page", "about"), [*PAGES, ("receipt", UUID(int=7)), ("receipt", UUID(int=2**127))])
def test_an_address_that_is_looked_for_once_is_the_one_that_is_found_each_time(
    page: str, about: str | UUID
) -> None:
    for programme in ("club", "other-club"):
        assert way(page, programme, about) == reverse(f"cabinet:{page}", args=[programme, about])


def test_the_house_may_move_below_another_path() -> None:
    below = way("receipt", "club", UUID(int=7))
    set_script_prefix("/shop/")
    try:
        assert way("receipt", "club", UUID(int=7)) == f"/shop{below}"
    finally:
        set_script_prefix("/")
