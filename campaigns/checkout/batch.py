"""Many purchases at once, as a till sends them that was offline: each judged on its own, several in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import structlog
from django.db import InterfaceError, OperationalError, transaction

from campaigns.checkout import checkout, clashes, holds, reading, venue
from campaigns.checkout.sale import Sale, check
from campaigns.checkout.told import Answer
from foundation.refusals import Refusal, Unexpected
from loyalty.shops import places
from members import bounds
from members.lookup.lookup import Sought

log = structlog.get_logger(__name__)

#: Sales that share one commit.
TOGETHER = 50
MOST = bounds.PURCHASES


class Watch(Protocol):
    """Whoever watches the sales of a batch: may refuse one before it is judged, and hears of every refusal."""

    def refuse(self, sale: Sale) -> Refusal | None:
        """Why a sale is not judged; None: it is."""

    def hear(self, sale: Sale, refusal: Refusal) -> None:
        """A sale was refused by the rules."""


def sell(
    sales: Sequence[Sale], now: datetime, watch: Watch | None = None
) -> list[tuple[Sale, Answer | Refusal]]:
    """Make many purchases, each judged on its own, in order of their time; several share a commit."""
    ordered = sorted(sales, key=lambda sale: sale.purchased_at.timestamp())
    done: list[tuple[Sale, Answer | Refusal]] = []
    for start in range(0, len(ordered), TOGETHER):
        part = ordered[start : start + TOGETHER]
        _make_ready(part, now)
        try:
            answers = _answer_together(part, now, watch)
        except Exception as error:
            if not (clashes.is_clash(error) or _is_its_own(error)):
                raise
            answers = [(sale, _answer_alone(sale, now, watch)) for sale in part]
        done += answers
    return done


def _make_ready(part: Sequence[Sale], now: datetime) -> None:
    """What must be done outside the transaction of several sales: open books, let go of holds that are over."""
    stores = {sale.store for sale in part if _is_sound(sale, now)}
    shops = [venue.open_books(store) for store in sorted(stores)]
    holds.release_over((part.programme_id for shop in shops if shop for part in shop.participations), now)


def _is_sound(sale: Sale, now: datetime) -> bool:
    """Whether a sale is well formed, so that what it names may be asked for."""
    try:
        check(sale, now)
    except Refusal:
        return False
    return True


def _is_its_own(error: Exception) -> bool:
    """Whether something unforeseen is wrong with one of the sales, not with the database for all of them."""
    return not isinstance(error, OperationalError | InterfaceError)


def _answer_alone(sale: Sale, now: datetime, watch: Watch | None) -> Answer | Refusal:
    """The answer to a sale of a batch whose neighbours are sold whatever is wrong with it."""
    try:
        return _answer(sale, now, watch)
    except Exception as error:
        if not _is_its_own(error):
            raise
        log.exception("sale_of_a_batch_failed", store=sale.store, number=sale.receipt_number)
        return Unexpected()


def _answer_together(
    part: Sequence[Sale], now: datetime, watch: Watch | None
) -> list[tuple[Sale, Answer | Refusal]]:
    with transaction.atomic():
        clashes.lock_accounts_of(_sought(part), now)
        return [(sale, _answer(sale, now, watch)) for sale in part]


def _sought(part: Sequence[Sale]) -> list[Sought]:
    shops = {sale.store: places.find(sale.store) for sale in part}
    return [reading.sought(sale, shop) for sale in part if (shop := shops[sale.store])]


def _answer(sale: Sale, now: datetime, watch: Watch | None) -> Answer | Refusal:
    stopped = watch.refuse(sale) if watch is not None else None
    if stopped is not None:
        return stopped
    try:
        check(sale, now)
        return checkout.sell(sale, now)
    except Refusal as refusal:
        if watch is not None:
            watch.hear(sale, refusal)
        return refusal
