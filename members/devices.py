"""Browsers and phones on which a member is logged in: opened after a proof, seen, listed, ended.

Members are not users of the back office, so these are not Django's sessions. The token is random, lives in a cookie,
and only its digest is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from members.lookup import rotating
from members.models import ConsentText, Device, Member, Purpose

#: A device that nobody used for so long is forgotten.
LIFE = timedelta(days=180)
#: When somebody was last there is written down once in so long.
NOTED_EVERY = timedelta(minutes=10)
#: Part of a statement: what ``in_use`` says of the device ``d`` at ``%(now)s``; ``%(life)s`` is ``LIFE``.
IN_USE = "d.ended_at IS NULL AND d.seen_at > %(now)s::timestamptz - %(life)s::interval"
#: The same of what ``find`` asks of texts: one that may ask for a consent was written since none was to be asked for.
OUTDATED = """EXISTS (
  SELECT 1 FROM members_consenttext t WHERE (t.ask_again OR t.purpose = 'sharing') AND t.circle IN (d.circle, '')
     AND t.since > d.settled_at)"""
#: How many numbers are tried for a new device.
TRIES = 20


def open_on(member: Member, circle: str, name: str, now: datetime, *, asked: bool = True) -> str:
    """Log the member in on a device, in the cabinet of the programme ``circle``. Returns the token.

    ``asked`` says that every consent was answered as far as is known; else it is looked for first.
    """
    token = secrets.token_urlsafe(32)
    device = {"member": member, "circle": circle, "name": name, "created_at": now, "seen_at": now,
              "settled_at": now if asked else None}  # fmt: skip
    for _try in range(TRIES):
        # ten digits are few enough that a million phones meet now and then: then another number
        _row, made = Device.objects.get_or_create(
            number=rotating.make_number(), defaults={"digest": digest(token), **device}
        )
        if made:
            return token
    raise RuntimeError("No number is free for another device.")


def find(token: str, circle: str, now: datetime) -> Device | None:
    """The device of that token, with its member, while both are in use. Notes that it was seen.

    ``outdated`` on it says whether a text that may ask for a consent was written since none was to be asked for.
    """
    if not token:
        return None
    asking = Q(ask_again=True) | Q(purpose=Purpose.SHARING)
    newer = ConsentText.objects.filter(asking, circle__in=(circle, ""), since__gt=OuterRef("settled_at"))
    found = in_use(now).filter(digest=digest(token), circle=circle).annotate(outdated=Exists(newer))
    device = found.select_related("member").first()
    if device is not None:
        note_seen(device, now)
    return device


def note_seen(device: Device, now: datetime) -> None:
    """Write down that somebody was there, once in a while."""
    if is_back(device, now):
        Device.objects.filter(id=device.id, seen_at__lt=now).update(seen_at=now)


def is_back(device: Device, now: datetime) -> bool:
    """Whether the device was found after it was not seen for a while: then its login is put off."""
    return device.seen_at < now - NOTED_EVERY


def in_use(now: datetime) -> QuerySet[Device]:
    """Devices that are logged in, of active members."""
    alive = Device.objects.filter(ended_at=None, seen_at__gt=now - LIFE)
    return alive.filter(member__status=Member.Status.ACTIVE)


def end_at(token: str, now: datetime) -> None:
    """Log out whoever was logged in with that token: another member takes the device over."""
    if token:
        Device.objects.filter(digest=digest(token), ended_at=None).update(ended_at=now)


def end(member: Member, now: datetime, *, device_id: UUID | None = None, but: UUID | None = None) -> int:
    """Log the member out: on one device, or on all, or on all ``but`` one. Returns on how many."""
    wanted = Device.objects.filter(member=member, ended_at=None)
    if device_id is not None:
        wanted = wanted.filter(id=device_id)
    if but is not None:
        wanted = wanted.exclude(id=but)
    return wanted.update(ended_at=now)


def digest(token: str) -> str:
    """What is kept of a token. Tokens are long and random, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()
