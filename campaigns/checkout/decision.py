"""From an outcome to rows: what a judged sale writes. Pure; the till writes it at once, the bulk path by COPY."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from analytics import facts
from analytics.facts import Facts
from campaigns.checkout import capacity, record, settlements, tallies, usage
from campaigns.checkout.record import Given, Record
from campaigns.checkout.situation import Situation
from campaigns.engine.outcome import LineOutcome, Outcome
from campaigns.rulebooks import Rules
from loyalty.ledger import inactivity, ledger
from loyalty.ledger.passbook import Cause, LotTerms, Passbook, new_id
from loyalty.rules.basket import Line
from loyalty.rules.tiers import Bought
from loyalty.shops import receipts
from loyalty.tiers import tier_changes
from loyalty.tiers.tier_changes import Because
from members.timeline import events
from rewards.coupons import coupons
from rewards.coupons import statements as coupon_statements


@dataclass(slots=True)
class Decision:
    """A judged sale as rows, by table. ``book`` holds the ledger's; ``known`` is what the facts row is of."""

    receipt: dict[str, Any]
    lines: list[dict[str, Any]]
    record: Record
    book: Passbook | None = None
    facts: list[facts.FactsRow] = field(default_factory=list)
    known: Facts | None = None
    tiers: list[tier_changes.ChangeRow] = field(default_factory=list)
    usage: list[usage.UsageRow] = field(default_factory=list)
    tallies: list[tallies.TallyRow] = field(default_factory=list)
    events: list[events.EventRow] = field(default_factory=list)
    coupons: list[coupons.UseRow] = field(default_factory=list)
    #: The receipt and when it was booked, where somebody else has something of it.
    settlements: list[dict[str, Any]] = field(default_factory=list)


def decide(situation: Situation, outcome: Outcome, booked_at: datetime) -> Decision:
    """What an outcome writes when it is booked at ``booked_at``. The situation's passbook gets the entries.

    A held sale takes its points out of their lots and counts against limits; what it earns and what
    it adds to the member's facts waits until it is confirmed. Raises ``Refused`` for what no column can hold.
    """
    sale, book = situation.sale, situation.book
    receipt_id = new_id()
    held = sale.state == "held"
    kept = record.pack(outcome)
    decision = Decision(
        receipt=_receipt_row(situation, outcome, receipt_id, booked_at), lines=[], record=kept, book=book
    )
    decision.lines = [
        _line_row(receipt_id, situation.product_ids[line.sku], line, judged)
        for line, judged in zip(_by_position(situation.basket.lines), outcome.lines, strict=True)
    ]
    decision.tallies = tallies.rows(outcome.tallies, situation.shop.id)
    lapsed = Decimal(0)
    if book is not None and situation.shopper.member_id is not None:
        member_id = UUID(str(situation.shopper.member_id))
        cause = Cause(booked_at, receipt_id)
        book.touched = True
        lapsed = inactivity.take_out(book, situation.lapsed, cause)
        _spend(book, situation, outcome, receipt_id, cause)
        if not held:
            earn(book, kept.grants, situation.rules, receipt_id, sale.purchased_at, cause)
            bought = Bought(receipt_id, sale.purchased_at, outcome.to_pay, outcome.earned)
            _keep_facts(decision, situation, member_id, bought, booked_at)
        decision.usage = usage.rows(member_id, situation.used, kept.increments)
        kept = msgspec.structs.replace(kept, balance=(book.spendable(booked_at), book.pending(booked_at)))
        decision.record = kept
    _tell(decision, situation, lapsed, booked_at)
    decision.receipt["outcome"] = decision.record
    capacity.require_rows(book, decision.facts, decision.usage)
    return decision


def _tell(decision: Decision, situation: Situation, lapsed: Decimal, booked_at: datetime) -> None:
    """Note what happened: the purchase, what is to be settled of it, steps of the tier, points that ``lapsed``."""
    sale, book, receipt_id = situation.sale, decision.book, decision.receipt["id"]
    known = situation.shopper.member_id
    member = UUID(str(known)) if known else None
    held = sale.state == "held"
    kind = "purchase.held" if held else "purchase.completed"
    decision.events = [events.new(kind, member, sale.purchased_at, booked_at, receipt=str(receipt_id))]
    if not held and (decision.record.shares or situation.rewards_a_friend):
        decision.events.append(settlements.event(receipt_id, booked_at))
        decision.settlements.append({"receipt_id": receipt_id, "due_at": booked_at})
    decision.events += [tier_changes.event(change, situation.scheme.code) for change in decision.tiers]
    if lapsed and book is not None and member is not None:
        decision.events.append(_lapse(member, book, lapsed, booked_at))


def _keep_facts(
    decision: Decision, situation: Situation, member_id: UUID, bought: Bought, booked_at: datetime
) -> None:
    """The member's facts after the purchase, and what it makes of the tier."""
    before, scheme = situation.facts, situation.scheme
    after = facts.after_purchase(before, scheme.ladder, bought)
    decision.facts = [facts.row(member_id, scheme, after, booked_at)]
    because = Because("purchase", bought.id)
    decision.tiers = facts.changes(member_id, scheme, before, after, because, booked_at)
    decision.known = after


def _lapse(member_id: UUID, book: Passbook, points: Decimal, at: datetime) -> events.EventRow:
    """The event of points that lapsed before this purchase, as ``sweep.lapse`` would record it."""
    transfer = next(row for row in reversed(book.transfers) if row.kind == "expire")
    return events.new(
        "points.expired", member_id, at, at, account=str(book.account_id), transfer=str(transfer.id),
        points=str(points), reason=inactivity.REASON,
    )  # fmt: skip


