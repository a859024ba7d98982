"""A chunk of receipts that are sold together: the sales it is made of, and the rows that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError

from analytics import facts
from campaigns.checkout import settlements, tallies, usage
from campaigns.checkout.bulk.buyers import Buyer, Pair
from campaigns.checkout.bulk.people import Person
from campaigns.checkout.decision import Decision
from campaigns.checkout.sale import Sale
from foundation import prepared
from foundation.refusals import Refusal
from foundation.violations import constraint_of
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Passbook
from loyalty.shops import receipts
from loyalty.shops.places import Scheme, Shop
from loyalty.tiers.tier_changes import ChangeRow
from members.lookup.lookup import Sought
from members.timeline import events

_WRITE_FACTS = f"WITH {facts.WRITE}, {usage.WRITE} SELECT 1 AS done"


class Result(NamedTuple):
    """What became of a sale: its receipt, which ``repeated`` says was there before, or the refusal."""

    sale: Sale
    receipt_id: UUID | None = None
    repeated: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class Candidate:
    """A sale at its store, by its member."""

    sale: Sale
    shop: Shop
    person: Person | None
    scheme: Scheme
    sought: Sought

    @property
    def key(self) -> tuple[int, str]:
        """Store and number: what a receipt is known by."""
        return self.shop.id, self.sale.receipt_number

    @property
    def pair(self) -> Pair | None:
        """The member in the programme; None for someone who may not buy, or is not known."""
        person = self.person
        return (person.id, self.scheme.id) if person is not None and person.status == "active" else None

    def booked_at(self, buyer: Buyer | None) -> datetime:
        """When the sale was made, or when the account was last written if that is later."""
        at = self.sale.purchased_at
        return max(at, buyer.holding.last_at) if buyer else at


@dataclass(slots=True)
class ChunkRows:
    """The rows of a chunk. Of facts and uses of limits the last row counts."""

    decisions: list[Decision] = field(default_factory=list)
    facts: dict[Pair, facts.FactsRow] = field(default_factory=dict)
    tiers: list[ChangeRow] = field(default_factory=list)
    usage: dict[tuple[UUID, int, str], usage.UsageRow] = field(default_factory=dict)
    tallies: list[tallies.TallyRow] = field(default_factory=list)

    def add(self, decided: Decision) -> None:
        """Take the rows of a decision."""
        self.decisions.append(decided)
        self.facts |= {(row.member_id, row.programme_id): row for row in decided.facts}
        self.tiers += decided.tiers
        self.usage |= {(row.member_id, row.campaign_id, row.period): row for row in decided.usage}
        self.tallies += decided.tallies

    def write(self, books: Sequence[Passbook], made: Mapping[int, int]) -> list[events.EventRow]:
        """Write the rows, and say what happened; ``made`` are ids of products drawn up.

        Runs under the locks of its accounts.
        """
        lines = [line for decided in self.decisions for line in decided.lines]
        for line in lines:
            line["product_id"] = made.get(line["product_id"], line["product_id"])
        receipts.copy([decided.receipt for decided in self.decisions], lines)
        ledger.post_many(books)
        if self.facts or self.usage:
            params = {
                "facts": ledger.encode([row._asdict() for row in self.facts.values()]),
                "tiers": ledger.encode([row._asdict() for row in self.tiers]),
                "usage": ledger.encode([row._asdict() for row in self.usage.values()]),
            }
            prepared.run(_WRITE_FACTS, params)
        try:
            tallies.write(tallies.added_up(self.tallies))
        except IntegrityError as error:
            if constraint_of(error) != tallies.LIMIT:
                raise
            raise ledger.Stale from error  # a till took the rest of a budget that nobody had touched before
        happened = [event for decided in self.decisions for event in decided.events]
        events.copy(happened)
        due = [row for decided in self.decisions for row in decided.settlements]
        if due:
            settlements.write(ledger.encode(due))
        events.announce(happened, outside=False)
        return happened


def candidates_of(prepared_: Iterable[Candidate | Result]) -> list[Candidate]:
    """Those that are to be sold."""
    return [candidate for candidate in prepared_ if isinstance(candidate, Candidate)]
