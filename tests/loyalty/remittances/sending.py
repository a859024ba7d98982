"""Points that are sent without the pages: what was approved, and the sending itself."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.models import Holder, Programme, Remittance
from loyalty.remittances import bounds, remittances
from loyalty.rules import remitting
from members.models import Member, new_id
from tests import factories

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def open_programme(**fields: Any) -> Programme:
    """A programme in which members may send points to each other."""
    return factories.ProgrammeFactory(**{"transfers": True, "country": "DE", **fields})


def holder(member: Member) -> Holder:
    """The member's right in the account, as a page has it."""
    return Holder.objects.select_related("account", "programme", "member").get(member=member)


def approved(
    sender: Member, receiver: Member, points: str, now: datetime = NOW, note: str = ""
) -> Remittance:
    """What the sender wants to send, as it is once the code was right."""
    mine = holder(sender)
    fee = remitting.fee(Decimal(points), bounds.terms_of(mine.programme))
    return Remittance.objects.create(
        key=new_id(), member=sender, account=mine.account, phone=receiver.phone or "", receiver=receiver,
        points=Decimal(points), fee=fee, note=note, asked_at=now, proved_at=now,
    )  # fmt: skip


def send(sender: Member, receiver: Member, points: str, now: datetime = NOW, note: str = "") -> Remittance:
    """Send points that the sender approved."""
    return remittances.carry_out(approved(sender, receiver, points, now, note).id, sender, now)
