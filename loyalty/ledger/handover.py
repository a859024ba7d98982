"""Points of one member's account handed to another's: they keep their expiry, who paid for them, and their terms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from loyalty.ledger import inactivity, ledger, lots
from loyalty.ledger.passbook import Cause, Passbook
from loyalty.models import Account


def settle(book: Passbook, account: Account, cause: Cause) -> None:
    """Take out of the account's passbook what has lapsed, so that only what is there is counted."""
    inactivity.settle(book, account.programme, cause)


def hand_over(
    books: Mapping[UUID, Passbook],
    source: Account,
    target: Account,
    points: Decimal,
    fee: Decimal,
    key: str,
    cause: Cause,
) -> UUID:
    """Hand points over, and take the ``fee`` for it, which goes to the programme. Returns the transfer's id.

    Runs under the locks of both accounts, whose passbooks ``books`` are and ``settle`` has been through. Points that
    lapse when nothing is bought do so as they would have with the sender. Raises ``NotEnoughPoints`` when points and
    fee cannot be spent at ``cause.at``.
    """
    giving, programme = books[source.id], source.programme
    uses = lots.take(giving, points + fee, cause.at)
    handed, kept = _split(uses, points)
    in_use = inactivity.last_use(source.id, programme, cause.at)
    transfer_id = giving.hand_to(books[target.id], handed, key, cause, kind="transfer", in_use=in_use)
    if fee:
        giving.spend("fee", giving.institutions.issuance, kept, f"{key}:fee", cause)
    ledger.post(giving, books[target.id])
    return transfer_id


def _split(
    uses: list[tuple[UUID, Decimal]], points: Decimal
) -> tuple[list[tuple[UUID, Decimal]], list[tuple[UUID, Decimal]]]:
    """What is taken of lots, in two: the first ``points``, and the rest."""
    first, rest = [], []
    for lot_id, part in uses:
        now = min(part, points)
        points -= now
        first.append((lot_id, now))
        rest.append((lot_id, part - now))
    return [use for use in first if use[1]], [use for use in rest if use[1]]
