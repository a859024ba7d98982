"""How far campaigns were used by everybody, and in each store: common counters with a limit. The only place
that writes them.

Every sale adds to the same row, so sums are added, never set, and the row holds its limit: a sale that
would go beyond breaks the row's constraint and is judged again with what is there by then. Rows are
written in the order of their keys, so that two sales never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from campaigns.engine.outcome import CommonUse
from campaigns.engine.shopper import CommonSum
from foundation import prepared
from loyalty.ledger import ledger

#: Key and sums: (campaign, key as in ``Shopper.uses``), and (times, points, money).
Key = tuple[int, str]
Sums = tuple[int, Decimal, Decimal]
NONE: Sums = (0, Decimal(0), Decimal(0))


class TallyRow(NamedTuple):
    """What is added to a row of ``Tally``; of one whose sums only go down the limits stay as they are."""

    campaign_id: int
    store_id: int | None
    period: str
    times: int
    points: Decimal
    money: Decimal
    most_times: int | None = None
    most_points: Decimal | None = None
    most_money: Decimal | None = None


#: Part of a statement: adds what is given as ``%(tallies)s``. A lowered limit lets stand what was given before.
#: A return moves sums by a statement of its own (``move``), which no limit stops and which ends at zero; beside that
#: both count the same (``tests/campaigns/checkout/test_tallies.py``).
WRITE = """
tally_rows AS (
  INSERT INTO campaigns_tally AS t (campaign_id, store_id, period, times, points, money,
         most_times, most_points, most_money)
  SELECT x.* FROM json_to_recordset(%(tallies)s::json)
      AS x(campaign_id bigint, store_id bigint, period text, times int, points numeric, money numeric,
           most_times int, most_points numeric, most_money numeric)
   ORDER BY x.campaign_id, x.store_id NULLS FIRST, x.period
  ON CONFLICT (campaign_id, store_id, period) DO UPDATE
     SET times = t.times + EXCLUDED.times, points = t.points + EXCLUDED.points, money = t.money + EXCLUDED.money,
         most_times = EXCLUDED.most_times,
         most_points = CASE WHEN EXCLUDED.points > 0 OR EXCLUDED.most_points IS NULL THEN EXCLUDED.most_points
                            ELSE GREATEST(EXCLUDED.most_points, t.points) END,
         most_money = CASE WHEN EXCLUDED.money > 0 OR EXCLUDED.most_money IS NULL THEN EXCLUDED.most_money
                           ELSE GREATEST(EXCLUDED.most_money, t.money) END)
"""
#: The name of the constraint that holds the limits.
LIMIT = "tally_within_limits"
#: Rows that a difference adds to and that nobody wrote before: without limits, which the next use brings.
_MAKE = """
INSERT INTO campaigns_tally (campaign_id, store_id, period, times, points, money)
SELECT x.campaign_id, x.store_id, x.period, 0, 0, 0
  FROM json_to_recordset(%(rows)s::json) AS x(campaign_id bigint, store_id bigint, period text)
 ORDER BY x.campaign_id, x.store_id NULLS FIRST, x.period
ON CONFLICT (campaign_id, store_id, period) DO NOTHING
"""
#: A row never falls below zero: versions before this one did not count what a return brought to a row that was not
#: there, and goods whose purchase is in the books can always come back.
_MOVE = """
UPDATE campaigns_tally t
   SET times = GREATEST(t.times + x.times, 0), points = GREATEST(t.points + x.points, 0),
       money = GREATEST(t.money + x.money, 0),
       most_times = CASE WHEN x.times > 0 AND t.most_times < t.times + x.times THEN t.times + x.times
                         ELSE t.most_times END,
       most_points = CASE WHEN x.points > 0 AND t.most_points < t.points + x.points THEN t.points + x.points
                          ELSE t.most_points END,
       most_money = CASE WHEN x.money > 0 AND t.most_money < t.money + x.money THEN t.money + x.money
                         ELSE t.most_money END
  FROM json_to_recordset(%(rows)s::json)
    AS x(campaign_id bigint, store_id bigint, period text, times int, points numeric, money numeric)
 WHERE t.campaign_id = x.campaign_id AND t.store_id IS NOT DISTINCT FROM x.store_id AND t.period = x.period
