"""Which languages each door offers: French is of members; nobody is shown a page that is half in it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from config import languages, urls
from members.models import User
from tests.factories import Shop

FRENCH = {"accept-language": "fr-CA,fr;q=0.9,ru;q=0.5,en;q=0.3"}
#: The beginnings of addresses whose pages are members'.
OF_MEMBERS = {"i18n/", "cabinet/", "site/", "pictures/<slug:digest>/", "robots.txt"}


def language_of(client: Client, path: str, **headers: str) -> str:
    page = client.get(path, headers={**FRENCH, **headers}, follow=True).content.decode()
    found = re.search(r'<html lang="([a-z-]+)"', page)
    assert found is not None, path
    return found[1]


@pytest.mark.parametrize("path", ["/cabinet/club/", "/cabinet/club/enter/", "/cabinet/club/offline/"])
def test_members_are_spoken_to_in_french(shop: Shop, path: str) -> None:
    page = Client().get(path, headers=FRENCH, follow=True).content.decode()

    assert '<html lang="fr"' in page
    assert re.findall(r'name="language" value="(\w+)"', page) in ([], ["en", "ru", "fr"])


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/till/"])
@pytest.mark.parametrize(
    ("accepted", "told"), [("fr,ru;q=0.5", "ru"), ("fr", "en"), ("fr,de", "en"), ("ru", "ru")]
)
def test_the_staff_are_spoken_to_in_what_everything_is_in_and_offered_nothing_else(
    db: None, path: str, accepted: str, told: str
) -> None:
    client = Client()
    client.cookies["django_language"] = "fr" if accepted != "ru" else "ru"

    assert language_of(client, path, **{"accept-language": accepted}) == told
    page = client.get(path, follow=True).content.decode()
    assert 'value="fr"' not in page


def test_the_back_office_offers_no_french_to_who_is_logged_in(admin_user: User) -> None:
    client = Client()
    client.force_login(admin_user)

    page = client.get("/admin/", headers=FRENCH).content.decode()

    assert '<html lang="ru"' in page
    assert "Fran" not in page
    assert "Русский" in page


def test_a_program_is_answered_in_what_everything_is_in(db: None) -> None:
    answer = Client().post("/api/v1/quote", {}, headers={"accept-language": "fr"})

    assert answer["Content-Language"] == "en"


def test_every_door_is_the_staffs_or_the_members() -> None:
    doors = {str(pattern.pattern) for pattern in urls.urlpatterns}

    staff = {door for door in doors if languages.is_of_staff(f"/{door}")}
    assert doors - staff == OF_MEMBERS
