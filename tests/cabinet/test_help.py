"""Help: asking with a receipt or a photo, following the request, the answer, its rating; and nobody else's requests."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from foundation import photos
from foundation.refusals import Invalid, Refused, TooMany
from loyalty.models import Programme, Receipt, Transfer
from members import consents
from members.consents import Said
from members.models import Member, Purpose
from messaging.helpdesk import requests, telling
from messaging.helpdesk.requests import About, Written
from messaging.models import HelpMessage, HelpPhoto, HelpRequest
from tests import factories
from tests.cabinet import post
from tests.cabinet.post import Sent
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.races.selling import sell

HELP, ASK = "/cabinet/club/help/", "/cabinet/club/help/ask/"
NOW = datetime.now(UTC)


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


@pytest.fixture
def other(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 50, phone="+4915100000002", first_name="Boris")


def asked(member: Member, text: str = "Where are my points?", **more: Any) -> HelpRequest:
    written = Written(uuid4(), text, more.pop("photo", None))
    return requests.ask(member, Programme.objects.get(), written, About(), more.get("now", NOW))


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **how)
    return out.getvalue()


def snapped() -> bytes:
    """A photo with a camera's notes: where it was made, and that the camera lay on its side."""
    notes = Image.Exif()
    notes[0x010E] = "my kitchen table"
    notes[0x0112] = 6
    notes.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return picture(exif=notes)


# From end to end


def test_a_request_about_a_receipt_goes_its_way_from_question_to_rating(
    shop: Shop, anna: Member, client: Client, sent: list[Sent]
) -> None:
    sell(anna, "0042")
    receipt, browser = Receipt.objects.get(), log_in(anna)
    page = browser.get(f"/cabinet/club/history/{receipt.id}/").content.decode()
    link = re.search(r'href="([^"]+ask/\?receipt=[^"]+)">Does an amount look wrong', page)
    assert link is not None
    form = browser.get(link[1]).content.decode()
    assert "receipt 0042" in form

    photo = SimpleUploadedFile("receipt.jpg", snapped(), "image/jpeg")
    answer = browser.post(link[1], {"text": "I expected more.", "photo": photo, "key": str(uuid4())})
    row = HelpRequest.objects.get()
    assert answer["Location"] == f"{HELP}{row.id}/"
    assert (row.receipt, row.status, row.member) == (receipt, "new", anna)

    operator = factories.UserFactory(is_staff=True, is_superuser=True)
    client.force_login(operator)
    base = f"/admin/messaging/helprequest/{row.id}"
    page = client.get(f"{base}/change/").content.decode()
    assert "I expected more." in page
    assert client.get(re.search(r'<img src="([^"]+photo[^"]+)"', page)[1]).content[:2] == b"\xff\xd8"  # type: ignore[index]
    client.post(f"{base}/answer/", {"do": "take"})
    assert "in work" in browser.get(HELP).content.decode()
    data = {"key": str(uuid4()), "text": "You are right: five more."}
    for _twice in range(2):
        assert client.post(f"{base}/answer/", data).status_code == 302

    telling.tell_answers(lambda: NOW)
    telling.tell_answers(lambda: NOW)
    assert [(one.kind, one.to) for one in sent] == [("sms", "+4915112345678")]
    assert "five more" not in sent[0].text
    page = browser.get(f"{HELP}{row.id}/").content.decode()
    assert page.count("You are right: five more.") == 1
    assert browser.post(f"{HELP}{row.id}/rate/", {"rating": "5"}).status_code == 302
    browser.post(f"{HELP}{row.id}/close/")
    row.refresh_from_db()
    assert (row.status, row.rating, row.taken_by) == ("closed", 5, operator)
    assert "Say more" not in browser.get(f"{HELP}{row.id}/").content.decode()


def test_a_movement_and_a_line_come_along_where_they_are_asked_about(shop: Shop, anna: Member) -> None:
    sell(anna, 1)
    moved, receipt, browser = Transfer.objects.first(), Receipt.objects.get(), log_in(anna)
    assert moved is not None
    history = browser.get("/cabinet/club/history/").content.decode()
    assert f"{ASK}?movement={moved.id}" in history
    lines = browser.get(f"/cabinet/club/history/{receipt.id}/").content.decode()
    assert f"{ASK}?receipt={receipt.id}&amp;line=1" in lines

    for query in (f"movement={moved.id}", f"receipt={receipt.id}&line=1"):
        assert browser.post(f"{ASK}?{query}", {"text": "Why?", "key": str(uuid4())}).status_code == 302
    line, movement = HelpRequest.objects.order_by("-id")

    assert (movement.movement, movement.receipt) == (moved, None)
    assert (line.receipt, line.position) == (receipt, 1)
    assert "Tea" in browser.get(f"{HELP}{line.id}/").content.decode()


# Whose they are


