"""Labels coupons as expired once their time is over, and says so to those whose they are.

Nothing waits for this: whether a coupon can be used is decided from its dates (``rewards.coupons.usability``).
Each batch is one transaction over at most ``BATCH`` coupons; it waits for nobody: what another writer holds
is left for the next run. Running late, twice or in two workers does no harm.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from foundation import prepared
from members.timeline import events
from rewards.coupons.statements import CLOSES

BATCH = 10_000

_OVER = f"""
SELECT s.id FROM rewards_series s JOIN loyalty_programme p ON p.id = s.programme_id
 WHERE {CLOSES} < %(now)s::timestamptz
   AND EXISTS (SELECT FROM rewards_coupon c WHERE c.series_id = s.id AND c.state IN ('issued', 'waiting'))
 ORDER BY s.id
"""
_EXPIRE = """
WITH due AS MATERIALIZED (
  SELECT c.id FROM rewards_coupon c WHERE {due} AND c.state IN ('issued', 'waiting')
   LIMIT %(most)s::int FOR NO KEY UPDATE SKIP LOCKED)
UPDATE rewards_coupon c SET state = 'expired' FROM due WHERE c.id = due.id
RETURNING c.code, c.member_id, (SELECT code FROM rewards_series s WHERE s.id = c.series_id) AS series
"""
_EXPIRE_SERIES = _EXPIRE.format(due="c.series_id = %(series)s::bigint")
_EXPIRE_DUE = _EXPIRE.format(due="c.valid_until < %(now)s::timestamptz")


def expire(now: datetime, batch: int = BATCH) -> int:
    """Label what is over at ``now``. Records ``coupon.expired`` for members. Returns how many it were."""
    total = _drain(_EXPIRE_DUE, {"now": now, "most": batch}, now)
    for row in prepared.run(_OVER, {"now": now}):
        total += _drain(_EXPIRE_SERIES, {"series": row["id"], "most": batch}, now)
    return total


def _drain(statement: str, params: dict[str, Any], now: datetime) -> int:
    total = 0
    while True:
        with transaction.atomic():
            rows = prepared.run(statement, params)
            told = [
                events.new(
                    "coupon.expired", row["member_id"], now, now, coupon=row["code"], series=row["series"]
                )
                for row in rows
                if row["member_id"] is not None
            ]
            if told:
                events.copy(told)
                events.announce(told)
        total += len(rows)
        if not rows:
            return total
