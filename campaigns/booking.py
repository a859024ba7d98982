"""A judged sale made ready to be written: its rows, its coupons used, and what it brings beside points issued."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from campaigns import decision, extras
from campaigns.decision import Decision
from campaigns.engine.outcome import Outcome
from campaigns.situation import Situation
from rewards import coupons


def prepare(found: Situation, outcome: Outcome, booked_at: datetime) -> Decision:
    """The rows of a judged sale, to be written by the till at once or by the bulk path together.

    Coupons are used and issued here, so a sale with any must be in a transaction. Raises ``Refused``
    when another sale was quicker with a coupon.
    """
    decided = decision.decide(found, outcome, booked_at)
    receipt_id, held = decided.receipt["id"], found.sale.state == "held"
    member = UUID(str(found.shopper.member_id)) if found.shopper.member_id is not None else None
    if outcome.extras and member is not None and not held:
        decided.record = extras.give(decided.record, receipt_id, found.scheme.id, member, booked_at)
        decided.receipt["outcome"] = decided.record
    if outcome.coupons:
        used = [one for one in found.coupons if one.usable and one.kept in outcome.coupons]
        coupons.use(used, receipt_id, member, found.sale.purchased_at, reserve=held)
    return decided
