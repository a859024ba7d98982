"""One-time codes that a member shows instead of a card: long, random, short-lived."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from members.lookup.lookup import digest
from members.models import Code, Member

LIFE = timedelta(minutes=10)
#: Enough that nobody meets a living one by guessing: one in a billion for a thousand living codes.
DIGITS = 12


def issue(member: Member, now: datetime) -> str:
    """A new code by which the member is found until ``LIFE`` is over. Only its digest is kept."""
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    Code.objects.create(
        member=member,
        purpose=Code.Purpose.IDENTIFY,
        digest=digest(code),
        created_at=now,
        expires_at=now + LIFE,
    )
    return code
