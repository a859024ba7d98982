"""How members stand while their receipts are replayed: accounts, facts and limits, kept in memory under their locks.

``tests/campaigns/checkout/bulk/test_replay.py`` compares what comes of it with what tills do, receipt by receipt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F

from analytics import facts, stored_facts
from analytics.facts import Facts
from analytics.models import MemberFacts
from campaigns.checkout.decision import Decision
from campaigns.checkout.reading import NO_HOLDS, Holds, KnownAccount
from campaigns.checkout.usage import Used
from campaigns.models import Usage
from foundation import prepared
from loyalty.ledger import allowance, ledger
from loyalty.ledger.passbook import ZERO, Cause, Passbook
from loyalty.ledger.revocation import GIVING_BACK, SPENDING
from loyalty.models import Holder, Receipt
from loyalty.rules.basket import WalletLot
from loyalty.rules.tiers import Bought
from loyalty.shops.places import Scheme

#: A member in a programme.
Pair = tuple[UUID, int]

LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
NOT_YET = datetime(9999, 12, 30, tzinfo=UTC)
_CENT = Decimal("0.01")

_LAST = """
SELECT a.id, GREATEST((SELECT max(at) FROM loyalty_transfer WHERE source_id = a.id),
                      (SELECT max(at) FROM loyalty_transfer WHERE target_id = a.id)) AS at
  FROM unnest(%(ids)s::uuid[]) AS a(id)
"""
_SPENT = """
SELECT source_id AS id, at, points FROM loyalty_transfer
 WHERE source_id = ANY(%(ids)s::uuid[]) AND at >= %(since)s::timestamptz AND kind IN ('redeem', 'hold')
UNION ALL
SELECT target_id, at, -points FROM loyalty_transfer
 WHERE target_id = ANY(%(ids)s::uuid[]) AND at >= %(since)s::timestamptz AND kind IN ('restore', 'release')
