"""Requests for help: asked, taken, answered, rated, closed. The one writer of them and of what is said in them.

Every function that changes a request locks its row; asking locks the member's, so that the day's limit holds for
parallel forms too. A form that comes twice under one key does what it does once, and is refused with other words.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation import photos
from foundation.refusals import Conflict, Fault, Invalid, Missing, Refused, TooMany
from foundation.text_files import FileFault
from loyalty.models import Account, Programme, Receipt, Transfer
from members import presence
from members.models import Member
from messaging.models import HelpMessage, HelpPhoto, HelpRequest

Status, Told = HelpRequest.Status, HelpMessage.Told
#: Letters of a message; messages that one member writes in a day, first ones included.
MOST_LETTERS, MOST_A_DAY = 2000, 30
DAY = timedelta(days=1)
BEST = 5


class About(NamedTuple):
    """The amount that a request is about, if it is about one."""

    receipt: Receipt | None = None
    position: int | None = None
    movement: Transfer | None = None


class Written(NamedTuple):
    """What somebody wrote, under the key of their form; a photo as the bytes that were sent."""

    key: UUID
    text: str
    photo: bytes | None = None


def about(
    account: Account, receipt: UUID | None = None, movement: UUID | None = None, position: int | None = None
) -> About:
    """What a request of an account's holder may be about. Raises ``Missing`` for what is not the account's."""
    found, moved = None, None
    if receipt is not None:
        bought = Receipt.objects.filter(id=receipt, account_id=account.id).select_related("store")
        found = bought.defer("outcome", "shopper").first()
        known = position is None or (found is not None and found.lines.filter(position=position).exists())
        if found is None or not known:
            raise Missing("receipt_not_found", _("There is no such receipt."))
    if movement is not None:
        moved = Transfer.objects.filter(id=movement).first()
        if moved is None or account.id not in (moved.source_id, moved.target_id):
            raise Missing("movement_not_found", _("There is no such movement of points."))
    return About(found, position if found else None, moved)


def ask(member: Member, programme: Programme, written: Written, what: About, now: datetime) -> HelpRequest:
    """Ask for help. Sent twice, it is one request.

    Raises ``Invalid`` for ``text`` or ``photo``, ``TooMany`` above the day's limit, and ``Conflict``.
    """
    text = _text(written)
    if (earlier := _asked(member, written, text)) is not None:
        return earlier
    _require_room(member, now)
    picture = _picture(written)
    with transaction.atomic():
        _lock(member)
        if (earlier := _asked(member, written, text)) is not None:
            return earlier
        _require_room(member, now)
        request = HelpRequest.objects.create(
            member=member,
            programme=programme,
            key=written.key,
            receipt=what.receipt,
            position=what.position,
            movement=what.movement,
            opened_at=now,
            changed_at=now,
        )
        _say(request, written.key, text, picture, now)
    return request


def say(request: HelpRequest, written: Written, now: datetime) -> None:
    """Add what the member says to a request, which then waits for staff again. Sent twice, it is said once.

    Raises ``Invalid``, ``TooMany``, ``Conflict``, and ``Refused`` with ``closed``.
    """
    text = _text(written)
    if _said(request, written, text, by_member=True):
        return
    _require_room(request.member, now)
    picture = _picture(written)
    with transaction.atomic():
        _lock(request.member)
        row = _locked(request.id)
        if _said(row, written, text, by_member=True):
            return
        _require_room(request.member, now)
        _require_open(row)
        _say(row, written.key, text, picture, now)
        _move(row, Status.IN_WORK if row.taken_by_id else Status.NEW, now)


def take(request_id: UUID, user_id: int, now: datetime) -> bool:
    """Take a request in hand. False when a colleague has it, who keeps it. Raises ``Refused`` with ``closed``."""
    with transaction.atomic():
        row = _locked(request_id)
        _require_open(row)
        if row.taken_by_id not in (None, user_id):
            return False
        row.taken_by_id = user_id
        _move(row, Status.IN_WORK if row.status == Status.NEW else row.status, now)
    return True


def answer(request_id: UUID, written: Written, user_id: int | None, now: datetime) -> HelpMessage:
    """Answer a request; ``telling`` lets the member know. Sent twice, it is one answer.

    Raises ``Invalid``, ``Conflict``, and ``Refused`` with ``closed``.
    """
    text = _text(written)
    with transaction.atomic():
        row = _locked(request_id)
        if _said(row, written, text, by_member=False):
            return row.said.get(key=written.key)
        _require_open(row)
        message = HelpMessage.objects.create(
            request=row,
            key=written.key,
            by_member=False,
            user_id=user_id,
            text=text,
            at=now,
            told=Told.WAITING,
        )
        row.taken_by_id = row.taken_by_id or user_id
        row.answered_at = now
        _move(row, Status.ANSWERED, now)
    return message


def close(request_id: UUID, now: datetime) -> None:
    """Close a request, by whoever asked or answers. A closed one stays so."""
    with transaction.atomic():
        row = _locked(request_id)
        if row.status != Status.CLOSED:
            _move(row, Status.CLOSED, now)


def rate(request_id: UUID, stars: int, now: datetime) -> None:
    """Rate the answer, from 1 to 5; the last word counts. Raises ``Invalid`` and ``Refused`` with ``not_answered``."""
    if not 1 <= stars <= BEST:
        raise Invalid(Fault("rating", "out_of_range", _("Choose from one to five.")))
    with transaction.atomic():
        row = _locked(request_id)
        if row.answered_at is None:
            raise Refused("not_answered", _("There is no answer yet that could be rated."))
        row.rating = stars
        _move(row, row.status, now)


def of_member(member: Member, programme: Programme) -> QuerySet[HelpRequest]:
    """What a member asked in a programme, the newest first."""
    found = HelpRequest.objects.filter(member=member, programme=programme)
    return found.select_related("receipt__store", "movement").defer("receipt__outcome", "receipt__shopper")


def find(member: Member, programme: Programme, request_id: UUID) -> HelpRequest:
    """One of the member's requests. Raises ``Missing`` for others'."""
    row = of_member(member, programme).filter(id=request_id).first()
    if row is None:
        raise Missing("request_not_found", _("There is no such request."))
    return row


def photo(request: HelpRequest, message_id: int) -> bytes:
    """The photo of one of the request's messages: a JPEG. Raises ``Missing``."""
    row = HelpPhoto.objects.filter(message_id=message_id, message__request=request).first()
    if row is None:
        raise Missing("photo_not_found", _("There is no such photo."))
    return bytes(row.content)


