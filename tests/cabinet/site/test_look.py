"""White label: colours that can always be read, logo and icons, and a domain that is one programme's alone."""

from __future__ import annotations

import io
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from foundation import colours
from foundation.colours import TEXT, Colour
from loyalty.appearance import domains, look, pictures
from loyalty.models import Appearance, Picture
from tests import factories
from tests.cabinet.test_access import log_in
from tests.factories import Shop

COLOURS = st.builds(lambda *parts: str(Colour(*parts)), *[st.integers(0, 255)] * 3)


@given(COLOURS, st.one_of(st.just(""), COLOURS))
def test_whatever_colours_are_chosen_all_text_can_be_read_and_what_was_changed_is_said(
    first: str, second: str
) -> None:
    chosen = Appearance(colour=first, accent=second)
    light, dark = look.light_tokens(chosen), look.dark_tokens(chosen)
    for paper in ("#fbf9f4", "#ffffff", "#f3efe6"):
        assert colours.contrast(light["brand"], colours.parse(paper)) >= TEXT
    for paper in ("#171a18", "#202422", "#2a2f2c"):
        assert colours.contrast(dark["brand"], colours.parse(paper)) >= TEXT
    for tokens in (light, dark):
        assert colours.contrast(tokens["brand"], tokens["on-brand"]) >= TEXT
        assert colours.contrast(tokens["brand-strong"], tokens["on-brand"]) >= TEXT
        assert colours.contrast(tokens["brand"], tokens["brand-tint"]) >= TEXT
    for ground in ("pass-from", "pass-to", "pass-glow"):
        assert colours.contrast(light["on-pass"], light[ground]) >= TEXT
    ink = {"light": colours.parse("#1f2421"), "dark": colours.parse("#eeece5")}
    assert colours.contrast(ink["light"], light["brand-tint"]) >= TEXT
    assert colours.contrast(ink["dark"], dark["brand-tint"]) >= TEXT
    changed = str(light["brand"]) != first
    assert changed == any(str(light["brand"]) in said for said in look.cautions(chosen))


def test_a_colour_that_is_too_light_for_text_is_told_with_its_contrast(db: None) -> None:
    [told, *_rest] = look.cautions(Appearance(colour="#ffd400"))
    assert "1.2" in told
    assert "4.5" in told
    assert not [said for said in look.cautions(Appearance(colour="#1d5c4a")) if "light ground" in said]
    assert any(
        "both colours" in said for said in look.cautions(Appearance(colour="#ffffff", accent="#000000"))
    )


def logo() -> bytes:
    content = io.BytesIO()
    Image.new("RGBA", (300, 100), (200, 30, 30, 255)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def dressed(shop: Shop) -> Appearance:
    """The club in blue, with a logo."""
    appearance = Appearance(programme=shop.programme, colour="#123a8c", slogan="Blue")
    pictures.put_logo(appearance, logo(), "logo")
    appearance.save()
    look.forget()
    return appearance


def test_cabinet_site_manifest_and_worker_follow_the_look(
    client: Client, shop: Shop, dressed: Appearance
) -> None:
    anna = factories.enrol(shop.programme, "5")
    for page in (
        log_in(anna).get("/cabinet/club/"),
        client.get("/site/club/"),
        client.get("/cabinet/club/enter/"),
    ):
        text = page.content.decode()
        [sheet] = re.findall(r'href="(/site/club/look-[0-9a-f]{12}\.css)"', text)
        assert '<meta name="theme-color" content="#123a8c">' in text
        assert f"/pictures/{dressed.logo_id}/" in text
        assert f'rel="apple-touch-icon" href="/pictures/{dressed.small_icon_id}/"' in text
        assert not re.search(r"\sstyle=|<style", text)
    answer = client.get(sheet)
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    assert "--pass-from: #123a8c" in answer.content.decode()
    manifest = client.get("/cabinet/club/app.webmanifest").json()
    assert manifest["theme_color"] == "#123a8c"
    assert {icon["src"] for icon in manifest["icons"]} == {
        f"/pictures/{dressed.icon_id}/", f"/pictures/{dressed.small_icon_id}/",
    }  # fmt: skip
    assert sheet in client.get("/cabinet/club/worker.js").content.decode()


def test_another_colour_is_another_stylesheet_and_an_old_address_is_not_kept(
    client: Client, dressed: Appearance
) -> None:
    before = look.of(dressed.programme_id).version
    dressed.colour = "#8c1212"
    dressed.save()
    look.forget()
    assert look.of(dressed.programme_id).version != before
    old = client.get(f"/site/club/look-{before}.css")
    assert "no-store" in old["Cache-Control"]
    assert "#8c1212" in old.content.decode()


def test_pictures_are_served_as_what_they_are_and_for_ever(client: Client, dressed: Appearance) -> None:
    answer = client.get(f"/pictures/{dressed.icon_id}/")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert Image.open(io.BytesIO(answer.content)).size == (512, 512)
    assert client.get("/pictures/none/").status_code == 404
    assert Picture.objects.count() == 3


# Domains


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Club.Example.com.", "club.example.com"), ("клуб.рф", "xn--90ard6a.xn--p1ai"), ("  ", None)],
)
def test_a_domain_has_one_form(typed: str, kept: str | None) -> None:
    assert domains.read(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["http://club.example.com", "club.example.com/x", "club.example.com:80", "10.0.0.1", "localhost", "*.example.com",
     ".example.com", "club..com", "club_1.example.com", "[::1]", "testserver", "a" * 64 + ".com", "x@example.com"],
)  # fmt: skip
def test_what_is_no_domain_of_ones_own_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        domains.read(typed)


