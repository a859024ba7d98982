"""A receipt under its lock: what was sold, what stands of it, and the member's facts and limits behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, Min, Sum
from django.utils.translation import gettext as _

from analytics import facts, stored_facts
from analytics.models import MemberFacts
from campaigns import rulebooks
from campaigns.checkout import extras, record, remains
from campaigns.checkout.events import grounds
from campaigns.checkout.record import NOTHING, Record
from campaigns.checkout.situation import PURCHASED
from campaigns.checkout.told import RETURNABLE
from campaigns.engine.evaluation import evaluate
from campaigns.rulebooks import Rules
from foundation.refusals import Missing, Refused
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Passbook
from loyalty.models import Receipt, ReceiptLine, Return, ReturnLine
from loyalty.rules.basket import Basket, Line, Moment, read_facts
from loyalty.rules.tiers import Bought
from loyalty.shops import pasts, places
from loyalty.shops.pasts import StorePast
from loyalty.shops.places import Scheme
from loyalty.tiers import tier_changes
from loyalty.tiers.tier_changes import Because
from members.timeline import events


@dataclass(slots=True)
class Purchase:
    """A receipt under its lock, with all that a return needs."""

    receipt: Receipt
    lines: list[ReceiptLine]
    returned: dict[int, Decimal]
    earlier: list[Return]
    rules: Rules
    #: The programme, with the clocks that it had at the purchase.
    scheme: Scheme
    #: What the store was at the purchase.
    past: StorePast
    book: Passbook | None
    #: All books that are locked with the receipt: its own, and those of what rests on it.
    books: dict[UUID, Passbook] = field(default_factory=dict)

    @property
    def rewards_a_friend(self) -> bool:
        """Whether somebody referred the buyer, and a campaign rewards them for what friends buy."""
        member = self.receipt.member
        referred = member is not None and member.referred_by_id is not None
        return referred and PURCHASED in self.rules.engine.machine.listeners

    def book_of(self, account_id: UUID) -> Passbook:
        """The book of an account, locked now if it was not foreseen."""
        if account_id not in self.books:
            self.books |= ledger.lock([account_id])
        return self.books[account_id]

    @property
    def standing(self) -> Record:
        """The decision that stands: that of the last return, or of the purchase."""
        if self.earlier:
            return record.load(self.earlier[-1].outcome)
        return extras.of_receipt(self.receipt)


def lock(receipt_id: UUID) -> Purchase:
    """Lock a receipt, its account and those of what rests on it, and read what a return needs.

    Must run in a transaction.
    """
    receipt = (
        Receipt.objects.select_for_update(of=("self",))
        .select_related("store__partner", "till", "programme", "member")
        .filter(id=receipt_id)
        .first()
    )
    if receipt is None:
        raise Missing("purchase_not_found", _("There is no such purchase."))
    lines = list(receipt.lines.select_related("product").order_by("position"))
    returned = dict(
        ReturnLine.objects.filter(back__receipt=receipt)
        .values_list("line__position")
        .annotate(quantity=Sum("quantity"))
    )
    books = ledger.lock(sorted(grounds.accounts(receipt)))
    past = pasts.of_receipt(receipt)
    scheme = places.scheme(receipt.programme_id)
    return Purchase(
        receipt,
        lines,
        returned,
        list(receipt.returns.order_by("recorded_at", "id")),
        rulebooks.get(receipt.rulebook_id),
        replace(scheme, zone=past.zone_of(receipt.programme_id) or scheme.zone),
        past,
        books[receipt.account_id] if receipt.account_id else None,
        books,
    )


def wrong_state(receipt: Receipt) -> Refused:
    """That the purchase is not in a state for what was asked."""
    return Refused("wrong_state", _("The purchase is %(status)s.") % {"status": receipt.get_status_display()})


def judge_again(sold: Purchase, gone: Mapping[int, Decimal]) -> Record:
    """What the rules and facts of the purchase, its store and the engine's edition of its day give for what remains."""
    if all(line.quantity <= gone[line.position] for line in sold.lines):
        return NOTHING
    receipt, past = sold.receipt, sold.past
    till = receipt.till
    bought = Basket(
        place=past.place((past.till_code(till.pk) or till.code) if till else "", receipt.channel),
        lines=tuple(_engine_line(line) for line in sold.lines),
        redeem=record.settled(
            {line.position: (line.redeemed_points, line.redeemed_amount) for line in sold.lines}
        ),
        cashier=receipt.cashier,
        coupons=record.load_coupons(receipt.shopper),
        exchanges=_exchanges(sold),
        facts=read_facts(record.load_facts(receipt.shopper)),
    )
    at = receipt.purchased_at
    moment = Moment(at.astimezone(past.zone), at.astimezone(sold.scheme.zone))
    shopper, edition = record.load_shopper(receipt.shopper), record.load(receipt.outcome).edition
    basket = remains.of(bought, gone, sold.rules.engine.terms, edition)
    return record.pack(evaluate(basket, shopper, moment, sold.rules.engine, edition))


def _exchanges(sold: Purchase) -> tuple[str, ...]:
    """Codes of the campaigns whose exchanges the purchase made: they stand while something of it remains."""
    made = {one.campaign_id for one in record.load(sold.receipt.outcome).exchanged}
    return tuple(campaign.code for campaign in sold.rules.engine.machine.traders if campaign.id in made)


def _engine_line(line: ReceiptLine) -> Line:
    traits = line.traits
    return Line(
        position=line.position,
        sku=traits.get("sku", ""),
        quantity=line.quantity,
        amount=line.amount,
        price=line.price,
        name=traits.get("name", ""),
        brand=traits.get("brand", ""),
        categories=tuple(traits.get("categories", ())),
        sets=frozenset(traits.get("sets", ())),
    )


def write_facts(sold: Purchase, refund: Decimal, left: Bought | None, now: datetime, after: Record) -> None:
    """Move the member's facts back, by what is left after a return. Runs under the account's lock."""
    receipt = sold.receipt
    assert receipt.member_id is not None
    others = (
        Receipt.objects.filter(
            member_id=receipt.member_id, programme_id=receipt.programme_id, status__in=RETURNABLE
        )
        .exclude(id=receipt.id)
        .aggregate(first=Min("purchased_at"), last=Max("purchased_at"))
    )
    known = known_facts(sold)
    points = sold.standing.earned - after.earned
    moved = facts.after_return(
        known,
        sold.scheme.ladder,
        refund,
        points,
        left,
        receipt.id,
        (others["first"], others["last"]),
    )
    save_facts(sold, known, moved, Because("return", receipt.id), now)


def known_facts(sold: Purchase) -> facts.Facts:
    """The member's facts as they stand, with all purchases where the ladder asks for them."""
    member_id, programme_id = sold.receipt.member_id, sold.receipt.programme_id
    assert member_id is not None
    row = MemberFacts.objects.filter(member_id=member_id, programme_id=programme_id).first()
    if row is None:
        return facts.Facts()
    bought = (
        None if sold.scheme.ladder.plain else stored_facts.read_bought([member_id], programme_id)[member_id]
    )
    return stored_facts.known(row, bought)


def save_facts(
    sold: Purchase, known: facts.Facts, moved: facts.Facts, because: Because, now: datetime
) -> None:
    """Write the member's facts, and tell when the tier is another. Runs under the account's lock."""
    member_id, scheme = sold.receipt.member_id, sold.scheme
    assert member_id is not None
    changes = facts.changes(member_id, scheme, known, moved, because, now)
    facts.write([facts.row(member_id, scheme, moved, now)], changes)
    events.record_all(tier_changes.event(change, scheme.code) for change in changes)