def forget(member_id: UUID, programme_id: int | None = None) -> None:
    """Empty what was said in a member's requests, of one programme or of all, and delete the photos. The rows stay:
    how many there were and how long they took is nobody's secret."""
    theirs = HelpMessage.objects.filter(request__member_id=member_id)
    if programme_id is not None:
        theirs = theirs.filter(request__programme_id=programme_id)
    HelpPhoto.objects.filter(message__in=theirs).delete()
    theirs.update(text="")


def _text(written: Written) -> str:
    text = "\n".join(written.text.split("\r\n")).strip()
    if not text:
        raise Invalid(Fault("text", "required", _("Write what it is about.")))
    if len(text) > MOST_LETTERS:
        told = _("At most %(most)s characters; these are %(count)s.")
        raise Invalid(Fault("text", "too_long", told % {"most": MOST_LETTERS, "count": len(text)}))
    return text


def _picture(written: Written) -> bytes | None:
    """The photo, made anew."""
    if not written.photo:
        return None
    try:
        return photos.remake(written.photo)
    except FileFault as fault:
        raise Invalid(Fault("photo", "no_photo", str(fault))) from fault


def _asked(member: Member, written: Written, text: str) -> HelpRequest | None:
    """The request that the same form asked before."""
    earlier = HelpRequest.objects.filter(member=member, key=written.key).first()
    if earlier is not None:
        _said(earlier, written, text, by_member=True)
    return earlier


def _said(request: HelpRequest, written: Written, text: str, *, by_member: bool) -> bool:
    """Whether the same form said the same before. Raises ``Conflict`` when it said something else."""
    earlier = HelpMessage.objects.filter(request_id=request.id, key=written.key).first()
    if earlier is not None and (earlier.text, earlier.by_member) != (text, by_member):
        raise Conflict(
            "idempotency_conflict", _("This form was sent before, with other words: open the page again.")
        )
    return earlier is not None


def _require_room(member: Member, now: datetime) -> None:
    today = HelpMessage.objects.filter(request__member=member, by_member=True, at__gt=now - DAY)
    if today.count() >= MOST_A_DAY:
        raise TooMany(DAY, _("You wrote a lot today: we answer that first. Write again tomorrow."))


def _require_open(row: HelpRequest) -> None:
    if row.status == Status.CLOSED:
        raise Refused("closed", _("This request is closed: ask a new one."))


def _lock(member: Member) -> None:
    """Let one form of a member be taken in at a time. Purchases do not wait for it. Raises ``Gone``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"help:{member.id}"])
    presence.require(member.id)


def _locked(request_id: UUID) -> HelpRequest:
    row = HelpRequest.objects.select_for_update().filter(id=request_id).first()
    if row is None:
        raise Missing("request_not_found", _("There is no such request."))
    return row


def _say(request: HelpRequest, key: UUID, text: str, picture: bytes | None, now: datetime) -> None:
    message = HelpMessage.objects.create(request=request, key=key, by_member=True, text=text, at=now)
    if picture is not None:
        HelpPhoto.objects.create(message=message, content=picture)


def _move(row: HelpRequest, status: str, now: datetime) -> None:
    row.status, row.changed_at = status, now
    row.save(update_fields=["status", "changed_at", "taken_by", "answered_at", "rating"])
