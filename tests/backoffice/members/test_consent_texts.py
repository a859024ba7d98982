"""Texts of consents in the back office: each edit is another version, with who wrote it and when."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from members import consent_texts
from members.models import Consent, ConsentText, User
from tests.backoffice.conftest import Scene

LIST = "/admin/members/consenttext/"
ADD = f"{LIST}add/"


def form(**fields: Any) -> dict[str, Any]:
    return {
        "circle": "main",
        "purpose": "profiling",
        "party": "",
        "language": "fr",
        "text": "D’accord.",
    } | fields


def test_an_edit_is_another_version_with_who_wrote_it_and_when(scene: Scene, boss: Client) -> None:
    assert boss.post(ADD, form()).status_code == 302
    first = ConsentText.objects.get(circle="main")

    page = boss.get(f"{LIST}{first.pk}/change/").content.decode()
    assert "Write the next version" in page
    assert 'name="text"' not in page
    again = boss.get(ADD, {"after": first.pk})
    assert again.context["adminform"].form.initial["text"] == "D’accord."
    boss.post(ADD, form(text="D’accord, vraiment.", ask_again="on"))

    versions = ConsentText.objects.filter(circle="main").order_by("version")
    assert [(one.version, one.text, one.ask_again, str(one.user)) for one in versions] == [
        (1, "D’accord.", False, "boss"),
        (2, "D’accord, vraiment.", True, "boss"),
    ]
    assert consent_texts.current("main", "profiling", "fr") == versions[1]
    told = boss.get(LIST).content.decode()
    assert "personal offers made from purchases" in told
    assert "Main" in told


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "  "}, "This field is required"),
        ({"purpose": "sharing"}, "Choose the partner"),
        ({"party": "PARTNER"}, "Only a text about sharing"),
        ({"purpose": "nothing"}, "valid choice"),
        ({"language": "de"}, "valid choice"),
        ({"circle": "elsewhere"}, "valid choice"),
        ({"text": "x" * 20_001}, "at most 20000"),
        ({"text": "Shown."}, "shown already"),
    ],
)
def test_what_will_not_do_is_said_and_what_was_typed_stays(
    scene: Scene, boss: Client, fields: dict[str, Any], says: str
) -> None:
    boss.post(ADD, form(text="Shown."))
    if "party" in fields:
        fields = {"party": scene.shop.partner.code}

    answer = boss.post(ADD, form(**fields))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert ConsentText.objects.filter(circle="main").count() == 1


def test_a_text_about_sharing_names_its_partner(scene: Scene, boss: Client) -> None:
    boss.post(ADD, form(purpose="sharing", party=scene.shop.partner.code))

    assert scene.shop.partner.name in boss.get(LIST).content.decode()


def test_nobody_changes_or_deletes_a_text_not_even_the_superuser(scene: Scene, boss: Client) -> None:
    boss.post(ADD, form())
    text = ConsentText.objects.get(circle="main")

    assert boss.post(f"{LIST}{text.pk}/change/", form(text="Other.")).status_code == 403
    assert boss.post(f"{LIST}{text.pk}/delete/", {"post": "yes"}).status_code == 403
    text.refresh_from_db()
    assert text.text == "D’accord."


@pytest.mark.parametrize(
    ("role", "code"), [("manager", 302), ("operator", 403), ("analyst", 403), ("cashier", 403)]
)
def test_only_managers_write_texts(scene: Scene, enter: Any, role: str, code: int) -> None:
    client = enter(role)
    User.objects.filter(username=role).update(is_staff=True)

    assert client.post(ADD, form()).status_code in ({302} if code == 302 else {302, 403})
    assert ConsentText.objects.filter(circle="main").exists() == (code == 302)
    assert Permission.objects.filter(codename="add_consenttext").exists()


def test_how_often_a_version_was_agreed_to_is_told(scene: Scene, boss: Client) -> None:
    text = consent_texts.current("main", "profiling", "en")
    Consent.objects.create(member=scene.member, purpose="profiling", text=text, granted=True)
    Consent.objects.create(member=scene.member, purpose="profiling", text=text, granted=False)

    page = boss.get(f"{LIST}{text.pk}/change/").content.decode()

    assert "Agreed to, times" in page
