"""What else is known of a member is typed in rows; nobody writes JSON."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from backoffice import attributes
from backoffice.staff import roles
from members.models import Member


@pytest.mark.parametrize(
    "value",
    [
        "", "tea", "007", "42", "1.50", "yes", "нет", '"quoted"', "[1", "{}", " spaced ", "null", "1e999", "9" * 30,
        0, 42, -1.5, True, False, None, [], ["a", 1], {"of": {"coffee": [1, 2]}}, 2**62, "\ud800",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_shown_of_a_value_is_read_as_that_value_again(value: object, language: str) -> None:
    with translation.override(language):
        again = attributes.read(attributes.write(value))
    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tea", "tea"),
        (" 42 ", 42),
        ("4.5", 4.5),
        ("ДА", True),
        ("нет", False),
        ('"42"', "42"),
        ("[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_typed_as_people_write(typed: str, meant: object) -> None:
    with translation.override("ru"):
        assert attributes.read(typed) == meant


def rows(member: Member, *pairs: tuple[str, str]) -> dict[str, object]:
    return {
        "first_name": member.first_name, "middle_name": "", "last_name": member.last_name, "phone": member.phone or "",
        "email": "", "birthday": "", "gender": "", "language": "en", "referred_by": "", "status": "active",
        "cards-TOTAL_FORMS": "0", "cards-INITIAL_FORMS": "0",
        "attributes-name": [name for name, _value in pairs], "attributes-value": [value for _name, value in pairs],
    }  # fmt: skip


def test_rows_are_saved_and_shown_again_and_a_form_without_them_changes_nothing(scene, boss):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    typed = rows(scene.member, ("diet", "vegan"), ("children", "2"), ("", ""), ("dog", "yes"))
    assert boss.post(address, typed).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.attributes == {"diet": "vegan", "children": 2, "dog": True}
    page = boss.get(address).content.decode()
    assert 'value="vegan"' in page
    assert 'value="yes"' in page

    without = {name: value for name, value in typed.items() if not name.startswith("attributes")}
    assert boss.post(address, without).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.attributes == {"diet": "vegan", "children": 2, "dog": True}
    boss.post(address, rows(scene.member, ("", "")))
    scene.member.refresh_from_db()
    assert scene.member.attributes == {}


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("diet", "vegan"), ("diet", "all")], "“diet” is there twice."),
        ([("", "vegan")], "“vegan” has no name."),
        ([("diet", "[" * 200 + "]" * 200)], "At most 8 levels"),
        ([("diet", "[" * 100_000)], "At most 8 levels"),
        ([("diet", "[[[[[[[[[1]]]]]]]]]")], "At most 8 levels"),
        ([("diet", "x" * 20_000)], "bytes of JSON"),
        ([("diet", '{"a": "\\u0000"}')], "U+0000"),
    ],
)
def test_rows_that_will_not_do_are_refused_beside_them_and_shown_again(scene, boss, pairs, told):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    before = Member.objects.values_list("attributes", flat=True).get(pk=scene.member.pk)
    answer = boss.post(address, rows(scene.member, ("seat", "window"), *pairs))
    assert answer.status_code == 200
    assert told in str(answer.context["adminform"].form.errors["attributes"])
    assert 'value="window"' in answer.content.decode()
    assert Member.objects.values_list("attributes", flat=True).get(pk=scene.member.pk) == before


@pytest.mark.parametrize("text", ["1e999", "NaN", "9" * 5000, '"\\ud800"', "[1e999]"])
def test_what_no_column_of_json_holds_is_a_text_like_any_other(scene, boss, text):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    assert boss.post(address, rows(scene.member, ("odd", text))).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.attributes == {"odd": text}


def test_who_only_looks_reads_attributes_in_words(scene, enter):
    Member.objects.filter(pk=scene.member.pk).update(attributes={"diet": "vegan", "dog": True})
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    page = enter(roles.ANALYST).get(address, headers={"Accept-Language": "ru"}).content.decode()
    assert "diet: vegan" in page
    assert "dog: да" in page
