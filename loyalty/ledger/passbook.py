"""A member's account while it is being written: entries are applied in memory and collected as rows.

Pure: no database, no clock. ``loyalty.ledger.ledger`` loads a passbook, a use case makes its entries,
``ledger.post`` writes the rows; the bulk path keeps passbooks in memory and writes by COPY. Both
make the same entries with the same code, so they cannot differ.

Every entry keeps law 1: the balance moves by exactly what the lots move by, and by one transfer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import uuid_utils

ZERO = Decimal(0)


def new_id() -> UUID:
    """A new UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)


class TransferRow(NamedTuple):
    """A row of ``Transfer``, column by column."""

    id: UUID
    kind: str
    source_id: UUID
    target_id: UUID
    points: Decimal
    key: str
    at: datetime
    source_balance: Decimal | None
    target_balance: Decimal | None
    reverses_id: UUID | None
    receipt_id: UUID | None
    revision_id: int | None
    reason: str
    user_id: int | None


class UseRow(NamedTuple):
    """A row of ``LotUse``: points a transfer took from a lot, negative when it gave them back."""

    transfer_id: UUID
    lot_id: UUID
    points: Decimal


class DebtRow(NamedTuple):
    """A row of ``Debt``: points owed because of a lot, negative when repaid."""

    account_id: UUID
    lot_id: UUID
    transfer_id: UUID | None
    points: Decimal
    at: datetime


@dataclass(slots=True)
class OpenLot:
    """A lot of the account; ``fresh`` when this passbook made it."""

    id: UUID
    account_id: UUID
    transfer_id: UUID | None
    points: Decimal
    remaining: Decimal
    earned_at: datetime
    active_from: datetime | None = None
    expires_at: datetime | None = None
    terms: Mapping[str, Any] | None = None
    funder_id: UUID | None = None
    origin_id: UUID | None = None
    pending: bool = False
    fresh: bool = False

    def spendable_at(self, moment: datetime) -> bool:
        """Whether the lot's dates let it be spent at ``moment``."""
        return (self.active_from is None or self.active_from <= moment) and not self.expired_at(moment)

    def expired_at(self, moment: datetime) -> bool:
        """Whether the lot's life is over at ``moment``; its last moment is ``expires_at`` itself."""
        return self.expires_at is not None and self.expires_at < moment


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry is made: when it is booked, and what stands behind it."""

    at: datetime
    receipt_id: UUID | None = None
    reason: str = ""
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Institutions:
    """The programme's own accounts, by kind."""

    issuance: UUID
    expiry: UUID
    hold: UUID
    exchange: UUID


class LotTerms(NamedTuple):
    """The terms on which points are given: when earned, from when and until when spendable, on what."""

    earned_at: datetime
    active_from: datetime | None = None
    expires_at: datetime | None = None
    terms: Mapping[str, Any] | None = None
    funder_id: UUID | None = None


