"""How many points a holder with a limit a day may still spend.

A day is one of the programme's, by its clock when the receipt was made. What counts is what the holder's own
receipts of that day spend from the account: held ones from the moment they are held, of those that were taken back
what was not given back. So whatever comes back, whenever, is free for the day on which it was spent and for no other.

The till reads it with everything else (``SPENT``), many receipts at once read it by ``SPENT_BY_MANY``; and the
database asks again, by :data:`LIMIT`, when a receipt is written. ``tests/races/test_family_races.py`` holds them to
each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from foundation import prepared
from loyalty.models import Holder
from loyalty.models.receipt import SPENT_IN_RECEIPTS

ZERO = Decimal(0)

#: Points that the receipts of a member (``{member}``) from an account (``{account}``) of a day spend, from
#: ``%(day)s`` up to ``%(day_after)s``.
SPENT = SPENT_IN_RECEIPTS.format(
    member="{member}", account="{account}", begin="%(day)s::timestamptz", end="%(day_after)s::timestamptz"
)
_SPENT_BY_ONE = f"SELECT ({SPENT.format(member='%(member)s::uuid', account='%(account)s::uuid')}) AS points"
#: The same of many holders, receipt by receipt, from a moment on.
SPENT_BY_MANY = """
SELECT r.member_id, r.programme_id, r.purchased_at,
       r.redeemed_points - COALESCE(
           (SELECT sum(b.restored) FROM loyalty_return b WHERE b.receipt_id = r.id), 0) AS points
  FROM loyalty_receipt r
  JOIN loyalty_holder h ON h.member_id = r.member_id AND h.programme_id = r.programme_id
 WHERE r.member_id = ANY(%(members)s::uuid[]) AND r.purchased_at >= %(since)s::timestamptz
   AND r.redeemed_points > 0 AND h.daily_limit IS NOT NULL AND r.account_id = h.account_id
"""


def day_of(local: datetime) -> tuple[datetime, datetime]:
    """The first moment of a day and that of the next one; ``local`` is a moment of the day by the programme's clock."""
    begin = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


def spent(holder: Holder, now: datetime) -> Decimal:
    """Points that the holder has spent today, less what was given back of them. One statement."""
    day, after = day_of(now.astimezone(ZoneInfo(holder.programme.time_zone)))
    params = {"member": holder.member_id, "account": holder.account_id, "day": day, "day_after": after}
    return Decimal(prepared.run(_SPENT_BY_ONE, params)[0]["points"])


def left(holder: Holder, now: datetime) -> Decimal | None:
    """Points that the holder may still spend today; None for one without a limit. Asks only where there is one."""
    if holder.daily_limit is None:
        return None
    return max(holder.daily_limit - spent(holder, now), ZERO)
