"""What the books say of a lot: what became of its points, and how debts because of it were repaid."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Sum, When

from loyalty.ledger import ledger
from loyalty.ledger.passbook import ZERO, OpenLot
from loyalty.ledger.repayment import Repaid
from loyalty.ledger.revocation import Granted, PastDebt, PastUse
from loyalty.models import Debt, Lot, LotUse, Transfer


def granted_by(
    campaign_id: int,
    account_id: UUID,
    taken: Mapping[str, Decimal],
    *,
    receipt_id: UUID | None = None,
    keys: str = "",
) -> list[Granted]:
    """The lots a campaign gave to an account, the newest first, and what became of each.

    For a receipt, or by transfers whose keys begin with ``keys``. ``taken`` is what was to be taken so far, by lot.
    """
    given = Lot.objects.filter(
        account_id=account_id, transfer__kind="accrue", transfer__revision__campaign_id=campaign_id
    )
    if receipt_id is not None:
        given = given.filter(transfer__receipt_id=receipt_id)
    if keys:
        given = given.filter(transfer__key__startswith=keys)
    return [granted(row, taken.get(str(row.id), ZERO)) for row in given.order_by("-transfer__at", "-id")]


def accounts_given(keys: str) -> dict[str, UUID]:
    """Which account got points by transfers whose keys begin with ``keys``, by who it is: "share" or "cashier" as
    the key says of those who share, and "" for the member.

    Whoever got them may hold another account by now: what is taken back of them is taken there, and what comes is
    given there.
    """
    found: dict[str, UUID] = {}
    given = Transfer.objects.filter(key__startswith=keys, kind=Transfer.Kind.ACCRUE).order_by("at", "id")
    for key, target_id in given.values_list("key", "target_id"):
        parts = key[len(keys) :].split(":")
        found.setdefault(next((one for one in ("share", "cashier") if one in parts), ""), target_id)
    return found


def granted(row: Lot, taken: Decimal) -> Granted:
    """A lot that was given, with all that became of it; ``taken`` is what was to be taken back of it so far."""
    heirs = list(row.heirs.select_related("transfer").order_by("-id"))
    uses = LotUse.objects.filter(lot__in=[row.id, *(heir.id for heir in heirs)]).order_by("-id")
    # what was taken by hand and reversed is one spending, as a receipt's and its returns' is
    undone = When(
        transfer__kind="adjust", points__lt=0, transfer__reverses__isnull=False, then="transfer__reverses_id"
    )
    spent_by = Case(undone, default="transfer_id")
    columns = (spent_by, "transfer__kind", "transfer__receipt_id", "lot_id", "points")
    return Granted(
        ledger.open_lot(row),
        taken,
        [
            *(PastUse(*use) for use in uses.values_list(*columns)),
            *(
                PastUse(
                    _spent_by(heir.transfer),
                    heir.transfer.kind,
                    heir.transfer.receipt_id,
                    row.id,
                    -heir.points,
                )
                for heir in heirs
            ),
        ],
        _debts(row.id),
        [ledger.open_lot(heir) for heir in heirs],
    )


def _spent_by(transfer: Transfer) -> UUID:
    """The spending that a transfer undoes, where it undoes one that was made by hand."""
    by_hand = transfer.kind == Transfer.Kind.ADJUST and transfer.reverses_id is not None
    return transfer.reverses_id if by_hand and transfer.reverses_id else transfer.id


def _debts(lot_id: UUID) -> list[PastDebt]:
    rows = Debt.objects.filter(lot_id=lot_id).order_by("id").values_list("transfer_id", "points")
    return [PastDebt(*row) for row in rows]


def repaid(lot_id: UUID) -> Repaid:
    """How debts because of a lot were repaid."""
    debts = _debts(lot_id)
    payers: dict[UUID, list[tuple[OpenLot, Decimal]]] = {}
    for transfer_id in {debt.transfer_id for debt in debts if debt.transfer_id is not None}:
        net = LotUse.objects.filter(transfer_id=transfer_id).values_list("lot_id").annotate(Sum("points"))
        paid = dict(net)
        rows = Lot.objects.in_bulk(list(paid))
        payers[transfer_id] = [(ledger.open_lot(rows[lot]), points) for lot, points in sorted(paid.items())]
    return Repaid(debts, payers)
