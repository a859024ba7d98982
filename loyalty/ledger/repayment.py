"""What points that came back pay: the debts that were made because of their lots while they were spent.

Pure, on a ``Passbook``, with what the books say of the debts. The prose is in ``docs/algorithms/returns.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from loyalty.ledger.passbook import ZERO, Cause, OpenLot, Passbook
from loyalty.ledger.revocation import PastDebt


@dataclass(slots=True)
class Repaid:
    """How debts because of a lot were settled: all its ``debts``, and for each transfer that repaid some
    which lots it took points from, ``payers``."""

    debts: Sequence[PastDebt] = ()
    payers: Mapping[UUID, Sequence[tuple[OpenLot, Decimal]]] = field(default_factory=dict)


def reclaim(
    book: Passbook, back: Iterable[OpenLot], settled: Callable[[UUID], Repaid], key: str, cause: Cause
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
            payers = settled(original).payers.get(transfer_id, ())
            own, others = _split(book, original, transfer_id, payers, settled)
            left = points - own
            for payer, part in others:
                part = min(left, part, lot.remaining)
                if part > 0:
                    book.shift(transfer_id, "repay", payer, lot, part)
                    waiting.append(payer)
                    left -= part
        part = min(forgiven, lot.remaining)
        if part > 0:
            if lot.funder_id is not None:
                book.creditors[original] = lot.funder_id
            book.repay_forgiven(original, [(lot.id, part)], f"{key}:{lot.id}", cause)


def _split(
    book: Passbook,
    original: UUID,
    transfer_id: UUID,
    payers: Iterable[tuple[OpenLot, Decimal]],
    settled: Callable[[UUID], Repaid],
) -> tuple[Decimal, list[tuple[OpenLot, Decimal]]]:
    """Of a repayment: what a lot and its heirs paid for itself, and what others paid that was not for themselves."""
    for_itself: dict[UUID, Decimal] = {}
    own = ZERO
    others = []
    for payer, points in _paid_now(book, transfer_id, payers):
        root = payer.origin_id or payer.id
        if root not in for_itself:
            for_itself[root] = _settlements(book, root, settled)[0].get(transfer_id, ZERO)
        part = min(points, for_itself[root])
        for_itself[root] -= part
        if root == original:
            own += part
        elif points > part:
            others.append((payer, points - part))
    return own, others


def _settlements(
    book: Passbook, lot_id: UUID, settled: Callable[[UUID], Repaid]
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
