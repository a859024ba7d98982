"""A programme as a file in the back office: taken out, looked at, agreed to, and read in once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice.programmes import file as programme_file
from campaigns.models import Campaign, Revision
from campaigns.programme_file import snapshot
from loyalty.models import Programme, Tier


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:loyalty_programme_{page}", args=args)


def upload(client: Any, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("main.yaml", text.encode())
    return client.post(address("file"), {"file": file, **fields}, follow=True)


def agree(client: Any, page: Any) -> Any:
    return client.post(page.context["agree_address"], follow=True)


def edited(programme: Programme) -> str:
    text = snapshot.export(programme).replace("name: Gold", "name: Golden")
    assert "percent: '5'" in text
    return text.replace("percent: '5'", "percent: '7'", 1)


def test_a_programme_is_taken_out_as_a_file(scene, boss):
    answer = boss.get(address("write_file", scene.shop.programme.pk))

    assert answer.content.decode() == snapshot.export(scene.shop.programme)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="main.yaml"'
    assert boss.get(address("file_schema")).json()["title"] == "a programme of Regulars"


def test_what_would_change_is_shown_before_anything_does(scene, boss):
    page = upload(boss, edited(scene.shop.programme))

    text = page.content.decode()
    assert "Tier “Golden”" in text and "name: Gold → Golden" in text
    assert "Campaign “Base 5%”" in text and "percent of points: 5 → 7" in text
    assert Tier.objects.get(code="gold").name == "Gold"
    assert Revision.objects.filter(campaign=scene.live).count() == 1


def test_what_was_agreed_to_is_done_and_kept_in_the_log(scene, boss):
    page = upload(boss, edited(scene.shop.programme))

    answer = agree(boss, page)

    assert "“Main” is as the file says now: 2 changes." in answer.content.decode()
    assert address("change", scene.shop.programme.pk) in answer.content.decode()
    assert Tier.objects.get(code="gold").name == "Golden"
    assert Revision.objects.filter(campaign=scene.live).count() == 2
    log = LogEntry.objects.get()
    assert (log.object_id, log.get_change_message()) == (
        str(scene.shop.programme.pk),
        "“main.yaml”: 2 changes.",
    )


def test_agreeing_twice_does_it_once(scene, boss):
    page = upload(boss, edited(scene.shop.programme))
    agree(boss, page)

    again = agree(boss, page)

    assert "is as the file says now: 2 changes." in again.content.decode()
    assert LogEntry.objects.count() == 1
    assert Revision.objects.filter(campaign=scene.live).count() == 2


def test_who_was_overtaken_by_somebody_else_looks_again(scene, boss):
    page = upload(boss, edited(scene.shop.programme))
    Tier.objects.filter(code="gold").update(threshold=900)

    again = agree(boss, page)

    assert "Somebody changed the programme meanwhile." in again.content.decode()
    assert "reached at: 900 → 1000" in again.content.decode()
    assert Tier.objects.get(code="gold").name == "Gold"
    agree(boss, again)
    assert Tier.objects.get(code="gold").name == "Golden"


def test_every_mistake_is_shown_with_its_line(scene, boss):
    page = upload(
        boss, "version: 1\nprogramme: {code: main, colour: red}\ntiers: {gold: {threshold: much}}\n"
    )

    text = page.content.decode()
    assert "This file will not do, for 2 reasons." in text
    assert "<code>tiers.gold.threshold</code>" in text and "line 3" in text
    assert page.context["agree_address"] not in text
    assert agree(boss, page).context["upload"].state == "refused"


def test_what_a_file_does_not_name_goes_only_when_that_is_asked_for(scene, boss):
    text = "version: 1\nprogramme: {code: main}\ntiers: {base: {}}\n"

    assert "is as the file says" in upload(boss, text).content.decode()
    page = upload(boss, text, prune="on")
    assert "Tier “Gold”" in page.content.decode()
    agree(boss, page)
    assert not Tier.objects.filter(code="gold").exists()


def test_a_file_of_any_programme_may_bring_a_new_one(scene, boss):
    text = snapshot.export(scene.shop.programme).replace("code: main", "code: twin", 1)

    agree(boss, upload(boss, text))

    assert Campaign.objects.filter(programme__code="twin").count() == 3


@pytest.mark.parametrize(
    ("role", "writes", "reads"), [("manager", 200, 200), ("operator", 200, 403), ("analyst", 403, 403)]
)
def test_reading_a_file_in_takes_all_rights_that_it_uses(scene, enter, role, writes, reads):
    client = enter(role)
    programme = scene.shop.programme

    assert client.get(address("write_file", programme.pk)).status_code == writes
    assert client.get(address("file")).status_code == reads
    assert upload(client, edited(programme)).status_code == reads
    unknown = address("file_agree", "01900000-0000-7000-8000-000000000000")
    assert client.post(unknown).status_code == (404 if reads == 200 else 403)
    shown = client.get(address("change", programme.pk)).content.decode()
    assert ("Write to a file" in shown) is (writes == 200)
    assert ("Read from a file" in shown) is (reads == 200)


def test_titles_are_known_for_every_section() -> None:
    from campaigns.programme_file import layout

    assert set(programme_file.TITLES) == {section.name for section in layout.IN_FILE}
