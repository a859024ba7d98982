"""The start page: what this is and where to go; in demo mode also with which login, key and card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from config import demo as demo_shop
from config import languages
from config.addresses import is_local

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Door(NamedTuple):
    """A way in: for whom, what it is called, what is done there, and its address."""

    who: StrPromise
    name: StrPromise
    what: StrPromise
    path: str


DOORS = (
    Door(
        _("Cashier"),
        _("The till"),
        _("Find a member, sell, let them spend points, take goods back."),
        "/till/",
    ),
    Door(
        _("Member"),
        _("The cabinet"),
        _("The card, the points and the reason for each, on a phone; it works without a network, too."),
        "/cabinet/",
    ),
    Door(
        _("Manager and operator"),
        _("Back office"),
        _("Members, points, campaigns and their results; every change with its reason."),
        "/admin/",
    ),
    Door(
        _("Programmer"),
        _("API documentation"),
        _("One REST API for tills, web shops, kiosks and partners' systems."),
        "/api/v1/docs/",
    ),
    Door(_("Administrator"), _("Health"), _("Whether the database and the task queue answer."), "/health/"),
)


def show(request: HttpRequest) -> HttpResponse:
    """The start page. The demo's passwords and keys are shown on its own machine alone, whoever else it serves."""
    demo = demo_shop.read(settings.VAR / "demo.json") if settings.DEMO else None
    hidden = demo is not None and not is_local(request)
    if hidden:
        demo = None
    context = {
        "doors": DOORS,
        "demo": demo,
        "hidden": hidden,
        "example": show_example(demo),
        "languages": languages.of_staff(),
    }
    return render(request, "start.html", context)


def show_example(demo: dict[str, Any] | None) -> str:
    """A command that works as it stands, with a key and a card of the demo."""
    if not demo or not demo.get("api_keys") or not demo.get("members"):
        return ""
    body = json.dumps({"card": demo["members"][0]["card"]})
    return (
        f"curl {demo['base_url']}/api/v1/members/lookup \\\n"
        f"  -H 'Authorization: Api-Key {demo['api_keys'][0]['key']}' \\\n"
        f"  -H 'Content-Type: application/json' -d '{body}'"
    )
