"""What a purchase brings beside points: coupons are issued, badges told; and taken back when goods come back.

Runs in the transaction of the purchase or the return. A coupon is issued under a key of its receipt, so it
is issued once, whatever is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from campaigns.record import Extra, Record
from members import events
from rewards import handouts
from rewards.models import Series


def give(kept: Record, receipt_id: UUID, programme_id: int, member_id: UUID, at: datetime) -> Record:
    """Issue the coupons and tell the badges of a decision; the record with the coupons' codes.

    A series that does not exist any more, or may not be issued, gives nothing.
    """
    if not kept.extras:
        return kept
    given = tuple(_give(extra, receipt_id, programme_id, member_id, at) for extra in kept.extras)
    return msgspec.structs.replace(kept, extras=given)


def _give(extra: Extra, receipt_id: UUID, programme_id: int, member_id: UUID, at: datetime) -> Extra:
    if extra.kind == "badge":
        events.record(
            "badge.earned",
            member_id,
            at,
            badge=extra.code,
            receipt=str(receipt_id),
            campaign=extra.campaign_id,
        )
        return extra
    series = Series.objects.filter(programme_id=programme_id, code=extra.code).first()
    coupon = handouts.issue(series, member_id, at, _key(extra, receipt_id)) if series else None
    return msgspec.structs.replace(extra, issued=coupon.code if coupon else "")


def take_back(before: Record, after: Record, receipt_id: UUID, member_id: UUID, at: datetime) -> Record:
    """Withdraw what the decision before gave and the one after does not; the one after, with the codes kept.

    A coupon that was used meanwhile stays used.
    """
    codes = {_name(extra): extra.issued for extra in before.extras}
    for extra in _only(before.extras, after.extras):
        if extra.kind == "badge":
            events.record("badge.lost", member_id, at, badge=extra.code, receipt=str(receipt_id))
        else:
            handouts.withdraw(_key(extra, receipt_id), at)
    kept = tuple(
        msgspec.structs.replace(extra, issued=codes[_name(extra)])
        for extra in after.extras
        if _name(extra) in codes
    )
    return msgspec.structs.replace(after, extras=kept)


def _only(these: Iterable[Extra], others: Iterable[Extra]) -> list[Extra]:
    names = set(map(_name, others))
    return [extra for extra in these if _name(extra) not in names]


def _name(extra: Extra) -> tuple[int, str, str]:
    return extra.campaign_id, extra.kind, extra.code


def _key(extra: Extra, receipt_id: UUID) -> str:
    return f"{receipt_id}:{extra.campaign_id}:{extra.code}"
