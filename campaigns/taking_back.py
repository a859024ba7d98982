"""What the books say of a receipt's points: which lots it spent from, which it gave, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from loyalty import ledger, lots
from loyalty.lots import Granted
from loyalty.models import Lot, LotUse, Transfer
from loyalty.passbook import ZERO, Cause, OpenLot, Passbook

revoke = lots.revoke
_SPENDING = ("redeem", "hold")
_GIVING_BACK = ("restore", "release")


@dataclass(slots=True)
class Spending:
    """The points a receipt spent. ``uses`` are the lots they came from and what is not given back, in order."""

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
    spent = next((t for t in transfers if t.kind in _SPENDING), None)
    if spent is None:
        return None
    taken: dict[UUID, Decimal] = {}
    for lot_id, points in (
        LotUse.objects.filter(transfer=spent).order_by("id").values_list("lot_id", "points")
    ):
        taken[lot_id] = taken.get(lot_id, ZERO) + points
    back = [t.id for t in transfers if t.kind in _GIVING_BACK]
    for lot_id, points in LotUse.objects.filter(transfer__in=back, points__lt=0).values_list(
        "lot_id", "points"
    ):
        taken[lot_id] += points
    for origin_id, points in Lot.objects.filter(transfer__in=back).values_list("origin_id", "points"):
        if origin_id is not None:
            taken[origin_id] -= points
    captured = next((t for t in transfers if t.kind == "capture"), None)
    rows = Lot.objects.in_bulk(list(taken))
    return Spending(
        spent.id,
        captured.target_id if captured else spent.target_id,
        [(ledger.open_lot(rows[lot_id]), points) for lot_id, points in taken.items() if points],
    )


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
    """Give back some of what a receipt spent, the last taken first."""
    chosen = [(book.lots.get(lot.id, lot), part) for lot, part in lots.to_give_back(spending.uses, points)]
    book.give_back(
        kind, spending.counterpart_id, chosen, key, cause, reverses_id=spending.transfer_id, grace=grace
    )


def granted_by(receipt_id: UUID, campaign_id: int, taken: Mapping[str, Decimal]) -> list[Granted]:
    """The lots a campaign gave for a receipt, the newest first, and what became of each."""
    given = Lot.objects.filter(
        transfer__receipt_id=receipt_id, transfer__kind="accrue", transfer__revision__campaign_id=campaign_id
    )
    return [_granted(row, taken.get(str(row.id), ZERO)) for row in given.order_by("-transfer__at", "-id")]


def _granted(row: Lot, taken: Decimal) -> Granted:
    revoked = expired = ZERO
    spendings: dict[tuple[str, UUID], tuple[UUID, Decimal]] = {}
    uses = LotUse.objects.filter(lot=row).select_related("transfer").order_by("-id")
    for use in uses:
        transfer = use.transfer
        if transfer.kind == "revoke":
            revoked += use.points
        elif transfer.kind == "expire":
            expired += use.points
        else:
            of_receipt = transfer.kind in (*_SPENDING, *_GIVING_BACK) and transfer.receipt_id is not None
            key = ("receipt", transfer.receipt_id) if of_receipt else ("transfer", transfer.id)
            spender, net = spendings.get(key, (transfer.id, ZERO))  # type: ignore[arg-type]
            if transfer.kind in _SPENDING:
                spender = transfer.id
            spendings[key] = (spender, net + use.points)  # type: ignore[index]
    return Granted(
        ledger.open_lot(row), taken, revoked, expired, [(t, net) for t, net in spendings.values() if net > 0]
    )
