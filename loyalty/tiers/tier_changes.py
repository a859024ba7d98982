"""The history of members' tiers: the only place that writes it. Each change is a row and an event."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.ledger.passbook import new_id
from loyalty.rules.tiers import Ladder
from members.timeline import events
from members.timeline.events import EventRow


class Because(NamedTuple):
    """Why a tier changes: one of ``TierChange.Why``, and what or who stands behind it."""

    why: str
    receipt_id: UUID | None = None
    user_id: int | None = None
    reason: str = ""
    until: datetime | None = None


class ChangeRow(NamedTuple):
    """A row of ``TierChange``."""

    id: UUID
    member_id: UUID
    programme_id: int
    at: datetime
    recorded_at: datetime
    was: str
    now: str
    up: bool
    why: str
    receipt_id: UUID | None
    user_id: int | None
    reason: str
    until: datetime | None


#: Part of a statement: writes rows given as ``%(tiers)s``.
WRITE = """
tier_rows AS (
  INSERT INTO loyalty_tierchange (id, member_id, programme_id, at, recorded_at, was, now, up, why, receipt_id,
         user_id, reason, until)
  SELECT x.* FROM json_to_recordset(%(tiers)s::json)
      AS x(id uuid, member_id uuid, programme_id bigint, at timestamptz, recorded_at timestamptz, was text,
           now text, up boolean, why text, receipt_id uuid, user_id bigint, reason text,
           until timestamptz))
"""


def row(
    member_id: UUID,
    programme_id: int,
    ladder: Ladder,
    was: int,
    now: int,
    because: Because,
    at: datetime,
    recorded_at: datetime,
) -> ChangeRow:
    """The change from one level of the ladder to another, as of ``at``."""
    before, after = ladder.step(was), ladder.step(now)
    return ChangeRow(
        new_id(), member_id, programme_id, at, recorded_at, before.code if before else "", after.code if after else "",
        now > was, *because,
    )  # fmt: skip


def event(change: ChangeRow, programme: str) -> EventRow:
    """The event of a change: ``tier.reached`` tells of the tier that was reached, ``tier.lost`` of the one lost."""
    kind, tier, other = (
        ("tier.reached", change.now, change.was) if change.up else ("tier.lost", change.was, change.now)
    )
    data = {"tier": tier, "was" if change.up else "now": other, "programme": programme, "why": change.why}
    if change.receipt_id is not None:
        data["receipt"] = str(change.receipt_id)
    return events.new(kind, change.member_id, change.at, change.recorded_at, **data)
