"""What stores were at a moment: which groups they were in, what their clocks showed, whose they were.

The database keeps it with every change (``loyalty.models.place``), and each receipt names what its store was.
A receipt is therefore judged by that for ever, whatever becomes of the store; one that comes late, by what the
store was when it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import F, Q

from foundation.remembered import Remembered
from loyalty.models import Receipt, StoreState
from loyalty.rules.basket import Place

#: Changes of a store that are remembered beside its last one; older ones are asked for.
MOST_KEPT = 20


class Taking(NamedTuple):
    """A programme that a store's partner took part in, by priority, and for holders or buyers of what."""

    programme_id: int
    zone: str
    active: bool
    card_kind_id: int | None
    product_set_id: int | None


class Document(msgspec.Struct, frozen=True):
    """A store as ``StoreState.place`` holds it, version 1. Codes are those of then."""

    version: int
    store: str
    partner: str
    partner_id: int
    zone: str
    active: bool
    groups: frozenset[str]
    #: Ids of its open tills by their codes.
    tills: dict[str, int]
    programmes: tuple[Taking, ...]


@dataclass(frozen=True, slots=True)
class StorePast:
    """What a store was from ``since`` on; from the beginning where that is None."""

    id: int
    since: datetime | None
    was: Document
    zone: ZoneInfo

    def place(self, till: str, channel: str) -> Place:
        """The place as the engine wants it."""
        return Place(self.was.partner, self.was.store, self.was.groups, till, channel)

    def till_code(self, till_id: int) -> str | None:
        """The code that the till had; None for one that was not open then."""
        return next((code for code, known in self.was.tills.items() if known == till_id), None)

    def zone_of(self, programme_id: int) -> ZoneInfo | None:
        """What the programme's clocks showed; None for one that the partner took no part in."""
        return next(
            (ZoneInfo(one.zone) for one in self.was.programmes if one.programme_id == programme_id), None
        )


_NEWEST_FIRST = (F("since").desc(nulls_last=True), F("id").desc())


def get(state_id: int) -> StorePast:
    """What a store was, by the row that keeps it: that is never changed, and is remembered while it is in use."""
    return _kept(state_id)


def _load(state_id: int) -> StorePast:
    return read(StoreState.objects.get(id=state_id))


#: What nobody asked for in so many seconds is forgotten.
_IDLE = 900.0
_kept = Remembered(_load, _IDLE)


def read(row: StoreState) -> StorePast:
    """What a store was, of the row that keeps it."""
    was = msgspec.convert(row.place, Document)
    return StorePast(row.pk, row.since, was, ZoneInfo(was.zone))


def known(store_id: int) -> list[StorePast]:
    """What a store is, and what it was before its last changes: the newest first."""
    rows = StoreState.objects.filter(store_id=store_id).order_by(*_NEWEST_FIRST)
    return [read(row) for row in rows[: MOST_KEPT + 1]]


def at(store_id: int, moment: datetime) -> StorePast:
    """What a store was at a moment. The first that is known of it holds for all that was before."""
    rows = StoreState.objects.filter(store_id=store_id)
    then = rows.filter(Q(since=None) | Q(since__lte=moment)).order_by(*_NEWEST_FIRST).first()
    return read(then or rows.order_by("since", "id")[0])


def of_receipt(receipt: Receipt) -> StorePast:
    """What the store of a receipt was for it.

    Receipts older than this knowledge name none: theirs is what the store was when they were made, as far as
    that was kept, and so for ever the same.
    """
    if receipt.place_id is not None:
        return get(receipt.place_id)
    return at(receipt.store_id, receipt.purchased_at)


def choose(pasts: Sequence[StorePast], moment: datetime) -> StorePast | None:
    """Which of these, the newest first, held at a moment; None when all are younger."""
    return next((past for past in pasts if past.since is None or past.since <= moment), None)