@dataclass(slots=True)
class Passbook:
    """One member's account, its open lots, and the rows written so far.

    ``version`` is the account's at reading: ``ledger.post`` writes only if it is still the same.
    ``debts`` are the open ones, ``{lot id: points}``, oldest first. ``creditors`` are the accounts of payers that
    get them, ``{lot id: account}``: those who paid for these lots; other debts are owed to the programme.
    """

    account_id: UUID
    institutions: Institutions
    balance: Decimal = ZERO
    owed: Decimal = ZERO
    version: int = 0
    lots: dict[UUID, OpenLot] = field(default_factory=dict)
    debts: dict[UUID, Decimal] = field(default_factory=dict)
    creditors: dict[UUID, UUID] = field(default_factory=dict)
    transfers: list[TransferRow] = field(default_factory=list)
    uses: list[UseRow] = field(default_factory=list)
    debt_rows: list[DebtRow] = field(default_factory=list)
    moved: dict[UUID, Decimal] = field(default_factory=dict)
    #: The kinds of the earlier transfers whose points were shifted to other lots.
    shifted: dict[UUID, str] = field(default_factory=dict)
    balance_delta: Decimal = ZERO
    owed_delta: Decimal = ZERO
    #: Something that the account's version guards was written beside it (facts, limits).
    touched: bool = False

    # What is there

    def spendable(self, moment: datetime) -> Decimal:
        """Points that may be spent at ``moment``."""
        return sum((lot.remaining for lot in self.lots.values() if lot.spendable_at(moment)), ZERO)

    def pending(self, moment: datetime) -> Decimal:
        """Points that become active only after ``moment``, while their life is not over."""
        return sum(
            (
                lot.remaining
                for lot in self.lots.values()
                if lot.active_from is not None and lot.active_from > moment and not lot.expired_at(moment)
            ),
            ZERO,
        )

    # Entries

    def accrue(
        self,
        points: Decimal,
        terms: LotTerms,
        key: str,
        cause: Cause,
        *,
        kind: str = "accrue",
        source: UUID | None = None,
        revision_id: int | None = None,
        reverses_id: UUID | None = None,
        origin_id: UUID | None = None,
    ) -> UUID:
        """Give points as a new lot; what the account owes is repaid from it at once. Returns the transfer's id."""
        transfer_id = self._transfer(
            kind, points, key, cause, source=source or self.institutions.issuance,
            revision_id=revision_id, reverses_id=reverses_id,
        )  # fmt: skip
        lot = OpenLot(
            id=new_id(),
            account_id=self.account_id,
            transfer_id=transfer_id,
            points=points,
            remaining=points,
            earned_at=terms.earned_at,
            active_from=terms.active_from,
            expires_at=terms.expires_at,
            terms=terms.terms,
            funder_id=terms.funder_id,
            origin_id=origin_id,
            pending=terms.active_from is not None and terms.active_from > cause.at,
            fresh=True,
        )
        self.lots[lot.id] = lot
        self._repay([lot], transfer_id, cause)
        return transfer_id

    def spend(
        self,
        kind: str,
        target: UUID,
        uses: Iterable[tuple[UUID, Decimal]],
        key: str,
        cause: Cause,
        *,
        revision_id: int | None = None,
        reverses_id: UUID | None = None,
    ) -> UUID:
        """Take points out of lots: spent, held, expired, taken back, deducted. Returns the transfer's id."""
        taken = [(lot_id, points) for lot_id, points in uses if points]
        total = sum((points for _, points in taken), ZERO)
        transfer_id = self._transfer(
            kind, total, key, cause, target=target, revision_id=revision_id, reverses_id=reverses_id
        )
        for lot_id, points in taken:
            self._move(transfer_id, self.lots[lot_id], points)
        return transfer_id

    def give_back(
        self,
        kind: str,
        source: UUID,
        uses: Sequence[tuple[OpenLot, Decimal]],
        key: str,
        cause: Cause,
        *,
        reverses_id: UUID | None,
        grace: datetime | None = None,
    ) -> list[OpenLot]:
        """Return points to the lots they were taken from. Returns the lots that have got them.

        A lot that has expired by ``cause.at`` cannot take them: its points come back as a new lot, its
        heir, that lives until ``grace`` and names as its origin the first lot that held these points.
        """
        back = []
        alive = [(lot, points) for lot, points in uses if grace is None or not lot.expired_at(cause.at)]
        if alive:
            total = sum((points for _, points in alive), ZERO)
            transfer_id = self._transfer(kind, total, key, cause, source=source, reverses_id=reverses_id)
            for lot, points in alive:
                self.lots.setdefault(lot.id, lot)
                self._move(transfer_id, lot, -points)
            back = [lot for lot, _ in alive]
            self._repay(back, transfer_id, cause)
        for lot, points in uses:
            if grace is not None and lot.expired_at(cause.at):
                terms = LotTerms(lot.earned_at, None, grace, lot.terms, lot.funder_id)
                heir = self.accrue(
                    points, terms, f"{key}:{lot.id}", cause,
                    kind=kind, source=source, reverses_id=reverses_id, origin_id=lot.origin_id or lot.id,
                )  # fmt: skip
                back += [lot for lot in self.lots.values() if lot.transfer_id == heir]
        return back

    def hand_to(
        self,
        other: Passbook,
        uses: Iterable[tuple[UUID, Decimal]],
        key: str,
        cause: Cause,
        *,
        kind: str = "move",
        in_use: datetime | None = None,
        reverses_id: UUID | None = None,
    ) -> UUID:
        """Move points to another account of the programme: each lot's part is a lot there, on the same terms.

        ``in_use`` is when this account last was, where points lapse: they lapse there no sooner than here. What the
        other account owes is repaid from it at once. Both books are to be posted together. Returns the transfer's id.
        """
        taken = [(self.lots[lot_id], points) for lot_id, points in uses if points]
        total = sum((points for _lot, points in taken), ZERO)
        transfer_id = self._transfer(
            kind, total, key, cause, target=other.account_id, reverses_id=reverses_id
        )
        other.balance += total
        other.balance_delta += total
        other.touched = True
        self.transfers[-1] = self.transfers[-1]._replace(target_balance=other.balance)
        fresh = []
        for lot, points in taken:
            self._move(transfer_id, lot, points)
            heir = OpenLot(
                new_id(), other.account_id, transfer_id, points, points,
                max(lot.earned_at, in_use) if in_use else lot.earned_at, lot.active_from,
                lot.expires_at, lot.terms, lot.funder_id, None, lot.pending, fresh=True,
            )  # fmt: skip
            other.lots[heir.id] = heir
            fresh.append(heir)
        other._repay(fresh, transfer_id, cause)
        return transfer_id

    def capture(self, points: Decimal, target: UUID, key: str, cause: Cause, *, reverses_id: UUID) -> None:
        """Let held points reach ``target``: they left this account when they were held."""
        self.transfers.append(
            TransferRow(
                new_id(),
                "capture",
                self.institutions.hold,
                target,
                points,
                key,
                cause.at,
                None,
                None,
                reverses_id,
                cause.receipt_id,
                None,
                cause.reason,
                cause.user_id,
            )
        )

    def shift(
        self, transfer_id: UUID, kind: str, origin: OpenLot, substitute: OpenLot, points: Decimal
    ) -> None:
        """Let an earlier spending have come from another lot of the account; the balance does not move."""
        self.shifted[transfer_id] = kind
        self._move(transfer_id, origin, -points)
        self._move(transfer_id, substitute, points)

    def owe(self, lot_id: UUID, points: Decimal, at: datetime) -> None:
        """Note points that should be taken back but are spent: they are repaid from the next ones."""
        if (known := self.lots.get(lot_id)) is not None and known.funder_id is not None:
            self.creditors[lot_id] = known.funder_id
        self._debt(lot_id, points, None, at)

    def forgive(self, lot_id: UUID, points: Decimal, at: datetime) -> None:
        """Note points that should be taken back but are spent, and that nobody has to repay them.

        Should the spending be undone, ``repayment.reclaim`` still takes them.
        """
        self._debt(lot_id, points, None, at)
        self._debt(lot_id, -points, None, at)

    def repay_forgiven(
        self, lot_id: UUID, uses: Sequence[tuple[UUID, Decimal]], key: str, cause: Cause
    ) -> None:
        """Take points that came back although they had been forgiven."""
        points = sum((part for _, part in uses), ZERO)
        transfer_id = self.spend("repay", self._creditor(lot_id), uses, key, cause)
        self._debt(lot_id, points, transfer_id, cause.at)
        self._debt(lot_id, -points, transfer_id, cause.at)

    # Rows

    def _transfer(
        self,
        kind: str,
        points: Decimal,
        key: str,
        cause: Cause,
        *,
        source: UUID | None = None,
        target: UUID | None = None,
        revision_id: int | None = None,
        reverses_id: UUID | None = None,
    ) -> UUID:
        if points <= 0:
            raise ValueError(f"A transfer moves points above zero, not {points} ({key}).")
        delta = points if target is None else -points
        self.balance += delta
        self.balance_delta += delta
        row = TransferRow(
            new_id(),
            kind,
            source or self.account_id,
            target or self.account_id,
            points,
            key,
            cause.at,
            None if source else self.balance,
            None if target else self.balance,
            reverses_id,
            cause.receipt_id,
            revision_id,
            cause.reason,
            cause.user_id,
        )
        self.transfers.append(row)
        return row.id

    def _move(self, transfer_id: UUID, lot: OpenLot, points: Decimal) -> None:
        remaining = lot.remaining - points
        if not ZERO <= remaining <= lot.points:
            raise ValueError(f"Lot {lot.id} holds {lot.remaining} of {lot.points}; it cannot give {points}.")
        lot.remaining = remaining
        self.uses.append(UseRow(transfer_id, lot.id, points))
        if not lot.fresh:
            self.moved[lot.id] = self.moved.get(lot.id, ZERO) + points

    def _repay(self, lots: Sequence[OpenLot], because: UUID, cause: Cause) -> None:
        """Repay what is owed from lots that got points: each what is owed for itself first, then the oldest."""
        if not self.owed:
            return
        uses: dict[UUID, dict[UUID, Decimal]] = {}
        left = {lot.id: lot.remaining for lot in lots}
        paid: dict[UUID, Decimal] = {}
        own = [(lot, lot.origin_id or lot.id) for lot in lots]
        for lot, debt in [*own, *((lot, debt) for lot in lots for debt in self.debts)]:
            open_debt = self.debts.get(debt, ZERO) - paid.get(debt, ZERO)
            part = min(open_debt, left[lot.id])
            if part > 0:
                mine = uses.setdefault(self._creditor(debt), {})
                mine[lot.id] = mine.get(lot.id, ZERO) + part
                paid[debt] = paid.get(debt, ZERO) + part
                left[lot.id] -= part
        for number, (creditor, taken) in enumerate(uses.items()):
            key = f"{because}:repay:{number}" if number else f"{because}:repay"
            transfer_id = self.spend("repay", creditor, taken.items(), key, cause)
            for debt, points in paid.items():
                if self._creditor(debt) == creditor:
                    self._debt(debt, -points, transfer_id, cause.at)

    def _creditor(self, lot_id: UUID) -> UUID:
        """Who gets what is owed for a lot: whoever paid for it."""
        known = self.lots.get(lot_id)
        paid_by = known.funder_id if known is not None else None
        return self.creditors.get(lot_id) or paid_by or self.institutions.issuance

    def _debt(self, lot_id: UUID, points: Decimal, transfer_id: UUID | None, at: datetime) -> None:
        self.owed += points
        self.owed_delta += points
        left = self.debts.get(lot_id, ZERO) + points
        if left:
            self.debts[lot_id] = left
        else:
            self.debts.pop(lot_id, None)
        self.debt_rows.append(DebtRow(self.account_id, lot_id, transfer_id, points, at))

    @property
    def written(self) -> bool:
        """Whether there is anything to post."""
        return bool(self.touched or self.transfers or self.uses or self.debt_rows)

    def turn_page(self) -> None:
        """Forget the rows that were posted: the next entries start from here. Fully used lots are dropped."""
        self.version += 1
        for lot in self.lots.values():
            lot.fresh = False
        self.lots = {lot.id: lot for lot in self.lots.values() if lot.remaining}
        self.transfers, self.uses, self.debt_rows, self.moved, self.shifted = [], [], [], {}, {}
        self.balance_delta = self.owed_delta = ZERO
        self.touched = False

    @property
    def fresh_lots(self) -> list[OpenLot]:
        """The lots that this passbook made."""
        return [lot for lot in self.lots.values() if lot.fresh]
