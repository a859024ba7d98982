"""How points are taken back that a purchase gave, and that may be spent already.

Pure, on a ``Passbook``, with what the books say of the lots. The prose is in ``docs/algorithms/returns.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from loyalty.ledger import lots
from loyalty.ledger.passbook import ZERO, Cause, OpenLot, Passbook

#: Kinds of transfers by which a receipt takes points, and by which its returns give them back.
SPENDING = ("redeem", "hold")
GIVING_BACK = ("restore", "release")


class PastUse(NamedTuple):
    """A use of a lot that is in the books, and what its transfer was for.

    Points that came back as a new lot in place of an expired one are a use below zero of the first lot.
    """

    transfer_id: UUID
    kind: str
    receipt_id: UUID | None
    lot_id: UUID
    points: Decimal


class PastDebt(NamedTuple):
    """A debt because of a lot that is in the books; one that has a transfer was repaid by it."""

    transfer_id: UUID | None
    points: Decimal


@dataclass(slots=True)
class Granted:
    """A lot that a purchase gave, its ``heirs``, and all that the books say of these, the latest ``uses`` first.

    ``heirs`` are the lots that points came back to when they could not come back to an expired one. They
    and the lot are one family: it is the same points that it holds, spends, loses and owes.
    ``taken`` is what earlier returns had to take back of it, whether they could or not.
    """

    lot: OpenLot
    taken: Decimal = ZERO
    uses: Sequence[PastUse] = ()
    debts: Sequence[PastDebt] = ()
    heirs: Sequence[OpenLot] = ()


class Spent(NamedTuple):
    """Points that a transfer of some kind took from a lot and that are not given back."""

    transfer_id: UUID
    kind: str
    lot: OpenLot
    points: Decimal


class Fate(NamedTuple):
    """What became of the points of a lot and its heirs.

    ``accounted`` are those that nobody can be asked for again: revoked, noted as a debt (repaid or forgiven
    since or not), or expired unspent. ``owed`` of these were noted as a debt and not forgiven. ``spendings``
    still have some, the latest first.
    """

    accounted: Decimal
    owed: Decimal
    spendings: list[Spent]


def revoke(
    book: Passbook,
    granted: Granted,
    points: Decimal,
    key: str,
    cause: Cause,
    *,
    forgiving: bool,
    reverses_id: UUID | None = None,
) -> tuple[Decimal, Decimal]:
    """Take back ``points`` of a lot that was given. Returns what was taken and what could not be.

    What ran out unspent is gone already and is not owed. First goes what remains of the lot and its heirs.
    Then, if its points were spent, the spending is shifted to other points of the account, so that a later
    return of that other purchase gives those back and nothing of this one survives. The rest is noted as
    owed, or when ``forgiving`` as forgiven; but a debt that points of the lot had repaid is owed again.
    """
    family = _family(book, granted)
    fate = _trace(book, granted, family)
    due = max(ZERO, min(points, granted.taken + points - fate.accounted))
    left = max(ZERO, due - _held(family))
    repaid = -fate.owed
    for transfer_id, kind, lot, spent in fate.spendings:
        for other in _substitutes(book, family, cause):
            part = min(left, spent, other.remaining)
            if part > 0:
                book.shift(transfer_id, kind, lot, other, part)
                left, spent = left - part, spent - part
        repaid += spent if kind == "repay" else ZERO
    forgiven = max(ZERO, left - max(ZERO, repaid)) if forgiving else ZERO
    if forgiven:
        book.forgive(granted.lot.id, forgiven, cause.at)
    if left > forgiven:
        book.owe(granted.lot.id, left - forgiven, cause.at)
    taken = min(due, _held(family))
    if taken > 0:
        uses = [(lot.id, part) for lot, part in _first_of(lots.in_order(family), taken)]
        target = granted.lot.funder_id or book.institutions.issuance
        book.spend("revoke", target, uses, key, cause, reverses_id=reverses_id)
    return taken, left


def revoke_each(
    book: Passbook,
    given: Iterable[Granted],
    points: Decimal,
    taken: dict[str, Decimal],
    key: Callable[[Granted, Decimal], str],
    cause: Cause,
    *,
    forgiving: bool,
) -> tuple[Decimal, Decimal]:
    """Take back points of lots that were given, one after the other. Returns what was taken and what could not be.

    ``taken`` says how many were to be taken of each lot so far, and is moved on. ``key`` makes the transfer's key
    of a lot and what is taken of it now.
    """
    got = missing = ZERO
    for granted in given:
        part = min(points, granted.lot.points - granted.taken)
        if part > 0:
            one = revoke(book, granted, part, key(granted, part), cause, forgiving=forgiving)
            taken[str(granted.lot.id)] = granted.taken + part
            got, missing, points = got + one[0], missing + one[1], points - part
    return got, missing


def outstanding(uses: Iterable[tuple[OpenLot, Decimal]]) -> list[tuple[OpenLot, Decimal]]:
    """What a spending still has of each lot, in the order they are named first.

    What came back as an heir is a use below zero of the family's first lot. It counts against whichever of
    the family the spending used, the soonest expired first: their points are the same.
    """
    known: dict[UUID, OpenLot] = {}
    left: dict[UUID, Decimal] = {}
    for lot, points in uses:
        known[lot.id] = lot
        left[lot.id] = left.get(lot.id, ZERO) + points
    over: dict[UUID, Decimal] = {}
    for lot in lots.in_order(known.values()):
        family = lot.origin_id or lot.id
        points = left[lot.id] + over.get(family, ZERO)
        left[lot.id], over[family] = max(points, ZERO), min(points, ZERO)
    return [(known[lot_id], points) for lot_id, points in left.items() if points]


def _family(book: Passbook, granted: Granted) -> list[OpenLot]:
    """The lot and its heirs, those too that the passbook has made since, as the passbook holds them."""
    known = [book.lots.setdefault(lot.id, lot) for lot in (granted.lot, *granted.heirs)]
    return [*known, *_heirs_since(book, granted)]


def _heirs_since(book: Passbook, granted: Granted) -> list[OpenLot]:
    return [lot for lot in book.fresh_lots if lot.origin_id == granted.lot.id]


def _held(family: Iterable[OpenLot]) -> Decimal:
    return sum((lot.remaining for lot in family), ZERO)


def _first_of(some: Iterable[OpenLot], points: Decimal) -> list[tuple[OpenLot, Decimal]]:
    """Points of what lots hold, lot by lot."""
    chosen = []
    for lot in some:
        part = min(points, lot.remaining)
        if part > 0:
            chosen.append((lot, part))
            points -= part
    return chosen


def _trace(book: Passbook, granted: Granted, family: Iterable[OpenLot]) -> Fate:
    """What became of a lot and its heirs, by the books and what the passbook has noted since.

    What a receipt spent and what its returns gave back are one spending. Points of the lot that repaid a
    debt for the lot itself are none: they are where they belong.
    """
    accounted = owed = ZERO
    repaid: dict[UUID, Decimal] = {}
    noted = (PastDebt(row.transfer_id, row.points) for row in book.debt_rows if row.lot_id == granted.lot.id)
    for debt in (*granted.debts, *noted):
        if debt.transfer_id is None:
            accounted += max(debt.points, ZERO)
            owed += debt.points
        else:
            repaid[debt.transfer_id] = repaid.get(debt.transfer_id, ZERO) - min(debt.points, ZERO)
    members = {lot.id: lot for lot in family}
    spender: dict[UUID, tuple[UUID, str]] = {}
    spent: dict[UUID, list[tuple[OpenLot, Decimal]]] = {}
    for use in (*_uses_since(book, granted, members), *granted.uses):
        if use.kind in ("revoke", "expire"):
            accounted += use.points
            continue
        by_receipt = use.kind in (*SPENDING, *GIVING_BACK)
        key = (use.receipt_id if by_receipt else None) or use.transfer_id
        if use.kind not in GIVING_BACK:
            spender[key] = (use.transfer_id, use.kind)
        spent.setdefault(key, []).append((members[use.lot_id], use.points))
    spendings = []
    for key, uses in spent.items():
        for lot, points in outstanding(uses):
            own = min(points, repaid.get(key, ZERO))
            if own:
                repaid[key] -= own
            if points > own:
                spendings.append(Spent(*spender[key], lot, points - own))
    return Fate(accounted, owed, spendings)


def _uses_since(book: Passbook, granted: Granted, members: Container[UUID]) -> list[PastUse]:
    """The uses of the lot and its heirs that the passbook has noted since the books were read, the latest first."""
    known: dict[UUID, tuple[str, UUID | None]]
    known = {transfer_id: (kind, None) for transfer_id, kind in book.shifted.items()}
    known |= {use.transfer_id: (use.kind, use.receipt_id) for use in granted.uses}
    known |= {row.id: (row.kind, row.receipt_id) for row in book.transfers}
    return [
        *(
            PastUse(row.transfer_id, *known[row.transfer_id], row.lot_id, row.points)
            for row in reversed(book.uses)
            if row.lot_id in members
        ),
        *(
            PastUse(heir.transfer_id, *known[heir.transfer_id], granted.lot.id, -heir.points)
            for heir in _heirs_since(book, granted)
            if heir.transfer_id is not None
        ),
    ]


def _substitutes(book: Passbook, family: Iterable[OpenLot], cause: Cause) -> list[OpenLot]:
    """The lots that can stand in for a family's."""
    own = {lot.id for lot in family}
    return lots.in_order(
        lot for lot in book.lots.values() if lot.id not in own and not lot.expired_at(cause.at)
    )