"""


@dataclass(slots=True)
class Holding:
    """An account: its passbook, when it was last written, and what was spent from it since a moment."""

    book: Passbook
    last_at: datetime = LONG_AGO
    since: datetime = NOT_YET
    spent: list[tuple[datetime, Decimal]] = field(default_factory=list)
    shown: dict[UUID, WalletLot] = field(default_factory=dict)
    last_bought: datetime | None = None

    def spent_since(self, day: datetime) -> Decimal:
        """Points spent from ``day`` on, less what was given back."""
        return sum((points for at, points in self.spent if at >= day), ZERO)


@dataclass(slots=True)
class Buyer:
    """A member in a programme. ``used`` is the use of campaigns, by period."""

    holding: Holding
    may_redeem: bool = True
    daily_limit: Decimal | None = None
    #: What the member's own purchases spend and when they were made, where the member may spend so much a day.
    spent: list[tuple[datetime, Decimal]] = field(default_factory=list)
    since: datetime = NOT_YET
    facts: Facts | None = None
    used: dict[str, dict[int, Used]] = field(default_factory=dict)
    #: Purchases that are held: until when, their money, when they were made.
    held: list[tuple[datetime, Decimal, datetime]] = field(default_factory=list)

    @property
    def account(self) -> KnownAccount:
        """The account as a situation knows it."""
        book = self.holding.book
        return KnownAccount(
            book.account_id, book.balance, book.owed, book.version, self.may_redeem, self.daily_limit
        )

    def spent_within(self, begin: datetime, end: datetime) -> Decimal:
        """Points that purchases of the member spend that were made from ``begin`` on and before ``end``."""
        return sum((points for at, points in self.spent if begin <= at < end), ZERO)

    def holds_at(self, at: datetime) -> Holds:
        """The purchases whose hold is not over at a moment."""
        live = [(money, made) for until, money, made in self.held if until >= at]
        if not live:
            return NO_HOLDS
        return Holds(len(live), sum((money for money, _ in live), ZERO), max(made for _, made in live))

    def usage(
        self, periods: Iterable[str], promised: str | None = None
    ) -> list[tuple[int, str, int, Decimal]]:
        """The use of campaigns in these periods, and promises from the key ``promised`` on."""
        if promised is not None:
            periods = [*periods, *(key for key in self.used if promised <= key < "o")]
        return [
            (campaign, period, *used)
            for period in periods
            for campaign, used in self.used.get(period, {}).items()
        ]

    def note(self, decided: Decision, entries_before: int, places: int) -> None:
        """Take in what was decided, as it would be read back from the database.

        ``entries_before`` is how many transfers the passbook had before, ``places`` those of a point.
        """
        self.holding.last_bought = decided.receipt["purchased_at"]
        if decided.receipt["status"] == "held":
            receipt = decided.receipt
            self.held.append((receipt["hold_until"], receipt["to_pay"], receipt["purchased_at"]))
        if self.daily_limit is not None and decided.receipt["redeemed_points"]:
            receipt = decided.receipt
            self.spent.append((receipt["purchased_at"], receipt["redeemed_points"].quantize(_CENT)))
        if decided.known is not None:
            self.facts = facts.written(decided.known, decided.facts[0])
        for use in decided.usage:
            points = use.points.quantize(_CENT)
            self.used.setdefault(use.period, {})[use.campaign_id] = Used(use.times, points)
        self._note_entries(entries_before, places)

    def let_go(self, decided: Decision, at: datetime, grace: datetime, places: int) -> None:
        """Let go of a held purchase in memory, as ``returns.release`` does in the books."""
        book, receipt = self.holding.book, decided.receipt
        entries_before = len(book.transfers)
        taken = next(
            (one for one in book.transfers if (one.kind, one.receipt_id) == ("hold", receipt["id"])), None
        )
        if taken is not None:
            uses = [(book.lots[use.lot_id], use.points) for use in book.uses if use.transfer_id == taken.id]
            key, cause = f"{receipt['id']}:release", Cause(at, receipt["id"])
            book.give_back(
                "release", book.institutions.hold, uses, key, cause, reverses_id=taken.id, grace=grace
            )
        if self.daily_limit is not None and receipt["redeemed_points"]:
            self.spent.append((receipt["purchased_at"], -receipt["redeemed_points"].quantize(_CENT)))
        for (campaign, period), (times, points) in decided.record.increments.items():
            was = self.used[period][campaign]
            self.used[period][campaign] = Used(was.times - times, was.points - points)
        self.held = [one for one in self.held if one[0] >= at]
        self._note_entries(entries_before, places)

    def _note_entries(self, entries_before: int, places: int) -> None:
        book = self.holding.book
        for row in book.transfers[entries_before:]:
            self.holding.last_at = max(self.holding.last_at, row.at)
            if row.kind in SPENDING:
                self.holding.spent.append((row.at, row.points.quantize(_CENT)))
            elif row.kind in GIVING_BACK:
                self.holding.spent.append((row.at, -row.points.quantize(_CENT)))
        if places != 2:
            for lot in book.lots.values():
                lot.remaining = lot.remaining.quantize(_CENT) if lot.remaining else ZERO


class Buyers:
    """The members of a replay in their programmes."""

    def __init__(self) -> None:
        self._holdings: dict[UUID, Holding] = {}
        self._buyers: dict[Pair, Buyer] = {}

    def find(self, pair: Pair) -> Buyer | None:
        """How a member stands; must have been locked."""
        return self._buyers.get(pair)

    def lock(self, pairs: Collection[Pair], schemes: Mapping[int, Scheme], since: datetime) -> None:
        """Lock the members' accounts in the order of their ids, and read what was written to them meanwhile.

        Must run in a transaction. ``since`` is the earliest moment from which spending may be asked for.
        """
        holders = self._holders(pairs)
        self._forget_moved(holders)
        known = {account: holding.book for account, holding in self._holdings.items()}
        books = ledger.lock(sorted({holder.account_id for holder in holders.values()}), known)
        changed = [account for account, book in books.items() if book is not known.get(account)]
        self._drop(set(changed))
        self._holdings |= {account: Holding(books[account]) for account in changed}
        self._read_entries(changed, books, since)
        new = [pair for pair in holders if pair not in self._buyers]
        for pair in new:
            holder = holders[pair]
            self._buyers[pair] = Buyer(
                self._holdings[holder.account_id], holder.may_redeem, holder.daily_limit
            )
        self._read_facts(new, schemes)
        self._read_spent(holders, since)

    def keep_only(self, pairs: Collection[Pair], most: int) -> None:
        """Forget members who are not among ``pairs``, once there are more than ``most``."""
        if len(self._buyers) > most:
            self._buyers = {pair: self._buyers[pair] for pair in pairs if pair in self._buyers}
            kept = {buyer.holding.book.account_id for buyer in self._buyers.values()}
            self._holdings = {account: self._holdings[account] for account in kept}

    def books(self) -> list[Passbook]:
        """The passbooks that have entries to be written."""
        return [holding.book for holding in self._holdings.values() if holding.book.written]

    def turn_pages(self) -> None:
        """Go on from what was written. To be called once that is committed."""
        for holding in self._holdings.values():
            if holding.book.written:
                holding.book.turn_page()
                holding.shown = {lot: seen for lot, seen in holding.shown.items() if lot in holding.book.lots}

    def _holders(self, pairs: Collection[Pair]) -> dict[Pair, Holder]:
        rows = Holder.objects.filter(member_id__in={member for member, _programme in pairs})
        return {
            (row.member_id, row.programme_id): row
            for row in rows
            if (row.member_id, row.programme_id) in pairs
        }

    def _forget_moved(self, holders: Mapping[Pair, Holder]) -> None:
        """Forget who holds another account by now, or holds it with other rights."""
        for pair, holder in holders.items():
            known = self._buyers.get(pair)
            if known is not None and (holder.account_id, holder.may_redeem, holder.daily_limit) != (
                known.holding.book.account_id,
                known.may_redeem,
                known.daily_limit,
            ):
                del self._buyers[pair]

    def _read_spent(self, pairs: Iterable[Pair], since: datetime) -> None:
        """Read what those have spent who may spend so much a day, if it is not known from that moment on."""
        early = {
            pair: buyer
            for pair in pairs
            if (buyer := self._buyers[pair]).daily_limit is not None and buyer.since > since
        }
        for buyer in early.values():
            buyer.since, buyer.spent = since, []
        params = {"members": list({member for member, _programme in early}), "since": since}
        for row in prepared.run(allowance.SPENT_BY_MANY, params) if early else ():
            if (found := early.get((row["member_id"], row["programme_id"]))) is not None:
                found.spent.append((row["purchased_at"], row["points"]))

    def _drop(self, accounts: set[UUID]) -> None:
        self._buyers = {
            pair: buyer
            for pair, buyer in self._buyers.items()
            if buyer.holding.book.account_id not in accounts
        }

    def _read_entries(self, changed: list[UUID], books: Iterable[UUID], since: datetime) -> None:
        if changed:
            for row in prepared.run(_LAST, {"ids": changed}):
                self._holdings[row["id"]].last_at = row["at"] or LONG_AGO
        early = [account for account in books if self._holdings[account].since > since]
        if not early:
            return
        for account in early:
            self._holdings[account].since, self._holdings[account].spent = since, []
        for row in prepared.run(_SPENT, {"ids": early, "since": since}):
            self._holdings[row["id"]].spent.append((row["at"], row["points"]))

    def _read_bought(self, new: list[Pair], schemes: Mapping[int, Scheme]) -> dict[Pair, tuple[Bought, ...]]:
        """The purchases of members in programmes whose ladder looks back upon them."""
        found: dict[Pair, tuple[Bought, ...]] = {}
        for programme_id in {programme for _member, programme in new}:
            if not schemes[programme_id].ladder.plain:
                members = [member for member, programme in new if programme == programme_id]
                by_member = stored_facts.read_bought(members, programme_id)
                found |= {(member, programme_id): bought for member, bought in by_member.items()}
        return found

    def _read_facts(self, new: list[Pair], schemes: Mapping[int, Scheme]) -> None:
        fresh = {pair: self._buyers[pair] for pair in new}
        members = {member for member, _programme in new}
        if not members:
            return
        bought = self._read_bought(new, schemes)
        for row in MemberFacts.objects.filter(member_id__in=members):
            pair = row.member_id, row.programme_id
            if buyer := fresh.get(pair):
                buyer.facts = stored_facts.known(row, bought.get(pair))
        held = Receipt.objects.filter(status=Receipt.Status.HELD, member_id__in=members)
        for one in held.only("member_id", "programme_id", "hold_until", "to_pay", "purchased_at"):
            buyer = fresh.get((one.member_id, one.programme_id)) if one.member_id else None
            if buyer is not None and one.hold_until is not None:
                buyer.held.append((one.hold_until, one.to_pay, one.purchased_at))
        uses = Usage.objects.filter(member_id__in=members)
        for use in uses.annotate(programme_id=F("campaign__programme_id")):
            if buyer := fresh.get((use.member_id, use.programme_id)):
                buyer.used.setdefault(use.period, {})[use.campaign_id] = Used(use.times, use.points)
