"""Which lots give points, and which get them back.

Pure, on a ``Passbook``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from loyalty.ledger.passbook import OpenLot, Passbook
from loyalty.rules import rounding

_NEVER = datetime.max.replace(tzinfo=UTC)


class NotEnoughPoints(Exception):
    """The account does not hold the points that should leave it."""

    def __init__(self, wanted: Decimal, spendable: Decimal) -> None:
        super().__init__(f"{wanted} points were asked for, {spendable} can be spent.")
        self.wanted, self.spendable = wanted, spendable


def in_order(lots: Iterable[OpenLot]) -> list[OpenLot]:
    """Lots in the order they are consumed: soonest expiry first, then the earliest earned."""
    return sorted(lots, key=lambda lot: (lot.expires_at or _NEVER, lot.earned_at, lot.id))


def take(book: Passbook, points: Decimal, moment: datetime) -> list[tuple[UUID, Decimal]]:
    """Choose lots to give ``points`` whatever their terms of use, for a deduction by hand or an exchange.

    Raises ``NotEnoughPoints`` when fewer can be spent at ``moment``.
    """
    uses: list[tuple[UUID, Decimal]] = []
    left = points
    for lot in in_order(lot for lot in book.lots.values() if lot.spendable_at(moment)):
        part = min(left, lot.remaining)
        if part > 0:
            uses.append((lot.id, part))
            left -= part
    if left > 0:
        raise NotEnoughPoints(points, book.spendable(moment))
    return uses


def exchanged(points: Decimal, rate: Decimal) -> Decimal:
    """Points that arrive for ``points`` at ``rate``, rounded down to two places: an exchange never makes points."""
    return rounding.floor_points(points * rate, 2)


def to_give_back(uses: Sequence[tuple[OpenLot, Decimal]], points: Decimal) -> list[tuple[OpenLot, Decimal]]:
    """Of what was taken and not yet given back, in the order of taking, choose ``points``: the last taken first."""
    chosen: list[tuple[OpenLot, Decimal]] = []
    left = points
    for lot, used in reversed(uses):
        part = min(left, used)
        if part > 0:
            chosen.append((lot, part))
            left -= part
    if left > 0:
        raise ValueError(f"{points} points should be given back, {points - left} were taken.")
    return chosen
