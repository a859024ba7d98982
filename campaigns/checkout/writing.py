"""A judged sale made ready to be written: its rows, and what it brings beside points issued."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from campaigns.checkout import decision, extras
from campaigns.checkout.decision import Decision
from campaigns.checkout.situation import Situation
from campaigns.engine.outcome import Outcome
from rewards.coupons import coupons
from rewards.coupons.usability import Found


def prepare(found: Situation, outcome: Outcome, booked_at: datetime) -> Decision:
    """The rows of a judged sale, to be written by the till at once or by the bulk path together.

    Coupons are issued here, so a sale that brings any must be in a transaction.
    """
    decided = decision.decide(found, outcome, booked_at)
    receipt_id, held = decided.receipt["id"], found.sale.state == "held"
    member = UUID(str(found.shopper.member_id)) if found.shopper.member_id is not None else None
    if outcome.extras and member is not None and not held:
        decided.record = extras.give(decided.record, receipt_id, found.scheme.id, member, booked_at)
        decided.receipt["outcome"] = decided.record
    if outcome.coupons:
        at, used = found.sale.purchased_at, _used(found, outcome)
        decided.coupons = coupons.rows(used, receipt_id, member, at, reserve=held)
        decided.events += coupons.told(used, receipt_id, member, at) if not held else []
    return decided


def use_coupons(found: Situation, outcome: Outcome, decided: Decision) -> None:
    """Use the coupons of a decision that the till's statement does not write. Must run in a transaction.

    Raises ``Refused`` when another sale was quicker.
    """
    if decided.coupons:
        coupons.write(decided.coupons, _used(found, outcome))


def _used(found: Situation, outcome: Outcome) -> list[Found]:
    return [one for one in found.coupons if one.usable and one.kept in outcome.coupons]
