"""Questionnaires in the back office: built with buttons, opened, read, and taken out as a table without formulas."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from backoffice.staff import roles
from campaigns.models import AnswerPhoto, AnswerSheet, Questionnaire
from campaigns.questionnaires import answering, document, drafting
from campaigns.questionnaires.answering import Sent
from members.models import Member
from tests import factories
from tests.factories import START, Shop
from tests.questions import EVERY_KIND, opened, question

NOW = START + timedelta(days=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return factories.open_shop(code="club", name="The Club")


def page(row: Questionnaire, name: str, **query: str) -> str:
    return reverse(f"admin:campaigns_questionnaire_{name}", args=[row.pk], query=query)


def sent(row: Questionnaire, **changes: Any) -> dict[str, Any]:
    """What the builder's form sends of the draft as it stands, with changes."""
    row.refresh_from_db()
    form: dict[str, Any] = {"seen": drafting.mark(row), "question": []}
    for one in row.draft.get("questions", ()):
        form["question"].append(one["key"])
        for name, value in one.items():
            if name == "options":
                form[f"{one['key']}.option"] = [option["key"] for option in value]
                form |= {f"{one['key']}.option.{option['key']}": option["text"] for option in value}
            elif name != "key":
                form[f"{one['key']}.{name}"] = value if not isinstance(value, bool) else "1"
    return form | changes


def keys(row: Questionnaire) -> list[str]:
    row.refresh_from_db()
    return [one["key"] for one in row.draft["questions"]]


def test_a_shop_owner_builds_one_with_buttons_and_opens_it(shop: Shop, boss: Client) -> None:
    made = boss.post(
        reverse("admin:campaigns_questionnaire_add"),
        {
            "name": "Your pets",
            "code": "pets",
            "programme": shop.programme.pk,
            "occasion": "questionnaire.finished",
        },
    )
    row = Questionnaire.objects.get()
    at = page(row, "builder")
    assert made["Location"] == at

    boss.post(at, sent(row, act="add:one"))
    boss.post(at, sent(row, act="add:text"))
    pet, breed = keys(row)
    dog, cat = (option["key"] for option in row.draft["questions"][0]["options"])
    words = {f"{pet}.text": "Which pet?", f"{pet}.option.{dog}": "Dog", f"{pet}.option.{cat}": "Cat",
             f"{breed}.text": "Which breed?", f"{breed}.after": pet, f"{breed}.answers": [dog],
             f"{pet}.required": "1", f"{pet}.attribute": "pet"}  # fmt: skip
    boss.post(at, sent(row, **words))
    shown = boss.get(at).content.decode()
    assert "Which breed?" in shown
    preview = boss.get(page(row, "preview"))
    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "Only after “Dog” to “Which pet?”" in preview.content.decode()

    boss.post(reverse("admin:campaigns_questionnaire_move", args=[row.pk, "open"]))
    row.refresh_from_db()
    assert row.state == "open"
    assert row.versions.get().document == row.draft


