"""An account's life in memory: the entries that purchases and returns make on a passbook, and the books so far.

It does with rows in memory what ``loyalty.ledger.restoration`` does with rows in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from loyalty.ledger import lots, repayment, revocation
from loyalty.ledger.passbook import (
    ZERO,
    Cause,
    DebtRow,
    Institutions,
    LotTerms,
    OpenLot,
    Passbook,
    TransferRow,
    UseRow,
    new_id,
)
from loyalty.ledger.repayment import Repaid
from loyalty.ledger.revocation import Granted, PastDebt, PastUse

START = datetime(2026, 1, 1, tzinfo=UTC)
OWN = Institutions(new_id(), new_id(), new_id(), new_id())


@dataclass
class Purchase:
    """A purchase: what it spent, the lots it gave, and what its returns have moved back."""

    id: UUID
    spent: Decimal
    spending: UUID | None
    given: list[UUID]
    restored: Decimal = ZERO
    taken: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))


class Life:
    """One account with everything that was ever written about it."""

    def __init__(self, policy: str = "debt") -> None:
        self.book = Passbook(new_id(), OWN)
        self.policy = policy
        self.now = START
        self.lots: dict[UUID, OpenLot] = {}
        self.transfers: dict[UUID, TransferRow] = {}
        self.uses: list[UseRow] = []
        self.debts: list[DebtRow] = []
        self.purchases: list[Purchase] = []
        self.granted = ZERO

    # What happens

    def grant(self, points: Decimal, days: int | None = None) -> None:
        self.book.accrue(points, self._terms(days), str(new_id()), Cause(self.now))
        self.granted += points
        self._post()

    def buy(self, wish: Decimal, earn: Sequence[Decimal], days: int | None = None) -> Purchase:
        receipt = new_id()
        cause = Cause(self.now, receipt)
        spent = min(wish, self.book.spendable(self.now))
        spending = None
        if spent:
            uses = lots.take(self.book, spent, self.now)
            spending = self.book.spend("redeem", OWN.hold, uses, str(new_id()), cause)
        given = []
        for points in earn:
            transfer = self.book.accrue(points, self._terms(days), str(new_id()), cause)
            given += [lot.id for lot in self.book.fresh_lots if lot.transfer_id == transfer]
        purchase = Purchase(receipt, spent, spending, given)
        self.purchases.append(purchase)
        self._post()
        return purchase

    def give_back(self, purchase: Purchase, part: Decimal) -> tuple[Decimal, Decimal]:
        """Return a part of what remains of a purchase. Gives what was revoked and what is owed."""
        cause = Cause(self.now, purchase.id)
        restored = _share(purchase.spent - purchase.restored, part)
        if restored:
            self._restore(purchase, restored, cause)
        revoked = owed = ZERO
        for lot_id in purchase.given:
            points = _share(self.lots[lot_id].points - purchase.taken[lot_id], part)
            if points:
                got, missing = self._revoke(purchase, lot_id, points, cause)
                revoked, owed = revoked + got, owed + missing
        self._post()
        return revoked, owed

    def expire(self) -> None:
        gone = [(lot.id, lot.remaining) for lot in self.book.lots.values() if lot.expired_at(self.now)]
        if any(points for _lot, points in gone):
            self.book.spend("expire", OWN.expiry, gone, str(new_id()), Cause(self.now))
        self._post()

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    # What is there

    def remaining(self, lot_id: UUID) -> Decimal:
        return self.lots[lot_id].remaining

    @property
    def forgiving(self) -> bool:
        """Whether debts are forgiven: never, always, or once the fifth purchase was made."""
        return self.policy == "forgive" or (self.policy == "changed" and len(self.purchases) >= 5)

    def family(self, lot_id: UUID) -> tuple[Decimal, Decimal]:
        """Points of a lot and its heirs that are there, and those that ran out."""
        lots_ = {lot.id: lot.remaining for lot in self.lots.values() if lot_id in (lot.id, lot.origin_id)}
        ran_out = (
            use.points
            for use in self.uses
            if use.lot_id in lots_ and self.transfers[use.transfer_id].kind == "expire"
        )
        return sum(lots_.values(), ZERO), sum(ran_out, ZERO)

    def picture(self) -> tuple[Decimal, Decimal, dict[UUID, Decimal]]:
        """What a purchase followed by its returns must leave as it was."""
        held = {lot.id: lot.remaining for lot in self.lots.values() if lot.remaining}
        return self.book.balance, self.book.owed, held

    def given_back(self, purchase: Purchase) -> bool:
        everything = sum((self.lots[lot].points for lot in purchase.given), ZERO)
        return purchase.restored == purchase.spent and sum(purchase.taken.values(), ZERO) == everything

    def check(self) -> None:
        """What the audit asks of an account."""
        account = self.book.account_id
        assert self.book.balance == sum((lot.remaining for lot in self.lots.values()), ZERO)
        moved = sum(
            (t.points if t.target_id == account else -t.points for t in self.transfers.values()), ZERO
        )
        assert self.book.balance == moved
        assert self.book.owed == sum((debt.points for debt in self.debts), ZERO) >= 0
        used: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
        of_transfer: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
        for use in self.uses:
            used[use.lot_id] += use.points
            of_transfer[use.transfer_id] -= use.points
        for lot in self.lots.values():
            assert ZERO <= lot.remaining == lot.points - used[lot.id] <= lot.points
            assert lot.transfer_id is not None
            of_transfer[lot.transfer_id] += lot.points
        for transfer in self.transfers.values():
            expected = transfer.points if transfer.target_id == account else -transfer.points
            assert of_transfer[transfer.id] == expected
        owed_for: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
        for debt in self.debts:
            owed_for[debt.lot_id] += debt.points
        assert all(ZERO <= points <= self.lots[lot].points for lot, points in owed_for.items())

    # Inside

    def _terms(self, days: int | None) -> LotTerms:
        return LotTerms(self.now, None, self.now + timedelta(days=days) if days is not None else None)

    def _restore(self, purchase: Purchase, points: Decimal, cause: Cause) -> None:
        assert purchase.spending is not None
        back = [t.id for t in self.transfers.values() if t.kind == "restore" and t.receipt_id == purchase.id]
        taken = [
            (self.lots[use.lot_id], use.points)
            for use in self.uses
            if use.transfer_id == purchase.spending or (use.transfer_id in back and use.points < 0)
        ]
        heirs = [lot for lot in self.lots.values() if lot.transfer_id in back]
        taken += [(self.lots[lot.origin_id], -lot.points) for lot in heirs if lot.origin_id is not None]
        chosen = lots.to_give_back(revocation.outstanding(taken), points)
        homecoming = self.book.give_back(
            "restore", OWN.hold, chosen, str(new_id()), cause,
            reverses_id=purchase.spending, grace=self.now + timedelta(days=5),
        )  # fmt: skip
        repayment.reclaim(self.book, homecoming, self._settled, str(new_id()), cause)
        purchase.restored += points

    def _revoke(
        self, purchase: Purchase, lot_id: UUID, points: Decimal, cause: Cause
    ) -> tuple[Decimal, Decimal]:
        lot = self.lots[lot_id]
        heirs = [heir for heir in self.lots.values() if heir.origin_id == lot_id]
        family = {lot_id, *(heir.id for heir in heirs)}
        used = [(u.transfer_id, u.lot_id, u.points) for u in reversed(self.uses) if u.lot_id in family]
        used += [(heir.transfer_id, lot_id, -heir.points) for heir in heirs if heir.transfer_id is not None]
        uses = [
            PastUse(t.id, t.kind, t.receipt_id, used_lot, part)
            for transfer_id, used_lot, part in used
            if (t := self.transfers[transfer_id])
        ]
        granted = Granted(lot, purchase.taken[lot_id], uses, self._settled(lot_id).debts, heirs)
        got, missing = revocation.revoke(
            self.book, granted, points, str(new_id()), cause, forgiving=self.forgiving
        )
        assert got + missing <= points
        purchase.taken[lot_id] += points
        return got, missing

    def _settled(self, lot_id: UUID) -> Repaid:
        debts = [PastDebt(d.transfer_id, d.points) for d in self.debts if d.lot_id == lot_id]
        payers: dict[UUID, list[tuple[OpenLot, Decimal]]] = {}
        for debt in debts:
            if debt.transfer_id is not None:
                net: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
                for use in self.uses:
                    if use.transfer_id == debt.transfer_id:
                        net[use.lot_id] += use.points
                payers[debt.transfer_id] = [(self.lots[lot], points) for lot, points in net.items()]
        return Repaid(debts, payers)

    def _post(self) -> None:
        self.lots |= {lot.id: lot for lot in self.book.lots.values()}
        self.transfers |= {row.id: row for row in self.book.transfers}
        self.uses += self.book.uses
        self.debts += self.book.debt_rows
        moved: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
        for use in self.book.uses:
            moved[use.lot_id] += use.points
        for lot in self.book.lots.values():  # what ``ledger.post`` writes is what happened
            if not lot.fresh:
                assert self.book.moved.get(lot.id, ZERO) == moved[lot.id]
        self.book.turn_page()
        self.check()


def _share(points: Decimal, part: Decimal) -> Decimal:
    return points if part == 1 else (points * part).quantize(Decimal("0.01"))