"""
_LOCK = """
SELECT id FROM campaigns_tally WHERE campaign_id = ANY(%(campaigns)s::bigint[])
 ORDER BY campaign_id, store_id NULLS FIRST, period FOR UPDATE
"""
_READ_LOCKED = """
SELECT campaign_id, store_id, period, times, points, money FROM campaigns_tally
 WHERE campaign_id = ANY(%(campaigns)s::bigint[])
 ORDER BY campaign_id, store_id NULLS FIRST, period FOR UPDATE
"""


def mapped(
    stored: Iterable[tuple[int, int | None, str, int, Decimal, Decimal]],
) -> dict[tuple[int, str], CommonSum]:
    """Stored tallies of one store, by campaign and key."""
    return {
        (campaign, f"{'c' if store is None else 's'}:{period}"): CommonSum(times, points, money)
        for campaign, store, period, times, points, money in stored
    }


def rows(added: Sequence[CommonUse], store_id: int) -> list[TallyRow]:
    """The rows to write for what an outcome adds."""
    return [
        TallyRow(one.campaign_id, *_place(one.key, store_id), *one[2:])  # type: ignore[arg-type]
        for one in sorted(added, key=lambda t: t[:2])
    ]


def difference(now: Mapping[Key, Sums], before: Mapping[Key, Sums], store_id: int) -> list[TallyRow]:
    """What changes when one outcome takes the place of another."""
    changes = []
    for campaign, key in sorted({*now, *before}):
        new, old = now.get((campaign, key), NONE), before.get((campaign, key), NONE)
        if new != old:
            moved = (new[0] - old[0], new[1] - old[1], new[2] - old[2])
            store, period = _place(key, store_id)
            changes.append(TallyRow(campaign, store, period, *moved))
    return changes


def move(changes: Sequence[TallyRow]) -> None:
    """Write a difference. What a return adds (another campaign gives now) counts, even beyond the limit:
    when the purchase was made there was room for it. It counts where nobody has used the campaign before, too.

    Must run in a transaction. Locks the rows of the campaigns, in the order of their keys.
    """
    new = [row for row in changes if row.times > 0 or row.points > 0 or row.money > 0]
    if new:
        prepared.run(_MAKE, {"rows": ledger.encode([row._asdict() for row in new])})
    if changes:
        prepared.run(_LOCK, {"campaigns": sorted({row.campaign_id for row in changes})})
        prepared.run(_MOVE, {"rows": ledger.encode([row._asdict() for row in changes])})


def write(added: Sequence[TallyRow]) -> None:
    """Write rows by themselves. Must run in a transaction."""
    if added:
        prepared.run(
            f"WITH {WRITE} SELECT 1 AS done", {"tallies": ledger.encode([row._asdict() for row in added])}
        )


def _place(key: str, store_id: int) -> tuple[int | None, str]:
    """The store and the period of a key."""
    kind, _, period = key.partition(":")
    return (store_id if kind == "s" else None), period


def added_up(added: Iterable[TallyRow]) -> list[TallyRow]:
    """Rows with the same key as one; the limits are those of the last."""
    sums: dict[tuple[int, int, str], TallyRow] = {}
    for row in added:
        name = (row.campaign_id, row.store_id or 0, row.period)
        if name in sums:
            was = sums[name]
            row = row._replace(
                times=was.times + row.times, points=was.points + row.points, money=was.money + row.money
            )
        sums[name] = row
    return [sums[name] for name in sorted(sums)]


def lock(campaigns: Iterable[int]) -> list[tuple[int, int | None, str, int, Decimal, Decimal]]:
    """Lock and read the rows of some campaigns. Must run in a transaction."""
    ids = sorted(set(campaigns))
    if not ids:
        return []
    found = prepared.run(_READ_LOCKED, {"campaigns": ids})
    return [tuple(row.values()) for row in found]  # type: ignore[misc]
