"""One-time codes: they confirm a redemption, or say who stands at the till. Only their digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F

from members.models import Code

LIFE = timedelta(minutes=10)
MOST_ATTEMPTS = 5


def digest(code: str) -> str:
    """What is kept of a code."""
    return hmac.new(settings.SECRET_KEY.encode(), code.encode(), hashlib.sha256).hexdigest()


def issue(member_id: UUID, purpose: str, now: datetime, places: int = 6) -> str:
    """Make a code of decimal digits; earlier ones of the same purpose no longer count. Returns it, to be sent."""
    Code.objects.filter(member_id=member_id, purpose=purpose, used_at=None).update(used_at=now)
    code = f"{secrets.randbelow(10**places):0{places}d}"
    Code.objects.create(
        member_id=member_id, purpose=purpose, digest=digest(code), created_at=now, expires_at=now + LIFE
    )
    return code


def use(member_id: UUID, code: str, now: datetime) -> bool:
    """Use up a code that confirms a redemption; only one of any number at once succeeds."""
    alive = Code.objects.filter(
        member_id=member_id,
        purpose=Code.Purpose.REDEEM,
        digest=digest(code),
        used_at=None,
        expires_at__gte=now,
        attempts__lt=MOST_ATTEMPTS,
    )
    return alive.update(used_at=now) == 1


def count_wrong(member_id: UUID, now: datetime) -> None:
    """Count a wrong code against the codes that are out: after a few they no longer count."""
    Code.objects.filter(
        member_id=member_id, purpose=Code.Purpose.REDEEM, used_at=None, expires_at__gte=now
    ).update(attempts=F("attempts") + 1)
