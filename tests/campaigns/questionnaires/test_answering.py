"""Answers of members and of people unknown: kept page by page, finished once, theirs from then on."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from campaigns.models import AnswerPhoto, AnswerSheet, EventReward, Questionnaire
from campaigns.questionnaires import answering, document, forgetting, states
from campaigns.questionnaires.answering import Sent
from foundation.refusals import Invalid, Refused, TooMany
from loyalty.models import Account, Transfer
from members.erasure import door
from members.models import Event, Member
from tests import factories
from tests.factories import START, Shop
from tests.questions import EVERY_KIND, bonus, opened, question

NOW = START + timedelta(days=1)


@pytest.fixture
def shop(db: None) -> Shop:
    shop = factories.open_shop(code="club")
    factories.publish_campaign(shop.programme, bonus(), code="ask", name="Thanks for answering")
    return shop


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, first_name="Anna")


def jpeg(size: tuple[int, int] = (40, 20), **notes: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", **notes)
    return out.getvalue()


def say(sheet: AnswerSheet, *, leave: bool = False, files: Any = None, **texts: Any) -> list[Any]:
    """Send answers to all questions at once; what is wrong, as (question, code)."""
    questions = document.read(sheet.version.document)
    lists = {key: text if isinstance(text, list) else [text] for key, text in texts.items()}
    faults = answering.keep(sheet.id, questions, Sent(lists, files or {}), NOW, leave=leave)
    return [(fault.field, fault.code) for fault in faults]


def balance(member: Member) -> Any:
    return Account.objects.get(holders__member=member).balance


def test_answers_of_every_kind_are_kept_and_become_attributes_that_campaigns_compare(
    shop: Shop, anna: Member
) -> None:
    pets = opened(shop.programme, *EVERY_KIND)
    sheet = answering.begin(anna, pets, NOW)
    assert say(sheet, pet="dog", leave=True) == []

    wrong = say(
        sheet, pet="dog", breed="Beagle", likes=["cake", "coffee"], mood="4", wedding="2019-05-31", kids="2,5",
        files={"photo": jpeg()},
    )  # fmt: skip

    assert wrong == []
    done = answering.finish(sheet.id, NOW)
    anna.refresh_from_db()
    assert anna.attributes == {
        "pet": "Dog", "breed": "Beagle", "likes": ["Coffee", "Cake"], "mood": 4, "wedding": "2019-05-31", "kids": 2.5,
    }  # fmt: skip
    assert done.answers["photo"] == str(AnswerPhoto.objects.get().id)
    assert balance(anna) == 50


def test_the_bonus_is_given_once_and_named_by_its_campaign(shop: Shop, anna: Member) -> None:
    sheet = answering.begin(anna, opened(shop.programme), NOW)
    say(sheet, name="Rex")

    for _again in range(3):
        answering.finish(sheet.id, NOW)

    [event] = Event.objects.filter(kind="questionnaire.finished")
    assert event.data == {"programme": "club", "questionnaire": "pets"}
    [gift] = Transfer.objects.filter(reason="questionnaire.finished")
    assert gift.revision is not None
    assert gift.revision.name == "Thanks for answering"
    assert EventReward.objects.count() == 1


def test_a_bonus_may_be_for_one_questionnaire_or_for_the_profile(shop: Shop, anna: Member) -> None:
    only: dict[str, Any] = {"if": {"condition": "event_data", "key": "questionnaire", "is": "second"}}
    factories.publish_campaign(shop.programme, bonus(points="7", **only), code="second", name="Second")
    factories.publish_campaign(
        shop.programme, bonus("profile.completed", "900"), code="profile", name="Profile"
    )
    for code, occasion, has in (("first", "questionnaire.finished", 50), ("second", "questionnaire.finished", 107),
                                ("third", "profile.completed", 1007)):  # fmt: skip
        sheet = answering.begin(anna, opened(shop.programme, code=code, occasion=occasion), NOW)
        say(sheet, name="Rex")
        answering.finish(sheet.id, NOW)
        assert balance(anna) == has


def test_what_must_be_answered_is_asked_for_and_what_is_not_asked_is_dropped(
    shop: Shop, anna: Member
) -> None:
    sheet = answering.begin(anna, opened(shop.programme, *EVERY_KIND), NOW)
    assert say(sheet, pet="dog", mood="9") == [("mood", "invalid")]
    with pytest.raises(Invalid) as refused:
        answering.finish(sheet.id, NOW)
    assert [fault.field for fault in refused.value.faults] == ["breed", "mood"]

    assert say(sheet, pet="dog", breed="Beagle", mood="5") == []
    assert (
        say(sheet, pet="cat", breed="Beagle", mood="5") == []
    )  # another answer: the breed is not asked any more
    done = answering.finish(sheet.id, NOW)

    assert done.answers == {"pet": "cat", "mood": 5}
    anna.refresh_from_db()
    assert anna.attributes == {"pet": "Cat", "mood": 5}


def test_whoever_goes_on_later_finds_what_was_said_and_nothing_is_missing_yet(
    shop: Shop, anna: Member
) -> None:
    pets = opened(shop.programme, *EVERY_KIND)
    assert say(answering.begin(anna, pets, NOW), pet="cat", leave=True) == []

    again = answering.begin(anna, pets, NOW + timedelta(days=3))

    assert again.answers == {"pet": "cat"}
    assert AnswerSheet.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "typed"),
    [("pet", "mouse"), ("likes", "beer"), ("mood", "0"), ("mood", "2.5"), ("wedding", "31st of May"),
     ("wedding", "0001-01-01"), ("wedding", "2026-02-30"), ("kids", "two"), ("kids", "21"), ("kids", "1e3"),
     ("kids", "NaN"), ("breed", "x" * 2001), ("breed", "a\0b")],
)  # fmt: skip
def test_what_is_no_answer_is_told_at_its_question(shop: Shop, anna: Member, key: str, typed: str) -> None:
    sheet = answering.begin(anna, opened(shop.programme, *EVERY_KIND), NOW)
    say(sheet, pet="dog", leave=True)

    assert say(sheet, leave=True, **{"pet": "dog", key: typed}) == [(key, "invalid")]


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg onload=alert(1)>", jpeg()[:200], b"\xff" * 11_000_000]
)
def test_a_file_that_is_no_photo_is_told_and_the_rest_is_kept(
    shop: Shop, anna: Member, content: bytes
) -> None:
    sheet = answering.begin(anna, opened(shop.programme, *EVERY_KIND), NOW)

    assert say(sheet, pet="cat", mood="3", files={"photo": content}) == [("photo", "invalid")]
    sheet.refresh_from_db()
    assert sheet.answers == {"pet": "cat", "mood": 3}


def test_a_photo_is_made_anew_and_another_takes_its_place(shop: Shop, anna: Member) -> None:
    sheet = answering.begin(anna, opened(shop.programme, *EVERY_KIND), NOW)
    notes = Image.Exif()
    notes[0x010F] = "Camera of Anna"
    say(sheet, files={"photo": jpeg((4000, 3000), exif=notes)}, leave=True)
    say(sheet, files={"photo": jpeg((4000, 3000), exif=notes)}, leave=True)

    kept = bytes(AnswerPhoto.objects.get().picture)
    assert b"Camera" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (1600, 1200), {})
    say(sheet, photo="remove", leave=True)
    assert not AnswerPhoto.objects.exists()


def test_other_questions_are_another_version_and_who_had_begun_goes_on_with_theirs(
    shop: Shop, anna: Member
) -> None:
    pets = opened(shop.programme, question("name", required=True))
    begun = answering.begin(anna, pets, NOW)
    Questionnaire.objects.update(draft={"version": 1, "questions": [question("age", "number")]})

    states.publish(pets.pk, NOW)

    bob = factories.enrol(shop.programme)
    assert [answering.begin(one, pets, NOW).version.number for one in (anna, bob)] == [1, 2]
    assert begun.version.document["questions"][0]["key"] == "name"
    with pytest.raises(DatabaseError), transaction.atomic():
        pets.versions.filter(number=1).update(document={})


def test_finished_answers_do_not_change_not_even_in_the_database(shop: Shop, anna: Member) -> None:
    sheet = answering.begin(anna, opened(shop.programme), NOW)
    say(sheet, name="Rex")
    answering.finish(sheet.id, NOW)

    with pytest.raises(Refused) as refused:
        say(sheet, name="Max")
    assert refused.value.code == "finished"
    changes: list[dict[str, Any]] = [{"answers": {}}, {"finished_at": None}, {"member": None}]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            AnswerSheet.objects.filter(id=sheet.id).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AnswerSheet.objects.filter(id=sheet.id).delete()


def test_who_it_is_for_and_when(shop: Shop, anna: Member) -> None:
    segment = factories.SegmentFactory(programme=shop.programme)
    pets = opened(
        shop.programme, segment=segment, opens_at=NOW - timedelta(hours=1), closes_at=NOW + timedelta(hours=1)
    )
    with pytest.raises(Refused) as refused:
        answering.begin(anna, pets, NOW)
    assert refused.value.code == "not_for_you"
    segment.memberships.create(member=anna, added_at=NOW)
    sheet = answering.begin(anna, pets, NOW)
    say(sheet, name="Rex")

    for at in (NOW - timedelta(hours=2), NOW + timedelta(hours=1)):
        with pytest.raises(Refused):
            answering.begin(anna, pets, at)
        with pytest.raises(Refused):
            answering.finish(sheet.id, at)
    states.close(pets.pk)
    with pytest.raises(Refused):
        answering.finish(sheet.id, NOW)


def test_the_first_page_names_the_first_of_those_that_wait(shop: Shop, anna: Member) -> None:
    segment = factories.SegmentFactory(programme=shop.programme)
    hour = timedelta(hours=1)
    first = opened(shop.programme, code="first", name="First", closes_at=NOW + hour)
    opened(shop.programme, code="mine", name="Mine", segment=segment, closes_at=NOW + 2 * hour)
    opened(shop.programme, code="early", name="Early", opens_at=NOW + 3 * hour)
    opened(shop.programme, code="late", name="Late", closes_at=NOW)
    opened(factories.open_shop(code="other").programme, code="away", name="Away", closes_at=NOW + hour)
    opened(shop.programme, code="always", name="Always")
    opened(shop.programme, code="newer", name="Newer")

    def waits(at: datetime = NOW) -> str | None:
        listed = states.waiting(anna, shop.programme.pk, at).values_list("name", flat=True)
        assert states.next_waiting(anna, shop.programme.pk, at) == listed.first()
        return listed.first()

    sheet = answering.begin(anna, first, NOW)
    assert waits() == "First"
    say(sheet, name="Rex")
    answering.finish(sheet.id, NOW)
    assert waits() == "Newer"
    segment.memberships.create(member=anna, added_at=NOW)
    assert waits() == "Mine"
    assert waits(NOW + 2 * hour) == "Newer"
    assert waits(NOW + 3 * hour) == "Newer"
    Questionnaire.objects.exclude(code="early").update(state="closed")
    assert waits() is None
    assert waits(NOW + 3 * hour) == "Early"


def test_a_form_is_answered_by_somebody_unknown_who_joins_and_takes_it_along(shop: Shop) -> None:
    form = opened(shop.programme, question("name", required=True, attribute="dog"), for_anyone=True)
    sheet, token = answering.begin_unknown(form, "10.0.0.1", "spring", NOW)
    say(sheet, name="Rex")
    answering.finish(sheet.id, NOW)
    assert not Event.objects.filter(kind="questionnaire.finished").exists()

    anna, bob = factories.enrol(shop.programme), factories.enrol(shop.programme)
    assert answering.claim("another", anna, shop.programme.pk, NOW) is None
    for _again in range(2):
        answering.claim(token, anna, shop.programme.pk, NOW)
    assert answering.claim(token, bob, shop.programme.pk, NOW) is None

    anna.refresh_from_db()
    assert (anna.attributes, balance(anna), balance(bob)) == ({"dog": "Rex"}, 50, 0)
    sheet.refresh_from_db()
    assert (sheet.member, sheet.source) == (anna, "spring")


def test_a_form_answered_again_by_somebody_who_has_answered_stays_without_a_person(
    shop: Shop, anna: Member
) -> None:
    form = opened(shop.programme, for_anyone=True)
    own = answering.begin(anna, form, NOW)
    say(own, name="Rex")
    answering.finish(own.id, NOW)
    sheet, token = answering.begin_unknown(form, "10.0.0.1", "", NOW)
    say(sheet, name="Max")
    answering.finish(sheet.id, NOW)

    assert answering.claim(token, anna, shop.programme.pk, NOW) is None
    sheet.refresh_from_db()
    assert sheet.member is None
    assert balance(anna) == 50


def test_nobody_begins_forms_without_end_and_none_that_is_for_members(shop: Shop) -> None:
    form = opened(shop.programme, for_anyone=True)
    for _each in range(answering.MOST_UNKNOWN):
        answering.begin_unknown(form, "10.0.0.1", "", NOW)
    with pytest.raises(TooMany):
        answering.begin_unknown(form, "10.0.0.1", "", NOW)
    answering.begin_unknown(form, "10.0.0.2", "", NOW)
    with pytest.raises(Refused):
        answering.begin_unknown(opened(shop.programme, code="own"), "10.0.0.3", "", NOW)


def test_an_erasure_empties_the_answers_and_deletes_the_photos(shop: Shop, anna: Member) -> None:
    sheet = answering.begin(anna, opened(shop.programme, *EVERY_KIND), NOW)
    say(sheet, pet="cat", mood="3", files={"photo": jpeg()})
    answering.finish(sheet.id, NOW)
    with pytest.raises(RuntimeError):
        forgetting.forget(anna.id)

    with transaction.atomic():
        door.open_for(anna.id, "", NOW)
        forgetting.forget(anna.id)

    sheet.refresh_from_db()
    assert (sheet.answers, sheet.finished_at) == ({}, NOW)
    assert not AnswerPhoto.objects.exists()
