"""Facts about members, kept as they change. The only place that writes them.

A member's facts in a programme are guarded by the version of the member's account: whoever writes
them writes the account in the same statement, so absolute values are safe.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from loyalty.places import Scheme


class Facts(NamedTuple):
    """What a member did in a programme so far. ``spent`` is money paid, refunds taken off."""

    purchases: int = 0
    spent: Decimal = Decimal(0)
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None


class FactsRow(NamedTuple):
    """A row of ``MemberFacts``."""

    member_id: UUID
    programme_id: int
    purchases: int
    spent: Decimal
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    tier_id: int | None


#: Part of a statement: writes what ``rows`` gives as ``%(facts)s``.
WRITE = """
facts_rows AS (
  INSERT INTO analytics_memberfacts AS f (member_id, programme_id, purchases, spent, first_purchase_at,
         last_purchase_at, tier_id)
  SELECT x.* FROM json_to_recordset(%(facts)s::json)
      AS x(member_id uuid, programme_id bigint, purchases int, spent numeric,
           first_purchase_at timestamptz, last_purchase_at timestamptz, tier_id bigint)
  ON CONFLICT (member_id, programme_id) DO UPDATE
     SET purchases = EXCLUDED.purchases, spent = EXCLUDED.spent, tier_id = EXCLUDED.tier_id,
         first_purchase_at = EXCLUDED.first_purchase_at, last_purchase_at = EXCLUDED.last_purchase_at)
"""


def after_purchase(facts: Facts, paid: Decimal, at: datetime) -> Facts:
    """The facts once a purchase of ``paid`` money was made at ``at``; it may be an old one that came late."""
    first, last = facts.first_purchase_at, facts.last_purchase_at
    return Facts(
        facts.purchases + 1,
        facts.spent + paid,
        at if first is None else min(first, at),
        at if last is None else max(last, at),
    )


def after_return(
    facts: Facts, refund: Decimal, whole: bool, first: datetime | None, last: datetime | None
) -> Facts:
    """The facts once ``refund`` money went back.

    ``whole`` says that nothing of the purchase remains; ``first`` and ``last`` are then the moments
    of the purchases that do remain.
    """
    if not whole:
        return facts._replace(spent=facts.spent - refund)
    return Facts(facts.purchases - 1, facts.spent - refund, first, last)


def row(member_id: UUID, scheme: Scheme, facts: Facts) -> FactsRow:
    """The row to write; the tier follows from what was spent."""
    step = scheme.tier(facts.spent)
    return FactsRow(member_id, scheme.id, *facts, step.id if step else None)
