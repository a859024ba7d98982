"""What a receipt's page shows: its story, as the till was told it, with names of goods, lots and returns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from campaigns import funding, rulebooks
from campaigns.checkout import record, story
from loyalty.models import Lot, LotUse, Payer, Receipt, Return, ReturnLine, Transfer
from loyalty.shops import payers

#: Purchases whose points nobody has: not yet, or no more.
NOTHING_GIVEN = (Receipt.Status.HELD, Receipt.Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the receipt: as it was sold, what was decided on it, and how much of it came back."""

    line: Any
    told: dict[str, Any]
    returned: Decimal


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on a receipt's page. ``whole`` is what was earned for the receipt as a whole; ``gives``, whether
    anybody has what it earned."""

    story: dict[str, Any]
    rows: list[Row]
    whole: dict[str, Any] | None
    lots: list[Lot]
    uses: list[LotUse]
    transfers: list[Transfer]
    returns: list[Return]
    #: Who pays for lots that name nobody.
    house: str
    gives: bool

    @property
    def nothing_given(self) -> bool:
        """Whether what it earned is nobody's, not yet or no more."""
        return not self.gives


def read(receipt: Receipt) -> Page:
    """Read a receipt's page, in a number of statements that does not grow with the receipt."""
    told = story.of_receipt(receipt)
    name_payers(receipt, told)
    decided = {line["position"]: line for line in told["lines"]}
    returns = list(receipt.returns.defer("outcome", "answer").prefetch_related("lines"))
    returned: dict[int, Decimal] = {}
    for back in returns:
        for part in back.lines.all():
            returned[part.line_id] = returned.get(part.line_id, Decimal(0)) + part.quantity
    transfers = list(receipt.transfers.select_related("revision", "user").order_by("id"))
    return Page(
        story=told,
        rows=[
            Row(line, decided.get(line.position, {}), returned.get(line.pk, Decimal(0)))
            for line in receipt.lines.select_related("product").order_by("position")
        ],
        whole=decided.get(None),
        lots=list(
            Lot.objects.filter(transfer__receipt=receipt)
            .select_related("transfer__revision", "funder__payer")
            .order_by("id")
        ),
        uses=list(
            LotUse.objects.filter(transfer__receipt=receipt).select_related("lot", "transfer").order_by("id")
        ),
        transfers=transfers,
        returns=returns,
        house=payers.directory(receipt.programme_id).name(None),
        gives=receipt.status not in NOTHING_GIVEN,
    )


def name_payers(receipt: Receipt, told: dict[str, Any]) -> None:
    """Add to the reasons of a story who pays for what they gave, where it is not the house; tills are not told."""
    rules = rulebooks.get(receipt.rulebook_id)
    named = {one.campaign_id: funding.named(one.definition.document) for one in rules.engine.campaigns}
    if not any(named.values()):
        return
    known = payers.directory(receipt.programme_id)
    kept = record.load(receipt.outcome)
    decided = {line.position: line.because for line in kept.lines} | {None: kept.receipt}
    for line in told["lines"]:
        for reason, why in zip(line["because"], decided[line["position"]], strict=True):
            text = named.get(why.campaign_id, "")
            payer = known.find(text)
            if text and (payer is None or payer.kind != Payer.Kind.HOUSE):
                reason["payer"] = known.name(text)


def read_returned(back: Return) -> list[ReturnLine]:
    """The lines of a return with what they were."""
    return list(back.lines.select_related("line__product").order_by("line__position"))
