"""What a purchase brings beside points: coupons are issued, badges told; and taken back when goods come back.

Runs in the transaction of the purchase or the return. A coupon is issued under a key of its receipt, so it
is issued once, whatever is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from campaigns.checkout import record
from campaigns.checkout.record import Extra, Record
from loyalty.models import Receipt
from members.timeline import events
from rewards.coupons import handouts
from rewards.models import Series


def give(
    kept: Record, receipt_id: UUID, programme_id: int, member_id: UUID, at: datetime, *, again: bool = False
) -> Record:
    """Issue the coupons and tell the badges of a decision; the record with the coupons' codes.

    ``again`` says that they may have been given before and taken back since. A series that does not exist any more, or
    may not be issued, gives nothing.
    """
    if not kept.extras:
        return kept
    given = tuple(_give(extra, receipt_id, programme_id, member_id, at, again) for extra in kept.extras)
    return msgspec.structs.replace(kept, extras=given)


def _give(
    extra: Extra, receipt_id: UUID, programme_id: int, member_id: UUID, at: datetime, again: bool
) -> Extra:
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
    issue = handouts.issue_again if again else handouts.issue
    coupon = issue(series, member_id, at, _key(extra, receipt_id)) if series else None
    return msgspec.structs.replace(extra, issued=coupon.code if coupon else "")


def of_receipt(receipt: Receipt) -> Record:
    """The decision on a purchase, with the coupons that it issued: at once, or when it was confirmed."""
    kept = record.load(receipt.outcome)
    if receipt.hold_until is None or receipt.status == Receipt.Status.HELD:
        return kept
    return _known(kept, receipt.id, receipt.programme_id)


def _known(kept: Record, receipt_id: UUID, programme_id: int) -> Record:
    """The record of a purchase that was held, with the codes of the coupons that its confirmation issued.

    The decision on a held purchase stays as it was made; the coupons themselves say what issued them. One
    statement, a second one where a code for all is among them, which nothing says this of.
    """
    wanted = {
        _key(one, receipt_id): one.code for one in kept.extras if one.kind != "badge" and not one.issued
    }
    if not wanted:
        return kept
    codes = handouts.given(programme_id, wanted)
    named = tuple(
        msgspec.structs.replace(one, issued=codes.get(_key(one, receipt_id), one.issued))
        for one in kept.extras
    )
    return msgspec.structs.replace(kept, extras=named)


def take_back(before: Record, after: Record, receipt_id: UUID, member_id: UUID, at: datetime) -> Record:
    """Withdraw what the decision before gave and the one after does not; the one after, with the codes kept.

    A coupon that was used meanwhile stays used; should that use come back, it is not to be had any more.
    """
    codes = {name(extra): extra.issued for extra in before.extras}
    for extra in _only(before.extras, after.extras):
        if extra.kind == "badge":
            events.record("badge.lost", member_id, at, badge=extra.code, receipt=str(receipt_id))
        else:
            handouts.withdraw(_key(extra, receipt_id), at)
    kept = tuple(
        msgspec.structs.replace(extra, issued=codes[name(extra)])
        for extra in after.extras
        if name(extra) in codes
    )
    return msgspec.structs.replace(after, extras=kept)


def _only(these: Iterable[Extra], others: Iterable[Extra]) -> list[Extra]:
    names = set(map(name, others))
    return [extra for extra in these if name(extra) not in names]


def name(extra: Extra) -> tuple[int, str, str]:
    """What tells one coupon or badge of a decision from another."""
    return extra.campaign_id, extra.kind, extra.code


def _key(extra: Extra, receipt_id: UUID) -> str:
    return f"{receipt_id}:{extra.campaign_id}:{extra.code}"
