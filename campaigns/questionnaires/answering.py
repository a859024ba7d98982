"""Answering: begun, kept page by page, finished once; then what was said is the member's, and the event is told.

The same functions serve the member in the cabinet and somebody unknown on a page of a form. Who was unknown and
joins on the same browser takes the answers along (``claim``): from then on they are as any member's.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from campaigns.checkout.clashes import retried
from campaigns.models import AnswerPhoto, AnswerSheet, Questionnaire
from campaigns.occasions import occasions
from campaigns.questionnaires import document, states
from campaigns.questionnaires.document import Question
from campaigns.questionnaires.kinds import KINDS, Unreadable
from foundation import photos, prepared
from foundation.refusals import Fault, Invalid, Missing, Refused, TooMany
from foundation.text_files import FileFault
from members import attributes, presence
from members.models import Member
from members.timeline import events

#: How many forms one address may begin without logging in, within how long.
MOST_UNKNOWN, WITHIN = 30, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form sent for some questions: texts by key, and the contents of files by key."""

    texts: Mapping[str, Sequence[str]]
    files: Mapping[str, bytes] = field(default_factory=dict)


def of_member(member: Member, questionnaire: Questionnaire, now: datetime) -> AnswerSheet | None:
    """What the member answered so far, or to the end; None before they began."""
    found = AnswerSheet.objects.select_related("version", "questionnaire__programme")
    return found.filter(member=member, questionnaire=questionnaire).first()


def of_token(token: str, questionnaire: Questionnaire) -> AnswerSheet | None:
    """What was answered on the browser with this token, while nobody knows by whom."""
    if not token:
        return None
    found = AnswerSheet.objects.select_related("version", "questionnaire__programme")
    return found.filter(token=digest(token), questionnaire=questionnaire, member=None).first()


def begin(member: Member, questionnaire: Questionnaire, now: datetime) -> AnswerSheet:
    """The member's answers, begun where they were not. Raises ``Refused`` with ``not_open`` or ``not_for_you``."""
    states.require_open(questionnaire, now)
    if not states.is_for(questionnaire, member):
        raise Refused("not_for_you", _("This questionnaire is for others."))
    version = states.newest(questionnaire)
    sheet, _made = AnswerSheet.objects.get_or_create(
        questionnaire=questionnaire,
        member=member,
        defaults={"version": version, "started_at": now, "saved_at": now, "source": "cabinet"},
    )
    return sheet


def begin_unknown(
    questionnaire: Questionnaire, caller: str, source: str, now: datetime
) -> tuple[AnswerSheet, str]:
    """Answers of somebody unknown, and the token by which their browser goes on with them.

    Raises ``Refused`` with ``not_open``, and ``TooMany`` for an address that begins forms without end; counts under a
    lock of that address.
    """
    states.require_open(questionnaire, now)
    if not questionnaire.for_anyone:
        raise Refused("not_for_you", _("Log in to answer this questionnaire."))
    known_as = salted_hmac("campaigns.questionnaires.caller", caller, algorithm="sha256").hexdigest()
    with transaction.atomic():
        prepared.run(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(caller)s::text, 0))", {"caller": known_as}
        )
        recent = AnswerSheet.objects.filter(caller=known_as, started_at__gt=now - WITHIN)
        if recent.count() >= MOST_UNKNOWN:
            raise TooMany(WITHIN, _("Too many forms were begun from here. Try again in an hour."))
        token = secrets.token_urlsafe(32)
        sheet = AnswerSheet.objects.create(
            questionnaire=questionnaire,
            version=states.newest(questionnaire),
            token=digest(token),
            caller=known_as,
            source=source[:64],
            started_at=now,
            saved_at=now,
        )
    return sheet, token


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def keep(
    sheet_id: UUID, page: Sequence[Question], sent: Sent, now: datetime, *, leave: bool = False
) -> list[Fault]:
    """Keep what was answered on a page, as far as it can be read; what is wrong with the rest, by question.

    With ``leave`` somebody goes on later or back: then nothing is missing yet. Raises ``Refused`` with ``not_open``
    and, for answers that are finished, ``finished``. Locks the answers.
    """
    pictures, faults = _remake(page, sent)
    with transaction.atomic():
        sheet = _lock(sheet_id)
        states.require_open(sheet.questionnaire, now)
        if sheet.finished_at is not None:
            raise Refused("finished", _("You have answered this questionnaire already."))
        answers = dict(sheet.answers)
        for question in document.asked(page, answers):
            if question.key in faults:
                continue
            try:
                answer = _answer(sheet, question, sent, pictures, now)
            except Unreadable as wrong:
                faults[question.key] = Fault(question.key, "invalid", str(wrong))
                continue
            if answer is not None:
                answers[question.key] = answer
            else:
                answers.pop(question.key, None)
                if question.required and not leave:
                    faults[question.key] = missing(question)
        sheet.answers, sheet.saved_at = answers, now
        sheet.save(update_fields=["answers", "saved_at"])
    return [faults[question.key] for question in page if question.key in faults]


def _remake(page: Sequence[Question], sent: Sent) -> tuple[dict[str, bytes], dict[str, Fault]]:
    """The photos that came, made anew before anything is locked; and what is wrong with some."""
    pictures: dict[str, bytes] = {}
    faults: dict[str, Fault] = {}
    for question in page:
        if question.kind == "photo" and question.key in sent.files:
            try:
                pictures[question.key] = photos.remake(sent.files[question.key])
            except FileFault as wrong:
                faults[question.key] = Fault(question.key, "invalid", str(wrong))
    return pictures, faults


