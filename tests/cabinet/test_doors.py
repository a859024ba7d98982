"""Every address of members and guests, as the urlconf has it, × who asks: what each is answered, and told of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from cabinet.access import COOKIE
from members import devices
from members.models import Member
from tests import factories
from tests.cabinet.doors import DOORS, SECRETS, World, ask, find_routes, furnish, log_in, read
from tests.factories import Shop

ENTER = "/cabinet/club/enter/"
#: Doors through which the member of the world is let go of: they are tried last.
LAST = ("cabinet:help_close", "cabinet:leave")
MEMBERS = [route for route, door in DOORS.items() if not door.anybody]


@pytest.fixture
def world(shop: Shop) -> World:
    return furnish(shop)


def nobody(world: World) -> Client:
    return Client()


def ended(world: World) -> Client:
    client = log_in(world.anna)
    devices.end(world.anna, datetime.now(UTC))
    return client


def erased(world: World) -> Client:
    client = log_in(world.anna)
    factories.erase(world.anna)
    return client


def blocked(world: World) -> Client:
    client = log_in(world.anna)
    Member.objects.filter(id=world.anna.id).update(status=Member.Status.BLOCKED)
    return client


def elsewhere(world: World) -> Client:
    """Logged in, in the cabinet of another programme; the cookie is shown here, too."""
    other = factories.ProgrammeFactory(code="elsewhere")
    return log_in(factories.enrol(other, 0, phone="+4915100000009"), "elsewhere")


def forger(world: World) -> Client:
    """Who makes a token up."""
    client = Client()
    client.cookies[COOKIE] = "0" * 43
    return client


def test_every_address_is_in_the_table() -> None:
    assert set(find_routes()) == set(DOORS)


@pytest.mark.parametrize("who", [nobody, ended, erased, blocked, elsewhere, forger])
def test_whoever_is_not_in_is_shown_the_way_in_and_told_nothing_of_her(
    world: World, who: Callable[[World], Client]
) -> None:
    client, found = who(world), {}
    expected: dict[str, Any] = {
        route: (door.answers, None) if door.anybody else (302, ENTER) for route, door in DOORS.items()
    }
    if who is elsewhere:  # two programmes run: there is a choice
        expected["cabinet:programmes"] = (200, None)
    for route, door in DOORS.items():
        answer = ask(client, world, route)
        found[route] = (answer.status_code, None if door.anybody else answer.get("Location"))
        told = [secret for secret in SECRETS if secret in read(answer) and secret not in DOORS[route].tells]
        assert not told, (route, told)
    assert found == expected


def test_another_member_sees_what_is_theirs_and_of_hers_that_it_does_not_exist(world: World) -> None:
    boris = factories.enrol(world.shop.programme, 5, phone="+4915100000002", first_name="Boris")
    client, found = log_in(boris), {}
    expected = {route: door.another or door.answers for route, door in DOORS.items()}
    expected["cabinet:asked"] = 200
    for route in [route for route in DOORS if route not in LAST] + list(LAST):
        answer = ask(client, world, route)
        found[route] = answer.status_code
        told = [secret for secret in SECRETS if secret in read(answer) and secret not in DOORS[route].tells]
        assert not told, (route, told)
    assert found == expected


def test_the_member_is_answered_and_no_page_of_hers_is_kept_on_the_way_or_framed(world: World) -> None:
    client = log_in(world.anna)
    for route in [route for route in DOORS if route not in LAST] + list(LAST):
        answer, door = ask(client, world, route), DOORS[route]
        if not door.anybody:
            assert answer.status_code == door.answers, route
            if door.answers != 404:
                assert "no-store" in answer["Cache-Control"], route
        policy = answer["Content-Security-Policy"]
        for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'self'"):
            assert part in policy, (route, part)
        assert "unsafe" not in policy, route
        assert answer["X-Content-Type-Options"] == "nosniff", route
        assert answer["Referrer-Policy"] == "same-origin", route
        assert answer["X-Frame-Options"] == "DENY", route
        for name, cookie in answer.cookies.items():
            gone = cookie["max-age"] == 0
            assert gone or name == "csrftoken" or cookie["httponly"], (route, name)
            assert gone or cookie["samesite"], (route, name)
        if answer["Content-Type"].startswith("text/html"):
            page = read(answer)
            assert " style=" not in page and "<script>" not in page and "javascript:" not in page, route


def test_every_address_asks_for_the_token_of_its_form(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = log_in(world.anna).cookies

    for route, door in DOORS.items():
        address = reverse(route, kwargs=dict(door.names(world)))
        assert strict.post(address, {"first_name": "Eve"}).status_code == 403, route


def test_no_address_leads_to_another_site(world: World, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    evil = "https://evil.example/"
    asked = {name: evil for name in ("next", "from", "friend", "to", "page", "kind", "back", "url")}
    client = log_in(world.anna)
    for route in [route for route in DOORS if route not in LAST]:
        address = reverse(route, kwargs=dict(DOORS[route].names(world)))
        for answer in (client.get(address, asked), client.post(address, asked), Client().get(address, asked)):
            onward = answer.get("Location", "/")
            assert onward.startswith("/") and not onward.startswith("//"), (route, onward)
        assert client.get(address, headers={"host": "evil.example"}).status_code == 400, route
        hidden = client.get(
            address, headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
        )
        assert "http://evil.example" not in read(hidden), route
    for onward in (evil, "//evil.example", "/\\evil.example"):
        answer = Client().post("/i18n/setlang/", {"language": "fr", "next": onward})
        assert answer["Location"] == "/", onward