def test_the_houses_own_name_is_no_programmes(settings: object) -> None:
    settings.ALLOWED_HOSTS = ["crm.example.com"]  # type: ignore[attr-defined]
    with pytest.raises(ValidationError, match="the house"):
        domains.read("CRM.example.com")


@pytest.fixture
def housed(dressed: Appearance) -> Client:
    """Under the club's own domain."""
    dressed.domain = "club.example.com"
    dressed.save()
    look.forget()
    domains.forget()
    return Client(headers={"host": "club.example.com", "accept-language": "en"})


def test_under_its_own_domain_a_programme_begins_at_the_root(housed: Client, client: Client) -> None:
    page = housed.get("/").content.decode()
    assert "<h1>The Club</h1>" in page
    assert 'href="/stores/"' in page
    assert '<link rel="canonical" href="http://club.example.com/">' in page
    assert housed.get("/stores/").status_code == 200
    assert housed.get("/cabinet/")["Location"] == "/cabinet/club/"
    assert housed.get("/cabinet/club/enter/").status_code == 200
    elsewhere = client.get("/site/club/").content.decode()
    assert '<link rel="canonical" href="http://club.example.com/">' in elsewhere


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/till/", "/api/v1/docs/", "/api/v1/members/lookup", "/outbox/", "/metrics", "/health/",
     "/cabinet/other/", "/cabinet/other/enter/", "/site/other/", "/other/"],
)  # fmt: skip
def test_under_a_programmes_domain_there_is_nothing_of_the_house_and_of_other_programmes(
    housed: Client, path: str
) -> None:
    other = factories.open_shop(store="o", code="other").programme
    Appearance.objects.create(programme=other)
    assert housed.get(path).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example.com", "club.example.com.evil.net", "xclub.example.com", "example.com"]
)
def test_a_made_up_host_is_refused(housed: Client, host: str) -> None:
    assert housed.get("/", headers={"host": host}).status_code == 400
    assert housed.get("/cabinet/club/enter/", headers={"host": host}).status_code == 400


def test_a_form_under_the_domain_is_sent_from_the_domain_alone(dressed: Appearance, housed: Client) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "club.example.com"})
    page = strict.get("/cabinet/club/enter/").content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[-1]
    form = {"to": "nonsense", "csrfmiddlewaretoken": token}
    address = "/cabinet/club/enter/"
    assert strict.post(address, form, headers={"origin": "http://club.example.com"}).status_code == 422
    assert strict.post(address, form, headers={"origin": "http://evil.example.com"}).status_code == 403
