"""Points that were spent, given back to the very lots they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from loyalty.ledger import ledger, lots, provenance, repayment, revocation
from loyalty.ledger.passbook import ZERO, Cause, OpenLot, Passbook
from loyalty.ledger.revocation import GIVING_BACK, SPENDING
from loyalty.models import Debt, Lot, LotUse, Transfer


@dataclass(slots=True)
class Spending:
    """Points that left an account. ``uses`` are the lots they came from and what is not given back, in order."""

    transfer_id: UUID
    counterpart_id: UUID
    uses: Sequence[tuple[OpenLot, Decimal]]

    @property
    def outstanding(self) -> Decimal:
        """Points spent and not given back."""
        return sum((points for _lot, points in self.uses), ZERO)


def spending_of(receipt_id: UUID) -> Spending | None:
    """The receipt's spending, or None. Runs under the account's lock."""
    transfers = list(Transfer.objects.filter(receipt_id=receipt_id))
    spent = next((t for t in transfers if t.kind in SPENDING), None)
    if spent is None:
        return None
    back = [t.id for t in transfers if t.kind in GIVING_BACK]
    taken = list(LotUse.objects.filter(transfer=spent).order_by("id").values_list("lot_id", "points"))
    taken += LotUse.objects.filter(transfer__in=back, points__lt=0).values_list("lot_id", "points")
    heirs = Lot.objects.filter(transfer__in=back, origin__isnull=False).values_list("origin_id", "points")
    taken += [(origin_id, -points) for origin_id, points in heirs if origin_id is not None]
    captured = next((t for t in transfers if t.kind == "capture"), None)
    return Spending(
        spent.id,
        captured.target_id if captured else spent.target_id,
        _outstanding(taken),
    )


def taken_by_hand(transfer: Transfer) -> Spending:
    """What a transfer made by hand took, as shifts since then have it. Runs under the account's lock."""
    uses = LotUse.objects.filter(transfer=transfer).order_by("id").values_list("lot_id", "points")
    return Spending(transfer.id, transfer.target_id, _outstanding(uses))


def _outstanding(uses: Iterable[tuple[UUID, Decimal]]) -> list[tuple[OpenLot, Decimal]]:
    known = list(uses)
    rows = Lot.objects.in_bulk({lot_id for lot_id, _points in known})
    return revocation.outstanding((ledger.open_lot(rows[lot_id]), points) for lot_id, points in known)


def restore(
    book: Passbook,
    spending: Spending,
    points: Decimal,
    key: str,
    cause: Cause,
    *,
    grace: datetime,
    kind: str = "restore",
) -> None:
    """Give back some of what was spent, the last taken first, and let it pay what was repaid or forgiven for its lots.

    What would come back to an expired lot lives until ``grace``. Runs under the account's lock.
    """
    chosen = [(book.lots.get(lot.id, lot), part) for lot, part in lots.to_give_back(spending.uses, points)]
    back = book.give_back(
        kind, spending.counterpart_id, chosen, key, cause, reverses_id=spending.transfer_id, grace=grace
    )
    originals = [lot.origin_id or lot.id for lot in back]
    if Debt.objects.filter(lot_id__in=originals).exists():
        repayment.reclaim(book, back, provenance.repaid, f"{key}:reclaim", cause)
