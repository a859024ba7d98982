"""How points are taken back that a purchase gave, and that may be spent already.

Pure, on a ``Passbook``, with what the books say of the lots. The prose is in ``docs/algorithms/returns.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from loyalty import lots
from loyalty.passbook import ZERO, Cause, OpenLot, Passbook

#: Kinds of transfers by which a receipt takes points, and by which its returns give them back.
SPENDING = ("redeem", "hold")
GIVING_BACK = ("restore", "release")


class PastUse(NamedTuple):
    """A use of a lot that is in the books, and what its transfer was for."""

    transfer_id: UUID
    kind: str
    receipt_id: UUID | None
    points: Decimal


class PastDebt(NamedTuple):
    """A debt because of a lot that is in the books; one that has a transfer was repaid by it."""

    transfer_id: UUID | None
    points: Decimal


@dataclass(slots=True)
class Granted:
    """A lot that a purchase gave, and all that the books say of it, the latest ``uses`` first.

    ``taken`` is what earlier returns had to take back of it, whether they could or not.
    """

    lot: OpenLot
    taken: Decimal = ZERO
    uses: Sequence[PastUse] = ()
    debts: Sequence[PastDebt] = ()


def revoke(
    book: Passbook, granted: Granted, points: Decimal, key: str, cause: Cause
) -> tuple[Decimal, Decimal]:
    """Take back ``points`` of a lot that a purchase gave. Returns what was taken and what is owed.

    First what remains of the lot. Then, if its points were spent, the spending is shifted to other
    points of the account, so that a later return of that other purchase gives those back and nothing
    of this one survives. What ran out unspent is gone already and is not owed. The rest is owed.
    """
    lot = book.lots.setdefault(granted.lot.id, granted.lot)
    accounted, spendings = _trace(book, granted)
    available = min(points, lot.remaining)
    left = max(ZERO, min(points - available, granted.taken + points - accounted - available))
    for transfer_id, spent in spendings:
        for other in _substitutes(book, lot):
            part = min(left, spent, other.remaining)
            if part > 0 and not other.expired_at(cause.at):
                book.shift(transfer_id, lot, other, part)
                left, spent = left - part, spent - part
    available = min(points, lot.remaining)
    if available > 0:
        book.spend("revoke", lot.funder_id or book.institutions.issuance, [(lot.id, available)], key, cause)
    return available, left


def _trace(book: Passbook, granted: Granted) -> tuple[Decimal, list[tuple[UUID, Decimal]]]:
    """What became of a lot, by the books and what the passbook has noted since.

    Gives how many points are accounted for, so that nobody can be asked for them again: revoked, noted as
    a debt (repaid or forgiven since or not), or expired unspent. And the transfers that still have points
    of the lot, the latest first. What a receipt spent and what its returns gave back are one spending.
    Points of the lot that repaid a debt for the lot itself are none: they are where they belong.
    """
    accounted = ZERO
    repaid: dict[UUID, Decimal] = {}
    noted = (PastDebt(row.transfer_id, row.points) for row in book.debt_rows if row.lot_id == granted.lot.id)
    for debt in (*granted.debts, *noted):
        if debt.transfer_id is None:
            accounted += max(debt.points, ZERO)
        else:
            repaid[debt.transfer_id] = repaid.get(debt.transfer_id, ZERO) - min(debt.points, ZERO)
    spendings: dict[UUID, tuple[UUID, Decimal]] = {}
    for use in (*_uses_since(book, granted), *granted.uses):
        if use.kind in ("revoke", "expire"):
            accounted += use.points
            continue
        by_receipt = use.kind in (*SPENDING, *GIVING_BACK)
        key = (use.receipt_id if by_receipt else None) or use.transfer_id
        spender, points = spendings.get(key, (use.transfer_id, ZERO))
        spendings[key] = (use.transfer_id if use.kind in SPENDING else spender, points + use.points)
    left = [
        (spender, points - min(points, repaid.get(spender, ZERO))) for spender, points in spendings.values()
    ]
    return accounted, [(spender, points) for spender, points in left if points > 0]


def _uses_since(book: Passbook, granted: Granted) -> list[PastUse]:
    """The uses of the lot that the passbook has noted since the books were read, the latest first."""
    known = {use.transfer_id: (use.kind, use.receipt_id) for use in granted.uses}
    known |= {row.id: (row.kind, row.receipt_id) for row in book.transfers}
    return [
        PastUse(row.transfer_id, *known.get(row.transfer_id, (SPENDING[0], None)), row.points)
        for row in reversed(book.uses)
        if row.lot_id == granted.lot.id
    ]


def _substitutes(book: Passbook, lot: OpenLot) -> list[OpenLot]:
    """The lots that can stand in for one: first those that replace it since it expired."""
    others = [other for other in book.lots.values() if other is not lot]
    return sorted(lots.in_order(others), key=lambda other: other.origin_id != lot.id)


@dataclass(slots=True)
class Settled:
    """How debts because of a lot were settled: all its ``debts``, and for each transfer that repaid some
    which lots it took points from, ``payers``."""

    debts: Sequence[PastDebt] = ()
    payers: Mapping[UUID, Sequence[tuple[OpenLot, Decimal]]] = field(default_factory=dict)


def reclaim(
    book: Passbook, back: Iterable[OpenLot], settled: Callable[[UUID], Settled], key: str, cause: Cause
) -> None:
    """Let points that came back to lots pay what was paid or forgiven for these lots meanwhile.

    A lot was to be taken back while its points were spent; the debt was repaid by the account's other
    points, or forgiven. Now the spending is undone and the points are here: they pay, and the others
    are whole again, which may be said of those in turn. ``back`` are the lots that got points: those
    they came from, or the ones that replace those. ``settled`` tells of a lot by its id.
    """
    waiting = list(back)
    while waiting:
        lot = waiting.pop(0)
        original = lot.origin_id or lot.id
        repaid, forgiven = _settlements(book, original, settled)
        for transfer_id, points in repaid.items():
            paid = _paid_now(book, transfer_id, settled(original).payers.get(transfer_id, ()))
            left = points - sum(
                (part for payer, part in paid if original in (payer.id, payer.origin_id)), ZERO
            )
            for payer, part in paid:
                if original in (payer.id, payer.origin_id):
                    continue
                for_itself = _settlements(book, payer.origin_id or payer.id, settled)[0].get(
                    transfer_id, ZERO
                )
                part = min(left, part - for_itself, lot.remaining)
                if part > 0:
                    book.shift(transfer_id, payer, lot, part)
                    waiting.append(payer)
                    left -= part
        part = min(forgiven, lot.remaining)
        if part > 0:
            book.repay_forgiven(original, [(lot.id, part)], f"{key}:{lot.id}", cause)


def _settlements(
    book: Passbook, lot_id: UUID, settled: Callable[[UUID], Settled]
) -> tuple[dict[UUID, Decimal], Decimal]:
    """What transfers repaid for a lot, and what is forgiven and not taken since."""
    repaid: dict[UUID, Decimal] = {}
    forgiven = ZERO
    noted = (PastDebt(row.transfer_id, row.points) for row in book.debt_rows if row.lot_id == lot_id)
    for debt in (*settled(lot_id).debts, *noted):
        if debt.transfer_id is None:
            forgiven -= min(debt.points, ZERO)
        else:
            repaid[debt.transfer_id] = repaid.get(debt.transfer_id, ZERO) - debt.points
            forgiven -= max(debt.points, ZERO)
    return repaid, forgiven


def _paid_now(
    book: Passbook, transfer_id: UUID, past: Iterable[tuple[OpenLot, Decimal]]
) -> list[tuple[OpenLot, Decimal]]:
    """Which lots a transfer has points of, by the books and by what the passbook has noted since."""
    payers, paid = {}, {}
    for lot, points in past:
        payers[lot.id], paid[lot.id] = lot, points
    for row in book.uses:
        if row.transfer_id == transfer_id:
            paid[row.lot_id] = paid.get(row.lot_id, ZERO) + row.points
    for lot_id in paid:
        if lot_id not in book.lots:
            book.lots[lot_id] = payers[lot_id]
    return [(book.lots[lot_id], points) for lot_id, points in paid.items() if points > 0]
