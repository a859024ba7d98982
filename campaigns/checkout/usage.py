"""How far members used limited campaigns, and counted towards every nth purchase. The only place that writes it.

Guarded, like facts, by the version of the member's account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from campaigns.engine.counters import PROGRESS as PROGRESS
from campaigns.engine.outcome import Outcome
from campaigns.engine.promises import PREFIX as PROMISE
from campaigns.engine.shopper import MemberSum
from campaigns.models import Usage
from foundation import prepared
from loyalty.ledger import ledger
from loyalty.rules.basket import Moment

Key = tuple[int, str]
Used = MemberSum
_NONE = Used(0, Decimal(0))


class UsageRow(NamedTuple):
    """A row of ``Usage``."""

    member_id: UUID
    campaign_id: int
    period: str
    times: int
    points: Decimal


#: Part of a statement: writes what ``rows`` gives as ``%(usage)s``.
WRITE = """
usage_rows AS (
  INSERT INTO campaigns_usage AS u (member_id, campaign_id, period, times, points)
  SELECT x.* FROM json_to_recordset(%(usage)s::json)
      AS x(member_id uuid, campaign_id bigint, period text, times int, points numeric)
  ON CONFLICT (member_id, campaign_id, period) DO UPDATE
     SET times = EXCLUDED.times, points = EXCLUDED.points)
"""


def increments(outcome: Outcome) -> dict[Key, Used]:
    """What an outcome adds to the member's use of campaigns."""
    added: dict[Key, Used] = {}
    for use in outcome.uses:
        times, points = added.get((use.campaign_id, use.period), _NONE)
        added[use.campaign_id, use.period] = Used(times + use.times, points + use.points)
    for progress in outcome.progress:
        if progress.increment:
            added[progress.campaign_id, progress.key] = Used(progress.increment, Decimal(0))
    return added


def difference(now: Mapping[Key, Used], before: Mapping[Key, Used]) -> dict[Key, Used]:
    """What changes when one outcome takes the place of another."""
    changes = {}
    for key in {*now, *before}:
        times, points = now.get(key, _NONE)
        was_times, was_points = before.get(key, _NONE)
        if (times, points) != (was_times, was_points):
            changes[key] = Used(times - was_times, points - was_points)
    return changes


def rows(member_id: UUID, used: Mapping[Key, Used], changes: Mapping[Key, Used]) -> list[UsageRow]:
    """The rows to write: what was used so far, moved by the changes."""
    written = []
    for key, (times, points) in changes.items():
        before = used.get(key, _NONE)
        written.append(UsageRow(member_id, key[0], key[1], before.times + times, before.points + points))
    return written


def move(member_id: UUID, changes: Mapping[Key, Used]) -> None:
    """Move a member's use of limits and counters. Runs under the lock of the member's account."""
    if not changes:
        return
    stored = Usage.objects.filter(
        member_id=member_id, campaign_id__in={campaign for campaign, _period in changes}
    )
    used = {(row.campaign_id, row.period): Used(row.times, row.points) for row in stored}
    write(rows(member_id, used, changes))


def write(written: list[UsageRow]) -> None:
    """Write rows by themselves. Runs under the lock of the member's account."""
    if written:
        document = ledger.encode([row._asdict() for row in written])
        prepared.run(f"WITH {WRITE} SELECT 1 AS done", {"usage": document})


def mapped(stored: Iterable[tuple[int, str, int, Decimal]]) -> dict[Key, Used]:
    """Stored usage by campaign and key."""
    return {(campaign_id, period): Used(times, points) for campaign_id, period, times, points in stored}


def split(used: Mapping[Key, Used]) -> tuple[dict[Key, Used], dict[int, int]]:
    """Usage as the engine reads it: uses by key, and progress by campaign."""
    uses = {key: counted for key, counted in used.items() if key[1] != PROGRESS}
    progress = {
        campaign_id: counted.times for (campaign_id, period), counted in used.items() if period == PROGRESS
    }
    return uses, progress


def first_promise(moment: Moment) -> str:
    """The key of the promises that end on this day; those that end later follow it."""
    return f"{PROMISE}{moment.in_programme:%Y%m%d}"