def test_no_other_members_receipt_movement_or_request_is_within_reach(
    shop: Shop, anna: Member, other: Member
) -> None:
    sell(other, 1)
    receipt, row = Receipt.objects.get(), asked(other, photo=picture())
    moved = Transfer.objects.filter(target__holders__member=other).first()
    message, browser = row.said.get(), log_in(anna)
    assert moved is not None

    for query in (f"receipt={receipt.id}", f"movement={moved.id}", "receipt=x", "movement=1", "line=9"):
        wrong = browser.get(f"{ASK}?{query}")
        assert wrong.status_code == (200 if query == "line=9" else 404), query
    assert browser.get(f"{HELP}{row.id}/").status_code == 404
    assert browser.get(f"{HELP}{row.id}/photo/{message.id}/").status_code == 404
    for path in ("rate/", "close/", ""):
        assert browser.post(f"{HELP}{row.id}/{path}", {"rating": "1", "text": "mine"}).status_code == 404
    mine = asked(anna)
    assert browser.get(f"{HELP}{mine.id}/photo/{message.id}/").status_code == 404
    row.refresh_from_db()
    assert (row.status, row.said.count()) == ("new", 1)


def test_a_photo_is_served_to_its_owner_as_a_picture_that_nothing_else_can_be_made_of(anna: Member) -> None:
    row = asked(anna, photo=snapped())
    answer = log_in(anna).get(f"{HELP}{row.id}/photo/{row.said.get().id}/")

    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert 'filename="photo.jpg"' in answer["Content-Disposition"]


def test_staff_without_the_right_read_and_answer_nothing(anna: Member, client: Client) -> None:
    row = asked(anna, photo=picture())
    analyst = factories.UserFactory(is_staff=True)
    client.force_login(analyst)
    base = f"/admin/messaging/helprequest/{row.id}"

    for path in (
        f"{base}/change/",
        f"{base}/answer/",
        f"/admin/messaging/helprequest/{row.id}/photo/{row.said.get().id}/",
    ):
        assert client.get(path).status_code in (302, 403), path
    assert client.post(f"{base}/answer/", {"do": "close"}).status_code in (302, 403)
    assert HelpRequest.objects.get().status == "new"


# Photos


def test_what_is_kept_of_a_photo_is_a_picture_without_a_cameras_notes(anna: Member) -> None:
    sent_ = snapped()
    assert b"kitchen" in sent_

    row = asked(anna, photo=sent_)

    kept = requests.photo(row, row.said.get().id)
    assert b"kitchen" not in kept
    with Image.open(io.BytesIO(kept)) as found:
        assert (found.format, found.size) == ("JPEG", (30, 40))  # upright
        assert not found.getexif()


@pytest.mark.parametrize(
    "file",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff\xe0 not really",
        picture()[:200],
        picture("GIF"),
        b"%PDF-1.7",
    ],
    ids=["svg", "html", "head of a jpeg", "cut off", "gif", "pdf"],
)
def test_what_is_no_photo_is_refused_beside_its_field_and_the_text_stays(anna: Member, file: bytes) -> None:
    upload = SimpleUploadedFile("x.jpg", file, "image/jpeg")
    answer = log_in(anna).post(ASK, {"text": "Look at this", "photo": upload, "key": str(uuid4())})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "This is no photo that can be read" in page
    assert "Look at this</textarea>" in page
    assert not HelpRequest.objects.exists()


def test_a_picture_with_a_page_behind_it_keeps_the_picture_alone(anna: Member) -> None:
    row = asked(anna, photo=picture("PNG") + b"<script>alert(1)</script>")

    assert b"script" not in requests.photo(row, row.said.get().id)


def test_a_photo_above_the_limit_is_refused_by_its_size_alone(
    anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MOST_BYTES", 1000)

    with pytest.raises(Invalid) as refused:
        asked(anna, photo=b"x" * 1001)

    assert refused.value.faults[0].field == "photo"


# Texts, and doing it twice


@pytest.mark.parametrize("text", ["", "   \r\n ", "x" * 2001])
def test_no_text_or_too_much_of_it_is_said_beside_the_field(anna: Member, text: str) -> None:
    answer = log_in(anna).post(ASK, {"text": text, "key": str(uuid4())})

    assert answer.status_code == 422
    assert 'id="text-fault"' in answer.content.decode()
    assert not HelpRequest.objects.exists()


def test_what_members_write_is_shown_as_text(anna: Member) -> None:
    row = asked(anna, "<script>alert(1)</script> & more")

    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"
        in log_in(anna).get(f"{HELP}{row.id}/").content.decode()
    )


