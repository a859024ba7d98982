"""What the books say of a receipt's points: which lots it spent from, which it gave, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from loyalty.ledger import ledger, lots, provenance, revocation
from loyalty.ledger.passbook import ZERO, Cause, OpenLot, Passbook
from loyalty.ledger.revocation import GIVING_BACK, SPENDING, Granted
from loyalty.models import Debt, Lot, LotUse, Transfer

revoke = revocation.revoke


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
    back = [t.id for t in transfers if t.kind in GIVING_BACK]
    taken = list(LotUse.objects.filter(transfer=spent).order_by("id").values_list("lot_id", "points"))
    taken += LotUse.objects.filter(transfer__in=back, points__lt=0).values_list("lot_id", "points")
    heirs = Lot.objects.filter(transfer__in=back, origin__isnull=False).values_list("origin_id", "points")
    taken += [(origin_id, -points) for origin_id, points in heirs if origin_id is not None]
    rows = Lot.objects.in_bulk({lot_id for lot_id, _points in taken})
    captured = next((t for t in transfers if t.kind == "capture"), None)
    return Spending(
        spent.id,
        captured.target_id if captured else spent.target_id,
        revocation.outstanding((ledger.open_lot(rows[lot_id]), points) for lot_id, points in taken),
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
    back = book.give_back(
        kind, spending.counterpart_id, chosen, key, cause, reverses_id=spending.transfer_id, grace=grace
    )
    originals = [lot.origin_id or lot.id for lot in back]
    if Debt.objects.filter(lot_id__in=originals).exists():
        revocation.reclaim(book, back, provenance.repaid, f"{key}:reclaim", cause)


def granted_for(keys: str, campaign_id: int, account_id: UUID, taken: Mapping[str, Decimal]) -> list[Granted]:
    """The lots a campaign gave to an account by transfers whose keys begin so, the newest first."""
    given = Lot.objects.filter(
        account_id=account_id, transfer__key__startswith=keys, transfer__kind="accrue",
        transfer__revision__campaign_id=campaign_id,
    )  # fmt: skip
    return [
        provenance.granted(row, taken.get(str(row.id), ZERO))
        for row in given.order_by("-transfer__at", "-id")
    ]


def take(
    book: Passbook,
    given: Sequence[Granted],
    points: Decimal,
    taken: dict[str, Decimal],
    key: str,
    cause: Cause,
    *,
    forgiving: bool,
) -> None:
    """Take back points of lots that were given, one after the other.

    ``taken`` says how many were to be taken of each lot so far, and is moved on.
    """
    for granted in given:
        part = min(points, granted.lot.points - granted.taken)
        if part > 0:
            revocation.revoke(
                book, granted, part, f"{key}:revoke:{granted.lot.id}", cause, forgiving=forgiving
            )
            taken[str(granted.lot.id)] = granted.taken + part
            points -= part


def granted_by(
    receipt_id: UUID, campaign_id: int, account_id: UUID, taken: Mapping[str, Decimal]
) -> list[Granted]:
    """The lots a campaign gave to an account for a receipt, the newest first, and what became of each."""
    given = Lot.objects.filter(
        account_id=account_id, transfer__receipt_id=receipt_id, transfer__kind="accrue",
        transfer__revision__campaign_id=campaign_id,
    )  # fmt: skip
    return [
        provenance.granted(row, taken.get(str(row.id), ZERO))
        for row in given.order_by("-transfer__at", "-id")
    ]