def test_questions_and_answers_are_moved_copied_and_taken_away(shop: Shop, boss: Client) -> None:
    row = opened(shop.programme, *EVERY_KIND[:3])
    at = page(row, "builder")

    boss.post(at, sent(row, act="down:pet"))
    assert keys(row) == ["breed", "pet", "likes"]
    boss.post(at, sent(row, act="up:breed"))  # the first cannot go higher
    boss.post(at, sent(row, act="copy:pet"))
    first, second, copied, last = keys(row)
    assert (first, second, last) == ("breed", "pet", "likes")
    assert row.draft["questions"][2]["text"] == "Which pet lives with you?"
    assert "attribute" not in row.draft["questions"][2]
    boss.post(at, sent(row, act=f"remove:{copied}"))
    boss.post(at, sent(row, act="down:likes:coffee"))
    boss.post(at, sent(row, act="remove:likes:cake"))
    boss.post(at, sent(row, act="add-option:likes"))
    assert [option["text"] for option in row.__class__.objects.get().draft["questions"][2]["options"]] == [
        "Tea", "Coffee", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([], "Add a question"),
        ([question("a", text=" ")], "Write what is asked"),
        ([question("a", "one", "Pick", "Only")], "at least two answers"),
        ([question("a", "many", "Pick", "Tea", "tea ")], "the same"),
        ([question("a", "scale", "Rate", least="0", most="11")], "A scale goes"),
        ([question("a", "scale", "Rate", least="1.5", most="5")], "A scale goes"),
        ([question("a", "number", "How many?", least="5", most="5")], "below the most"),
        ([question("a", attribute="домашний")], "Latin letters"),
        ([question("a", attribute="x"), question("b", attribute="x")], "already"),
        (
            [question("b", after="a", answers=["tea"]), question("a", "one", "Pick", "Tea", "Cake")],
            "come before",
        ),
        ([question("a"), question("b", after="a", answers=["x"])], "no answers to choose from"),
        ([question("a", "one", "Pick", "Tea", "Cake"), question("b", after="a")], "Choose the answers after"),
        (
            [
                question("a", "one", "Pick", "Tea", "Cake"),
                question("b", "one", "Pick", "Tea", "Cake", after="a", answers=["tea"]),
                question("c", after="b", answers=["tea"]),
            ],
            "only one step",
        ),
        ([question("a", text="x" * 301)], "At most 300"),
    ],
)
def test_what_cannot_be_asked_is_told_and_not_opened(
    shop: Shop, boss: Client, questions: list[Any], said: str
) -> None:
    row = Questionnaire.objects.create(
        programme=shop.programme, code="q", name="Q", draft={"version": 1, "questions": questions}
    )

    assert said in boss.get(page(row, "builder")).content.decode()
    answer = boss.post(reverse("admin:campaigns_questionnaire_move", args=[row.pk, "open"]), follow=True)

    row.refresh_from_db()
    assert (row.state, row.versions.count()) == ("draft", 0)
    assert said in answer.content.decode()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(shop: Shop, boss: Client) -> None:
    row = opened(shop.programme)
    mine = sent(row, **{"name.text": "Mine"})
    boss.post(page(row, "builder"), sent(row, **{"name.text": "Theirs"}))

    answer = boss.post(page(row, "builder"), mine, headers={"HX-Request": "true", "HX-Target": "beside"})

    row.refresh_from_db()
    assert row.draft["questions"][0]["text"] == "Theirs"
    assert "Somebody else changed" in answer.content.decode()


def test_a_changed_questionnaire_is_asked_as_it_was_until_it_is_opened_again(
    shop: Shop, boss: Client
) -> None:
    row = opened(shop.programme)
    boss.post(page(row, "builder"), sent(row, **{"name.text": "Another"}))
    assert "were changed since" in boss.get(page(row, "builder")).content.decode()
    assert row.versions.get().document["questions"][0]["text"] == "Which name?"

    boss.post(reverse("admin:campaigns_questionnaire_move", args=[row.pk, "open"]))
    boss.post(reverse("admin:campaigns_questionnaire_move", args=[row.pk, "close"]))

    row.refresh_from_db()
    assert [row.state, row.versions.count()] == ["closed", 2]


@pytest.fixture
def answered(shop: Shop) -> Questionnaire:
    """Three answers: two of members, one of somebody unknown."""
    row = opened(shop.programme, *EVERY_KIND, for_anyone=True)
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    said: list[tuple[str, dict[str, list[str]]]] = [
        (
            "Anna",
            {
                "pet": ["dog"],
                "breed": ["=HYPERLINK(1)"],
                "likes": ["tea", "cake"],
                "mood": ["5"],
                "kids": ["2"],
            },
        ),
        (
            "@Bob",
            {"pet": ["cat"], "likes": ["tea"], "mood": ["2"], "wedding": ["2020-05-31"], "kids": ["-0"]},
        ),
        ("", {"pet": ["dog"], "breed": ["Beagle"], "mood": ["4"], "kids": ["1"]}),
    ]
    for name, texts in said:
        if name:
            sheet = answering.begin(factories.enrol(shop.programme, first_name=name, last_name=""), row, NOW)
        else:
            sheet, _token = answering.begin_unknown(row, "10.0.0.1", "spring", NOW)
        questions = document.read(sheet.version.document)
        for _each in range(2):  # what depends on an answer is kept once that one is
            answering.keep(sheet.id, questions, Sent(texts, {"photo": out.getvalue()}), NOW, leave=True)
        answering.finish(sheet.id, NOW)
    return row