def test_the_same_form_twice_asks_once_and_says_once_and_with_other_words_is_refused(anna: Member) -> None:
    browser, form = log_in(anna), {"text": "Why?", "key": str(uuid4())}
    places = {browser.post(ASK, form)["Location"] for _twice in range(2)}
    (page,) = places
    more = {"text": "And why?", "key": str(uuid4())}
    for _twice in range(2):
        browser.post(page, more)

    assert [one.text for one in HelpMessage.objects.order_by("id")] == ["Why?", "And why?"]
    for path, changed in ((ASK, form), (page, more)):
        answer = browser.post(path, changed | {"text": "Something else"})
        assert answer.status_code == 422
        assert "with other words" in answer.content.decode()
    assert HelpMessage.objects.count() == 2


def test_a_day_has_room_for_so_many_messages(anna: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_A_DAY", 2)
    row = asked(anna)
    requests.say(row, Written(uuid4(), "more"), NOW)

    with pytest.raises(TooMany):
        asked(anna, now=NOW)
    with pytest.raises(TooMany):
        requests.say(row, Written(uuid4(), "even more"), NOW)
    asked(anna, now=NOW + timedelta(days=1, seconds=1))


# States


def test_what_a_member_adds_has_a_request_wait_again_with_who_has_it(anna: Member) -> None:
    operator, row = factories.UserFactory(), asked(anna)
    requests.answer(row.id, Written(uuid4(), "So."), operator.pk, NOW)
    requests.say(row, Written(uuid4(), "And?"), NOW)

    row.refresh_from_db()
    assert (row.status, row.taken_by) == ("in_work", operator)


def test_a_colleague_keeps_what_they_took(anna: Member) -> None:
    first, second = factories.UserFactory(), factories.UserFactory()
    row = asked(anna)

    assert requests.take(row.id, first.pk, NOW)
    assert requests.take(row.id, first.pk, NOW)
    assert not requests.take(row.id, second.pk, NOW)


def test_a_closed_request_takes_no_more_words_and_one_without_an_answer_no_rating(anna: Member) -> None:
    row = asked(anna)
    with pytest.raises(Refused, match="no answer"):
        requests.rate(row.id, 5, NOW)
    requests.close(row.id, NOW)

    for speak in (
        lambda: requests.say(row, Written(uuid4(), "more"), NOW),
        lambda: requests.answer(row.id, Written(uuid4(), "late"), None, NOW),
        lambda: requests.take(row.id, factories.UserFactory().pk, NOW),
    ):
        with pytest.raises(Refused, match="closed"):
            speak()


@pytest.mark.parametrize("rating", ["", "0", "6", "-1", "five", "1" * 5000, "٣"])
def test_a_rating_is_from_one_to_five(anna: Member, rating: str) -> None:
    row = asked(anna)
    requests.answer(row.id, Written(uuid4(), "So."), None, NOW)

    answer = log_in(anna).post(f"{HELP}{row.id}/rate/", {"rating": rating})

    assert answer.status_code == 422
    assert "Choose from one to five." in answer.content.decode()


# Telling of an answer


def answered(member: Member) -> HelpMessage:
    return requests.answer(asked(member).id, Written(uuid4(), "So it is."), None, NOW)


def test_members_are_told_of_an_answer_by_mail_where_they_have_it_in_their_language(
    anna: Member, sent: list[Sent]
) -> None:
    Member.objects.filter(id=anna.id).update(email="anna@example.com", language="ru")
    message = answered(anna)

    assert telling.tell_answers(lambda: NOW) == 1
    assert (sent[0].kind, sent[0].to) == ("email", "anna@example.com")
    assert "на ваш вопрос есть ответ" in sent[0].text
    message.refresh_from_db()
    assert message.told == "sent"


@pytest.mark.parametrize("why", ["withdrew", "blocked", "erased"])
def test_who_does_not_take_part_any_more_is_told_nothing(anna: Member, sent: list[Sent], why: str) -> None:
    message = answered(anna)
    if why == "withdrew":
        consents.write(anna, [Said(Purpose.PROCESSING, False)], NOW, "desk", {})
    elif why == "blocked":
        Member.objects.filter(id=anna.id).update(status=Member.Status.BLOCKED)
    else:
        factories.erase(anna)

    assert telling.tell_answers(lambda: NOW) == 0
    message.refresh_from_db()
    assert (sent, message.told) == ([], "nobody")


def test_an_answer_whose_message_fails_is_tried_for_a_day(
    anna: Member, sent: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    post.DEAD.add("+4915112345678")
    message = answered(anna)

    telling.tell_answers(lambda: NOW)
    message.refresh_from_db()
    assert message.told == "waiting"
    telling.tell_answers(lambda: NOW + timedelta(days=1))
    message.refresh_from_db()
    assert message.told == "failed"


def test_erasure_empties_what_was_said_and_deletes_the_photos(anna: Member, other: Member) -> None:
    asked(anna, "my secret", photo=picture())
    asked(other, "theirs", photo=picture())

    requests.forget(anna.id)

    assert sorted(HelpMessage.objects.values_list("text", flat=True)) == ["", "theirs"]
    assert HelpPhoto.objects.get().message.request.member == other