def _answer(
    sheet: AnswerSheet, question: Question, sent: Sent, pictures: Mapping[str, bytes], now: datetime
) -> Any:
    """The answer that was sent. A photo that came before stays until another comes or it is taken away."""
    if question.kind != "photo":
        return KINDS[question.kind].read(question, sent.texts.get(question.key, ()))
    if question.key in pictures:
        AnswerPhoto.objects.filter(sheet=sheet, question=question.key).delete()
        made = AnswerPhoto.objects.create(
            sheet=sheet, question=question.key, picture=pictures[question.key], at=now
        )
        return str(made.id)
    if "remove" in sent.texts.get(question.key, ()):
        AnswerPhoto.objects.filter(sheet=sheet, question=question.key).delete()
        return None
    return sheet.answers.get(question.key)


def missing(question: Question) -> Fault:
    """The fault of a question that has to be answered and was not."""
    told = _("Choose an answer.") if question.choices else _("This has to be answered.")
    return Fault(question.key, "required", told)


def finish(sheet_id: UUID, now: datetime) -> AnswerSheet:
    """Finish the answers; a member's are kept as attributes, and campaigns give what they give for it.

    However often and at once it is asked for: one event, of an id that follows from member and questionnaire, and
    so one reward. Raises ``Invalid`` for questions that still have to be answered, ``Refused`` with ``not_open``.
    Locks the answers, the member's row, and their accounts.
    """
    return retried(lambda attempt: _finish(sheet_id, now))


def _finish(sheet_id: UUID, now: datetime) -> AnswerSheet:
    with transaction.atomic():
        sheet = _lock(sheet_id)
        if sheet.finished_at is not None:
            return sheet
        states.require_open(sheet.questionnaire, now)
        questions = document.read(sheet.version.document)
        faults = unanswered(questions, sheet.answers)
        if faults:
            raise Invalid(*faults)
        asked = {question.key for question in document.asked(questions, sheet.answers)}
        sheet.answers = {key: answer for key, answer in sheet.answers.items() if key in asked}
        sheet.finished_at = sheet.saved_at = now
        sheet.photos.exclude(question__in=asked).delete()
        sheet.save(update_fields=["answers", "saved_at", "finished_at"])
        if sheet.member is not None:
            _take_in(sheet, sheet.member, now)
        return sheet


def unanswered(questions: Sequence[Question], answers: Mapping[str, Any]) -> list[Fault]:
    """The questions that are asked, have to be answered, and are not."""
    return [
        missing(question)
        for question in document.asked(questions, answers)
        if question.required and question.key not in answers
    ]


def _take_in(sheet: AnswerSheet, member: Member, now: datetime) -> None:
    """What a finished questionnaire means for its member: attributes, the event, and its reward."""
    if member.status != Member.Status.ACTIVE:
        raise Refused("member_blocked", _("The member is blocked."))
    attributes.change(member.id, known_by(sheet))
    asked_by = sheet.questionnaire
    data = {"programme": asked_by.programme.code, "questionnaire": asked_by.code}
    event = events.record_once(asked_by.occasion, member.id, now, now, key_of(sheet), data)
    if event is not None:
        occasions.reward(member, event, now, [asked_by.programme_id])


def key_of(sheet: AnswerSheet) -> str:
    """By which the event of finishing is known: of one questionnaire and one member there is one."""
    return f"questionnaire:{sheet.questionnaire_id}:{sheet.member_id}"


def known_by(sheet: AnswerSheet) -> dict[str, Any]:
    """The attributes that the answers come to."""
    known = {}
    for question in document.read(sheet.version.document):
        keep_as = KINDS[question.kind].keep
        if question.attribute and keep_as is not None and question.key in sheet.answers:
            known[question.attribute] = keep_as(question, sheet.answers[question.key])
    return known


def claim(token: str, member: Member, programme_id: int, now: datetime) -> AnswerSheet | None:
    """Make what was answered on a browser while nobody knew by whom the member's who joined or logged in there.

    None where there is nothing, or the member has answered the same questionnaire already: then it stays without a
    person. Finished answers bring now what they bring. Locks as ``finish``.
    """
    return retried(lambda attempt: _claim(token, member, programme_id, now))


def _claim(token: str, member: Member, programme_id: int, now: datetime) -> AnswerSheet | None:
    with transaction.atomic():
        found = AnswerSheet.objects.filter(
            token=digest(token), member=None, questionnaire__programme_id=programme_id
        ).values_list("id", flat=True)
        sheet = _lock(found[0]) if found else None
        if sheet is None or sheet.member_id is not None:
            return None
        presence.require(member.pk)
        if not states.is_for(sheet.questionnaire, member):
            return None
        sheet.member, sheet.token, sheet.caller = member, None, ""
        try:
            with transaction.atomic():
                sheet.save(update_fields=["member", "token", "caller"])
        except IntegrityError:  # they have answered it on another browser
            return None
        if sheet.finished_at is not None:
            _take_in(sheet, member, now)
        return sheet


def photo_of(sheet: AnswerSheet, photo_id: UUID) -> bytes:
    """A photo among somebody's answers, as a JPEG. Raises ``Missing``."""
    found = AnswerPhoto.objects.filter(sheet=sheet, id=photo_id).values_list("picture", flat=True).first()
    if found is None:
        raise Missing("photo_not_found", _("There is no such photo."))
    return bytes(found)


def _lock(sheet_id: UUID) -> AnswerSheet:
    rows = AnswerSheet.objects.select_for_update(of=("self",)).filter(id=sheet_id)
    sheet = rows.select_related("version", "questionnaire__programme", "member").first()
    if sheet is None:
        raise Missing("answers_not_found", _("There are no such answers."))
    if sheet.member_id is not None:
        presence.require(sheet.member_id)
    return sheet
