"""What the books say of a receipt's points: which lots it spent from, which it gave, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from loyalty import ledger, lots, takebacks
from loyalty.models import Debt, Lot, LotUse, Transfer
from loyalty.passbook import ZERO, Cause, OpenLot, Passbook
from loyalty.takebacks import GIVING_BACK, SPENDING, Granted, PastDebt, PastUse, Settled

revoke = takebacks.revoke


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
    spent = next((t for t in transfers if t.kind in SPENDING), None)
    if spent is None:
        return None
    taken: dict[UUID, Decimal] = {}
    for lot_id, points in (
        LotUse.objects.filter(transfer=spent).order_by("id").values_list("lot_id", "points")
    ):
        taken[lot_id] = taken.get(lot_id, ZERO) + points
    back = [t.id for t in transfers if t.kind in GIVING_BACK]
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
    """Give back some of what a receipt spent, the last taken first. Runs under the account's lock."""
    chosen = [(book.lots.get(lot.id, lot), part) for lot, part in lots.to_give_back(spending.uses, points)]
    book.give_back(
        kind, spending.counterpart_id, chosen, key, cause, reverses_id=spending.transfer_id, grace=grace
    )
    replaced = {lot.origin_id: lot for lot in book.fresh_lots if lot.origin_id}
    back = [replaced.get(lot.id, lot) for lot, _part in chosen]
    originals = [lot.origin_id or lot.id for lot in back]
    if Debt.objects.filter(lot_id__in=originals).exists():
        takebacks.reclaim(book, back, _settled, f"{key}:reclaim", cause)


def granted_by(receipt_id: UUID, campaign_id: int, taken: Mapping[str, Decimal]) -> list[Granted]:
    """The lots a campaign gave for a receipt, the newest first, and what became of each."""
    given = Lot.objects.filter(
        transfer__receipt_id=receipt_id, transfer__kind="accrue", transfer__revision__campaign_id=campaign_id
    )
    return [_granted(row, taken.get(str(row.id), ZERO)) for row in given.order_by("-transfer__at", "-id")]


def _granted(row: Lot, taken: Decimal) -> Granted:
    uses = LotUse.objects.filter(lot=row).order_by("-id")
    return Granted(
        ledger.open_lot(row),
        taken,
        [
            PastUse(*use)
            for use in uses.values_list("transfer_id", "transfer__kind", "transfer__receipt_id", "points")
        ],
        _debts(row.id),
    )


def _debts(lot_id: UUID) -> list[PastDebt]:
    rows = Debt.objects.filter(lot_id=lot_id).order_by("id").values_list("transfer_id", "points")
    return [PastDebt(*row) for row in rows]


def _settled(lot_id: UUID) -> Settled:
    """How debts because of a lot were settled."""
    debts = _debts(lot_id)
    payers: dict[UUID, list[tuple[OpenLot, Decimal]]] = {}
    for transfer_id in {debt.transfer_id for debt in debts if debt.transfer_id is not None}:
        net = LotUse.objects.filter(transfer_id=transfer_id).values_list("lot_id").annotate(Sum("points"))
        paid = dict(net)
        rows = Lot.objects.in_bulk(list(paid))
        payers[transfer_id] = [(ledger.open_lot(rows[lot]), points) for lot, points in sorted(paid.items())]
    return Settled(debts, payers)