def test_results_count_average_and_filter(answered: Questionnaire, boss: Client) -> None:
    def counts(**query: str) -> dict[str, Any]:
        results = boss.get(page(answered, "answers", **query)).context["results"]
        told = {one["question"].key: one for one in results}
        pet = [(chosen.text, chosen.times, chosen.percent) for chosen in told["pet"]["chosen"]]
        return {"pet": pet, "mood": told["mood"]["average"], "kids": told["kids"]["average"]}

    whole = counts()
    assert whole["pet"] == [("Dog", 2, 67), ("Cat", 1, 33), ("None", 0, 0)]
    assert (round(whole["mood"], 2), whole["kids"]) == (Decimal("3.67"), 1)
    assert counts(who="unknown")["pet"] == [("Dog", 1, 100), ("Cat", 0, 0), ("None", 0, 0)]
    assert counts(source="spring")["mood"] == 4
    assert counts(chose="mood:2")["pet"] == [("Dog", 0, 0), ("Cat", 1, 100), ("None", 0, 0)]
    assert counts(chose="likes:cake")["mood"] == 5
    assert counts(since=f"{NOW + timedelta(days=2):%Y-%m-%d}")["mood"] is None
    for nonsense in (
        {"since": "31"},
        {"version": "99"},
        {"chose": "x:y"},
        {"chose": "mood:x"},
        {"source": "nowhere"},
    ):
        assert boss.get(page(answered, "answers", **nonsense)).status_code == 200


def test_the_table_holds_every_answer_and_no_formula(answered: Questionnaire, boss: Client) -> None:
    answer = boss.get(page(answered, "export", who="members"))

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2
    anna = next(row for row in rows if row["first_name"] == "Anna")
    assert anna["Which breed?"] == "'=HYPERLINK(1)"
    assert anna["What do you like?"] == "Tea, Cake"
    assert {row["first_name"] for row in rows} == {"Anna", "'@Bob"}


def test_who_may_see_and_take_out_what_people_answered(answered: Questionnaire, enter: Any) -> None:
    roles.create()
    picture = reverse(
        "admin:campaigns_questionnaire_photo", args=[answered.pk, AnswerPhoto.objects.all()[0].id]
    )
    seen = {
        role: [
            enter(role).get(at).status_code
            for at in (
                page(answered, "answers"),
                page(answered, "export"),
                picture,
                page(answered, "builder"),
            )
        ]
        for role in (roles.MANAGER, roles.OPERATOR, roles.ANALYST, roles.CASHIER)
    }
    assert seen == {
        roles.MANAGER: [200, 200, 200, 200],
        roles.OPERATOR: [200, 403, 200, 200],
        roles.ANALYST: [200, 200, 200, 200],
        roles.CASHIER: [403, 403, 403, 403],
    }
    for role in (roles.OPERATOR, roles.ANALYST):
        client = enter(role)
        assert client.post(page(answered, "builder"), sent(answered)).status_code == 403
        assert (
            client.post(
                reverse("admin:campaigns_questionnaire_move", args=[answered.pk, "close"])
            ).status_code
            == 403
        )


def test_a_photo_of_another_questionnaire_is_not_under_this_one(
    answered: Questionnaire, boss: Client
) -> None:
    other = opened(answered.programme, code="other")
    photo = AnswerPhoto.objects.all()[0]

    assert (
        boss.get(reverse("admin:campaigns_questionnaire_photo", args=[answered.pk, photo.id])).status_code
        == 200
    )
    assert (
        boss.get(reverse("admin:campaigns_questionnaire_photo", args=[other.pk, photo.id])).status_code == 404
    )


def test_the_page_of_a_member_keeps_the_attributes_that_a_questionnaire_wrote_meanwhile(
    shop: Shop, boss: Client
) -> None:
    anna = factories.enrol(shop.programme, first_name="Anna", attributes={"old": "1", "size": "M"})
    at = reverse("admin:members_member_change", args=[anna.pk])
    form = boss.get(at).context["adminform"].form
    assert form.initial["attributes"] == {"old": "1", "size": "M"}

    typed = {"first_name": "Anna", "status": "active", "language": "en", "attributes-name": ["size"],
             "attributes-value": ["L"], "cards-TOTAL_FORMS": "0", "cards-INITIAL_FORMS": "0"}  # fmt: skip
    boss.post(at, typed)

    assert Member.objects.get(pk=anna.pk).attributes == {"size": "L"}
    assert AnswerSheet.objects.count() == 0
