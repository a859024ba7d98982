"""Which lots give points, which get them back, and how points are taken back that are spent already.

Pure, on a ``Passbook``. The prose is in ``docs/algorithms/returns.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from loyalty.passbook import ZERO, Cause, OpenLot, Passbook

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
    return (points * rate).quantize(Decimal("0.01"), ROUND_DOWN)


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


@dataclass(slots=True)
class Granted:
    """A lot that a purchase gave, and what became of it.

    ``taken`` is what earlier returns had to take back of it (whether they could or not), ``revoked``
    what they did take, ``expired`` what ran out unspent. ``spendings`` are the transfers that still
    have points of it, the latest first, as ``(transfer id, points)``.
    """

    lot: OpenLot
    taken: Decimal = ZERO
    revoked: Decimal = ZERO
    expired: Decimal = ZERO
    spendings: Sequence[tuple[UUID, Decimal]] = ()


def revoke(
    book: Passbook, granted: Granted, points: Decimal, key: str, cause: Cause
) -> tuple[Decimal, Decimal]:
    """Take back ``points`` of a lot that a purchase gave. Returns what was taken and what is owed.

    First what remains of the lot. Then, if its points were spent, the spending is shifted to other
    points of the account, so that a later return of that other purchase gives those back and nothing
    of this one survives. What ran out unspent is gone already and is not owed. The rest is owed.
    """
    lot = book.lots.setdefault(granted.lot.id, granted.lot)
    left = points - min(points, lot.remaining)
    lost = max(ZERO, min(granted.expired - (granted.taken - granted.revoked), left))
    left -= max(ZERO, lost)
    for transfer_id, spent in granted.spendings:
        for other in in_order(book.lots.values()):
            part = min(left, spent, other.remaining)
            if other is lot or part <= 0 or other.expired_at(cause.at):
                continue
            book.shift(transfer_id, lot, other, part)
            left -= part
            spent -= part
    available = min(points, lot.remaining)
    if available > 0:
        book.spend("revoke", book.institutions.issuance, [(lot.id, available)], key, cause)
    return available, max(ZERO, left)