def earn(
    book: Passbook,
    grants: tuple[Given, ...],
    rules: Rules,
    receipt_id: UUID | None,
    earned_at: datetime,
    cause: Cause,
    key: str = "",
) -> dict[int, UUID]:
    """Book what campaigns give for a receipt, one lot each. Returns the transfers by campaign."""
    return {
        grant.campaign_id: book.accrue(
            grant.points,
            LotTerms(earned_at, grant.active_from, grant.expires_at, grant.terms, funder_of(grant, rules)),
            f"{key or receipt_id}:earn:{grant.campaign_id}",
            cause,
            source=funder_of(grant, rules),
            revision_id=rules.revision_ids[grant.campaign_id],
        )
        for grant in grants
    }


def funder_of(grant: Given, rules: Rules) -> UUID | None:
    """The payer's account from which the points come; None when the house pays: the programme issues them."""
    return rules.funders[grant.funder] if grant.funder else None


def _spend(book: Passbook, situation: Situation, outcome: Outcome, receipt_id: UUID, cause: Cause) -> None:
    uses = [(UUID(lot), points) for lot, points in outcome.redemption.uses]
    if not uses:
        return
    if situation.sale.state == "held":
        book.spend("hold", book.institutions.hold, uses, f"{receipt_id}:hold", cause)
    else:
        target = situation.shop.accounts[situation.scheme.id]
        book.spend("redeem", target, uses, f"{receipt_id}:redeem", cause)


def _receipt_row(
    situation: Situation, outcome: Outcome, receipt_id: UUID, booked_at: datetime
) -> dict[str, Any]:
    sale = situation.sale
    held = sale.state == "held"
    lasts = timedelta(minutes=situation.rules.hold_minutes)
    return {
        "id": receipt_id,
        "store_id": situation.shop.id,
        "till_id": situation.shop.tills.get(sale.till),
        "programme_id": situation.scheme.id,
        "number": sale.receipt_number,
        "cashier": sale.cashier,
        "channel": sale.channel,
        "member_id": situation.shopper.member_id,
        "account_id": situation.book.account_id if situation.book else None,
        "status": sale.state,
        "purchased_at": sale.purchased_at,
        "recorded_at": booked_at,
        "hold_until": booked_at + lasts if held else None,
        "total": outcome.total,
        "discount": outcome.discount,
        "redeemed_points": outcome.redemption.points,
        "redeemed_amount": outcome.redemption.amount,
        "to_pay": outcome.to_pay,
        "earned": outcome.earned,
        "rulebook_id": situation.rules.id,
        "content_hash": sale.content_hash,
        "place_id": situation.shop.past.id,
        "shopper": record.pack_shopper(situation.shopper, situation.basket),
    }


def _line_row(receipt_id: UUID, product_id: int, line: Line, judged: LineOutcome) -> dict[str, Any]:
    return {
        "receipt_id": receipt_id,
        "position": line.position,
        "product_id": product_id,
        "quantity": line.quantity,
        "price": line.price,
        "amount": line.amount,
        "discount": judged.discount,
        "redeemed_points": judged.redeemed_points,
        "redeemed_amount": judged.redeemed_amount,
        "to_pay": judged.to_pay,
        "earned": judged.earned,
        "traits": traits(line),
    }


def traits(line: Line) -> dict[str, Any]:
    """What the engine read of a product, to judge the line again when something is returned."""
    found: dict[str, Any] = {"sku": line.sku, "name": line.name}
    if line.brand:
        found["brand"] = line.brand
    if line.categories:
        found["categories"] = line.categories
    if line.sets:
        found["sets"] = sorted(line.sets)
    return found


def _by_position(lines: tuple[Line, ...]) -> list[Line]:
    return sorted(lines, key=lambda line: line.position)


#: The SQLSTATE with which ``WRITE`` ends when the account is not as it was read any more.
STALE = "22012"

_PARTS = f"{receipts.INSERT}, {ledger.POST}, {facts.WRITE}, {usage.WRITE}, {tallies.WRITE}, {events.WRITE}"
_FRESH = "count(*) = (SELECT json_array_length(doc->'accounts') FROM book)"
#: Writes a decision in one round trip, all of it or nothing: when the account is not as it was read any
#: more, it ends with a division by zero, so that it needs no transaction around it to be taken back. With coupons it
#: ends so, too, when another sale was quicker with one of them. What a sale does not have is not in its statement.
_STATEMENTS = {
    (coupons_, others): f"""
WITH {_PARTS}{f", {coupon_statements.USE}" if coupons_ else ""}{f", {settlements.WRITE}" if others else ""}
SELECT 1 / ({_FRESH}{" AND NOT EXISTS (SELECT FROM coupon_lost)" if coupons_ else ""})::int AS written
  FROM account_rows"""
    for coupons_ in (False, True)
    for others in (False, True)
}


def statement(decision: Decision) -> str:
    """The statement that writes a decision."""
    return _STATEMENTS[bool(decision.coupons), bool(decision.settlements)]


def params(decision: Decision) -> dict[str, str]:
    """The parameters of ``statement``."""
    books = [decision.book] if decision.book else []
    return {
        "receipts": ledger.encode(receipts.rows([decision.receipt], decision.lines)),
        "ledger": ledger.encode(ledger.rows(books)),
        "facts": ledger.encode([row._asdict() for row in decision.facts]),
        "tiers": ledger.encode([row._asdict() for row in decision.tiers]),
        "usage": ledger.encode([row._asdict() for row in decision.usage]),
        "tallies": ledger.encode([row._asdict() for row in decision.tallies]),
        "events": ledger.encode([row._asdict() for row in decision.events]),
        "coupons": ledger.encode([row._asdict() for row in decision.coupons]),
        "settlements": ledger.encode(decision.settlements),
    }
