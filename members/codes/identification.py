"""Codes that a member shows instead of a card: long, random and short-lived ones, and the changing one on the screen.

Either says that the member is there. It names them while it lives; as a proof by which points are spent without a
further code it works once (RFC 6238, section 5.2): whoever looked over a shoulder comes too late.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from members.lookup import rotating
from members.lookup.lookup import digest
from members.models import Code, Device, Member

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


def is_proof(member_id: UUID, code: str, now: datetime) -> bool:
    """Whether ``use`` would take the code now. Changes nothing."""
    return _devices(member_id, code, now)[0].exists() or _codes(member_id, code, now).exists()


def use(member_id: UUID, code: str, now: datetime) -> bool:
    """Use up a code that says that the member is there. Must run in the transaction of what it is the proof for.

    False for a code that is over, somebody else's, or was used: of two at once, one wins. Locks the device's row, or
    the code's.
    """
    devices, step = _devices(member_id, code, now)
    return devices.update(spent_step=step) == 1 or _codes(member_id, code, now).update(used_at=now) == 1


def _devices(member_id: UUID, code: str, now: datetime) -> tuple[QuerySet[Device], int]:
    """The member's device that shows the code, unless it or a newer one of it was used; and the code's step."""
    proof = rotating.proof(code, now)
    if proof is None:
        return Device.objects.none(), 0
    fresh = Device.objects.filter(Q(spent_step=None) | Q(spent_step__lt=proof.step))
    return fresh.filter(number=proof.number, member_id=member_id, ended_at=None), proof.step


def _codes(member_id: UUID, code: str, now: datetime) -> QuerySet[Code]:
    return Code.objects.filter(
        member_id=member_id, digest=digest(code.strip()), purpose=Code.Purpose.IDENTIFY, used_at=None,
        expires_at__gte=now,
    )  # fmt: skip
